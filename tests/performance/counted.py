"""What runs within callgrind: `python -m tests.performance.counted FOLDER LIBRARY`.

LIBRARY is `counting.c`, compiled. The start of the command line is counted with all that it imports; each
other piece runs once before it is counted, so that what is looked up once in a process does not count.
"""

import ctypes
import importlib
import sys
from collections.abc import Callable
from pathlib import Path

START = "start of the command line"


def main() -> None:
    """Count each piece."""
    folder, library = map(Path, sys.argv[1:])
    callgrind = ctypes.CDLL(str(library))
    assert callgrind.counts(), "this runs within valgrind"

    def count(name: str, work: Callable[[], object]) -> None:
        callgrind.begin()
        work()
        callgrind.end(name.encode())

    count(START, lambda: importlib.import_module("spotify_assets.cli"))
    work = importlib.import_module("tests.performance.work").Work(folder)
    for name, piece in work.pieces.items():
        piece()
        count(name, piece)


if __name__ == "__main__":
    main()
