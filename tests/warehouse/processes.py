"""Other processes that have a DuckDB file open."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_HOLD = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "read")
print("open", flush=True)
sys.stdin.read()
"""
_OPEN = "import sys, duckdb; duckdb.connect(sys.argv[1]).close()"


@contextmanager
def held_open(path: Path, mode: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the file open to `read` or to `write`; closing its stdin ends it."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path), mode],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdin
    assert holder.stdout
    try:
        if holder.stdout.readline() != "open\n":
            raise RuntimeError(f"the other process could not open {path}")
        yield holder
    finally:
        holder.stdin.close()
        holder.wait()
        holder.stdout.close()


def another_process_can_write(path: Path) -> bool:
    """Whether no lock of this process keeps another one from opening the file."""
    opening = subprocess.run([sys.executable, "-c", _OPEN, str(path)], check=False, capture_output=True)
    return opening.returncode == 0
