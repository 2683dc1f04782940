"""`make performance`: count the pieces, and compare them with the book.

    python -m tests.performance [--note]

Ends with 1 where a piece takes 15 % more instructions than noted, with 0 where valgrind or a C compiler is
missing, which it says. `--note` writes what was counted into the book: after a change that is worth its
cost, or one that made something faster.
"""

import argparse
import sys

from tests.benchmarks.reporting import table
from tests.performance import book


def main() -> None:
    """Count, compare, and say what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--note", action="store_true", help="write what was counted into the book")
    asked = parser.parse_args()
    if missing := book.missing():
        print(f"instructions are not counted: {', '.join(missing)} is not installed")
        return
    before = book.noted() if book.NOTED.exists() else {}
    now = book.counted()
    rows = [
        {
            "piece": name,
            "noted, M instructions": before.get(name),
            "now": count,
            "× noted": count / before[name] if name in before else None,
        }
        for name, count in now.items()
    ]
    print(table(rows))
    if asked.note:
        book.note(now)
    elif lost := book.losses(before, now):
        sys.exit("\n".join(["slower:", *lost, "is it worth that? make performance NOTE=--note"]))


if __name__ == "__main__":
    main()
