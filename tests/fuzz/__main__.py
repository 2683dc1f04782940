"""`make fuzz`: many fuzzed inputs through the real import, in a process that may crash.

    .venv/bin/python -m tests.fuzz [--count 10000] [--seed 1] [--first 0] [--keep FOLDER]

Prints what came of them by kind of input and by mutation; exit code 1 when one crashed, hung, raised what it
must not, or left something half landed. An input is known by seed and number, so that
`--first N --count 1` repeats it.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from tests.fuzz.harness import Found, run
from tests.fuzz.mutate import fuzzed


def main() -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="where to keep the inputs that failed")
    arguments = parser.parse_args()
    start = time.perf_counter()
    results: list[Found] = []
    for found in run(arguments.seed, arguments.first, arguments.count):
        results.append(found)
        if found.failure:
            print(f"FAILED {found.number} ({found.kind}, {found.mutation}): {found.failure}", flush=True)
            if arguments.keep:
                arguments.keep.mkdir(parents=True, exist_ok=True)
                again = fuzzed(arguments.seed, found.number)
                (arguments.keep / f"{found.number}-{again.name}").write_bytes(again.content)
        if len(results) % 1_000 == 0:
            print(f"{len(results):,} inputs, {time.perf_counter() - start:,.0f} s", flush=True)
    seconds = time.perf_counter() - start
    failed = sum(bool(found.failure) for found in results)
    peak = max((found.peak_mb for found in results), default=0)
    print(f"\n{len(results):,} inputs, {failed} failed, {seconds:,.0f} s, peak {peak:,} MB")
    for title, counts in (
        ("kind", Counter(found.kind for found in results)),
        ("mutation", Counter(found.mutation for found in results)),
        ("outcome", Counter("FAILED" if found.failure else found.outcome for found in results)),
    ):
        print(f"\n{title}")
        for name, count in counts.most_common():
            print(f"  {count:>7,}  {name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
