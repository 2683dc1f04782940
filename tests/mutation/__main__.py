"""`make mutate`: how many small changes to a module its tests notice.

    .venv/bin/python -m tests.mutation [transforms/hours.py …] [--count 40] [--seed 1] [--jobs 2]

Without a module it goes through all of `tests.mutation.modules.MODULES`. Prints every mutant with its line,
the change and what became of it; exit code 1 when fewer than nine of ten were killed, or when one that is
listed as equivalent (`tests/mutation/equivalent.toml`) was killed after all. The source is never touched.
"""

import argparse
import sys
import time

from tests.mutation.equivalent import equivalents
from tests.mutation.modules import MODULES
from tests.mutation.runner import PACKAGE, ROOT, Result, run, sample

TO_KILL = 0.9
"""Part of the sampled mutants that the tests must kill: 36 of 40."""


def main() -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("modules", nargs="*", metavar="module", help="as a path below spotify_assets")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="mutants tried side by side")
    arguments = parser.parse_args()
    verdicts = []
    for module in arguments.modules or MODULES:
        try:
            verdicts.append(_report(module, arguments.count, arguments.seed, arguments.jobs))
        except (ValueError, RuntimeError) as error:
            print(f"{module}: {error}", file=sys.stderr)
            verdicts.append(False)
    return 0 if all(verdicts) else 1


def _report(module: str, count: int, seed: int, jobs: int) -> bool:
    """Print each mutant of the module as it is judged, and the sum; whether enough were killed.

    Raises:
        ValueError: there is no such module, or no test concerns it.
        RuntimeError: its tests fail without any change.
    """
    path = ROOT / PACKAGE / module
    if not path.is_file():
        raise ValueError(f"There is no module {PACKAGE}/{module}; name one like {MODULES[0]}")
    start = time.monotonic()
    print(f"{module}: up to {count} mutants, seed {seed}", flush=True)
    results: list[Result] = []
    for result in run(module, sample(module, path.read_text(), equivalents(), count, seed), jobs=jobs):
        results.append(result)
        print(_line(result), flush=True)
    counted = [result for result in results if result.reason is None]
    mistaken = [result for result in results if result.reason is not None and result.killed]
    killed = sum(result.killed for result in counted)
    enough = killed >= TO_KILL * len(counted)
    print(
        f"{module}: {killed} of {len(counted)} killed, {len(results) - len(counted)} equivalent ones not "
        f"counted, {time.monotonic() - start:,.0f} s: {'enough' if enough else 'TOO FEW'}\n",
        flush=True,
    )
    for result in mistaken:
        print(f"Listed as equivalent, but killed:\n{_line(result)}", file=sys.stderr)
    return enough and not mistaken


def _line(result: Result) -> str:
    mutant = result.mutant
    verdict = "equivalent" if result.reason is not None and not result.killed else result.how
    return (
        f"  {verdict:<10} {mutant.line:>4} {mutant.function}\n"
        f"               - {mutant.before}\n               + {mutant.after}"
    )


if __name__ == "__main__":
    sys.exit(main())
