"""The book: how many instructions each piece takes, what it took before, and whether that is a loss."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.performance.work import Work

NOTED = Path(__file__).with_name("instructions.json")
"""What each piece took when it was last noted: millions of instructions."""
MOST_MORE = 0.15
"""How much more than noted a piece may take, as a share: the same code differs by less than a fiftieth."""
NEEDED = ("valgrind", "cc")
_CALLGRIND = ("valgrind", "--tool=callgrind", "--instr-atstart=no")
_ROOT = Path(__file__).parents[2]
_NAME = re.compile(r"^desc: Trigger: Client Request: (.+)$", re.MULTILINE)
_TOTAL = re.compile(r"^totals: (\d+)", re.MULTILINE)
_ALIKE = {
    "PYTHONHASHSEED": "0",
    "POLARS_MAX_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONPATH": str(_ROOT),
}
"""Environment of what is counted: the same order of sets, one thread of each library."""

Counts = Mapping[str, float]


def missing() -> list[str]:
    """The programs that counting needs and that are not here."""
    return [name for name in NEEDED if shutil.which(name) is None]


def counted() -> dict[str, float]:
    """Millions of instructions of each piece, counted now; two minutes of processor time."""
    with tempfile.TemporaryDirectory(prefix="instructions-") as scratch:
        folder = Path(scratch)
        Work(folder).prepare()
        # Compiling what was changed since is not counted.
        compiled = [
            sys.executable,
            "-m",
            "compileall",
            "-q",
            str(_ROOT / "spotify_assets"),
            str(_ROOT / "tests"),
        ]
        subprocess.run(compiled, env=_environment(), check=True)
        return in_callgrind([sys.executable, "-m", "tests.performance.counted", str(folder)], folder)


def in_callgrind(command: Sequence[str], folder: Path) -> dict[str, float]:
    """Millions of instructions of what a program counts by `counting.c`, whose library is its last argument.

    Raises:
        RuntimeError: the program failed.
    """
    library, out = folder / "counting.so", folder / "counted"
    source = Path(__file__).with_name("counting.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    ended = subprocess.run(
        [*_CALLGRIND, f"--callgrind-out-file={out}", *command, str(library)],
        env=_environment(),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(f"what is counted ended with {ended.returncode}: {ended.stderr[-3000:]}")
    return dict(_told(folder.glob(f"{out.name}.*")))


def _environment() -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("SPOTIFY_")}
    return {**own, **_ALIKE}


def _told(dumps: Iterator[Path]) -> Iterator[tuple[str, float]]:
    """Name and millions of instructions of each of callgrind's dumps, as they were made."""
    for path in sorted(dumps, key=lambda path: int(path.suffix[1:])):
        text = path.read_text()
        name, total = _NAME.search(text), _TOTAL.search(text)
        if name and total:
            yield name[1], round(int(total[1]) / 1e6, 1)


def noted() -> dict[str, float]:
    """What the book has."""
    found: dict[str, float] = json.loads(NOTED.read_text(encoding="utf-8"))
    return found


def note(counts: Counts) -> None:
    """Write these into the book."""
    NOTED.write_text(json.dumps(dict(counts), indent=2) + "\n", encoding="utf-8")


def losses(before: Counts, now: Counts) -> list[str]:
    """What takes so much more than noted that it is a loss, and pieces of which one says nothing."""
    lines = [f"{name}: not counted, but noted" for name in before if name not in now]
    for name, count in now.items():
        if name not in before:
            lines.append(f"{name}: counted, but not noted")
        elif count > before[name] * (1 + MOST_MORE):
            more = count / before[name] - 1
            lines.append(
                f"{name}: {count:,.1f} million instructions, {more:.0%} more than {before[name]:,.1f}"
            )
    return lines
