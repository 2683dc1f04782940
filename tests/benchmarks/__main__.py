"""`make bench`: every benchmark at a size that a laptop bears, one after the other."""

import subprocess
import sys

BENCHMARKS = (
    ("bookkeeping", "--rounds", "1"),
    ("backfill", "--events", "1000000"),
)


def main() -> None:
    for name, *arguments in BENCHMARKS:
        print(f"== {name} {' '.join(arguments)}", flush=True)
        subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}", *arguments], check=True)


if __name__ == "__main__":
    main()
