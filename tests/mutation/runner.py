"""Runs mutants: each in a process of its own, on a copy of the project in a temporary folder."""

import os
import queue
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.equivalent import Equivalent
from tests.mutation.modules import concerned
from tests.mutation.operators import Mutant, mutants

ROOT = Path(__file__).parents[2]
PACKAGE = "spotify_assets"
_LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "target", "logs", "*.lock", "notebooks")
LEAST_SECONDS = 30
TIMES_AS_LONG = 4
"""A mutant may take so many seconds, and so many times what the tests take on the module as it is."""
_FAILED = (1, 2)
"""Exit codes of pytest for a test that fails and for a file that cannot be imported."""
_PASSED = 0


@dataclass(frozen=True)
class Result:
    """What the tests said of a mutant."""

    mutant: Mutant
    killed: bool
    how: str
    """`failed`, `time limit`, `crashed`, or `survived`."""
    reason: str | None = None
    """Why it is listed as equivalent; None where it is not."""


def sample(
    module: str, source: str, known: Sequence[Equivalent], count: int, seed: int
) -> list[tuple[Mutant, str | None]]:
    """Mutants of the module in random order until `count` of them are not listed as equivalent.

    Those that are come with their reason. Fewer than `count` where the module has no more.
    """
    candidates = mutants(source)
    random.Random(seed).shuffle(candidates)
    reasons = [next((e.reason for e in known if e.is_of(module, m)), None) for m in candidates]
    drawn: list[tuple[Mutant, str | None]] = []
    for mutant, reason in zip(candidates, reasons, strict=True):
        if sum(other is None for _, other in drawn) == count:
            break
        drawn.append((mutant, reason))
    return drawn


def run(
    module: str, drawn: Sequence[tuple[Mutant, str | None]], *, root: Path = ROOT, jobs: int = 1
) -> Iterator[Result]:
    """What the module's tests say of each mutant, as they finish.

    Raises:
        RuntimeError: the tests do not pass on the module as it is.
        ValueError: there is no such module or no test for it.
    """
    tests = concerned(module, root)
    source = (root / PACKAGE / module).read_text()
    with ExitStack() as stack:
        copies: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for _ in range(jobs):
            copies.put(stack.enter_context(_copy(root)))
        limit = _time_limit(copies, tests, jobs)

        def judge(mutant: Mutant, reason: str | None) -> Result:
            copy = copies.get()
            try:
                (copy / PACKAGE / module).write_text(mutant.applied(source))
                killed, how = _judged(copy, tests, limit)
            finally:
                (copy / PACKAGE / module).write_text(source)
                copies.put(copy)
            return Result(mutant, killed, how, reason)

        pool = ThreadPoolExecutor(jobs)
        # Who interrupts does not wait for the mutants that have not begun.
        stack.callback(pool.shutdown, cancel_futures=True)
        for done in as_completed([pool.submit(judge, mutant, reason) for mutant, reason in drawn]):
            yield done.result()


@contextmanager
def _copy(root: Path) -> Iterator[Path]:
    """A copy of the project in a temporary folder: no mutant is ever written to the source itself."""
    with tempfile.TemporaryDirectory(prefix="mutation-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / "project"
        shutil.copytree(root, copy, ignore=_LEFT_OUT, symlinks=True)
        yield copy


def _time_limit(copies: "queue.SimpleQueue[Path]", tests: Sequence[str], jobs: int) -> float:
    """Seconds that a mutant may take: many times what the tests take on the module as it is."""
    copy = copies.get()
    start = time.monotonic()
    code, output = _pytest(copy, tests, None)
    seconds = time.monotonic() - start
    copies.put(copy)
    if code != _PASSED:
        raise RuntimeError(f"{' '.join(tests)} must pass before mutants mean anything:\n{output[-4000:]}")
    return LEAST_SECONDS + TIMES_AS_LONG * jobs * seconds


def _judged(copy: Path, tests: Sequence[str], limit: float) -> tuple[bool, str]:
    code, output = _pytest(copy, tests, limit)
    if code is None:
        return True, "time limit"
    if code < 0:
        return True, "crashed"
    if code not in (_PASSED, *_FAILED):
        raise RuntimeError(f"pytest ended with {code}:\n{output[-4000:]}")
    return (True, "failed") if code in _FAILED else (False, "survived")


def _pytest(copy: Path, tests: Sequence[str], limit: float | None) -> tuple[int | None, str]:
    """Exit code and output of the tests in the copy; None for a code where they exceed the limit."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests],
        cwd=copy,
        # A mutant as long as the source and written in the same second would pass for it in a cache.
        env=os.environ
        | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "HYPOTHESIS_PROFILE": "mutation"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return None, ""
    return process.returncode, output
