"""`make bench`: every benchmark of speed and memory, one after the other.

    .venv/bin/python -m tests.benchmarks [--size 1M|10M|100M] [--data FOLDER] [--note]

`--size` is that of the backfill; the others keep theirs. Each writes its figures to `.benchmarks/` as JSON
and prints a table. What one benchmark cannot do (no Java, not enough memory) it says, and the others go on.
At the end stand the ratios beside those of `baseline.json`, and what got slower; `--note` puts them there.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks import baseline


def commands(size: str, data: Path) -> list[list[str]]:
    """The benchmarks with their arguments, in order."""
    at = ["--data", str(data)]
    return [
        ["bookkeeping", "--partitions", "100", "--rounds", "1"],
        ["backfill", "--events", size, *at],
        ["new_day", *at],
        ["freshness", "--history-days", "3"],
        ["imports", "--rows", "31000"],
        ["publishing", "--rows", "1000000", "--days", "500"],
        ["postgres"],
        ["stream", "--events", "1000000"],
    ]


def main() -> None:
    """Run them all; end with 1 where one failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="1M", help="events of the backfill: 1M, 10M or 100M")
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "listening-bench")
    parser.add_argument("--note", action="store_true", help="make what is measured the baseline")
    arguments = parser.parse_args()
    failed, began = [], time.time()
    for name, *options in commands(arguments.size, arguments.data):
        print(f"\n== {name} {' '.join(options)}", flush=True)
        command = [sys.executable, "-m", f"tests.benchmarks.{name}", *options]
        if subprocess.run(command, check=False).returncode:
            failed.append(name)
    now = baseline.measured_since(began)
    print(f"\n{baseline.compared(baseline.stored(), now)}")
    if arguments.note:
        baseline.note(now)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
