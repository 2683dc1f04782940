"""Runs the worker, notices when it dies, hangs or grows, and goes on after the input at fault."""

import json
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
SECONDS_PER_INPUT = 120
"""Patience for one input of a few kilobytes on a busy machine."""
PEAK_MB = 1_500
"""Memory of the worker that no input may take it beyond."""
INPUTS_PER_PROCESS = 2_000


@dataclass(frozen=True)
class Found:
    """What came of one input; `failure` says what went wrong, in words or as a traceback."""

    number: int
    kind: str
    mutation: str
    outcome: str
    failure: str | None
    peak_mb: int


def run(seed: int, first: int, count: int) -> Iterator[Found]:
    """Every input of a range with what came of it."""
    number, end = first, first + count
    with tempfile.TemporaryDirectory(prefix="spotify-assets-fuzz-") as folder:
        while number < end:
            for found in _process(seed, number, min(INPUTS_PER_PROCESS, end - number), Path(folder)):
                yield found
                number = found.number + 1


def _process(seed: int, first: int, count: int, folder: Path) -> Iterator[Found]:
    """The inputs that one process survives, and the one it does not."""
    arguments = [
        sys.executable,
        "-m",
        "tests.fuzz.worker",
        str(seed),
        str(first),
        str(count),
        str(folder / "work"),
    ]
    with (
        (folder / "stderr").open("w+") as errors,
        subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True) as worker,
    ):
        lines: queue.Queue[str | None] = queue.Queue()
        assert worker.stdout is not None
        threading.Thread(target=_forward, args=(worker.stdout, lines), daemon=True).start()
        for _ in range(count):
            begun = _line(lines)
            if begun is None:
                worker.kill()
                raise RuntimeError(f"the fuzzing process ended between inputs: {_tail(errors)}")
            done = _line(lines)
            if done is None:
                worker.kill()
                code = worker.wait()
                yield Found(
                    **begun,
                    outcome="",
                    failure=f"the process ended or hung ({code}): {_tail(errors)}",
                    peak_mb=0,
                )
                return
            if not done["failure"] and done["peak_mb"] > PEAK_MB:
                done["failure"] = f"memory grew to {done['peak_mb']:,} MB"
            yield Found(**begun, **done)
            if done["peak_mb"] > PEAK_MB:
                worker.kill()
                return


def _forward(stream: IO[str], lines: "queue.Queue[str | None]") -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _line(lines: "queue.Queue[str | None]") -> dict | None:  # type: ignore[type-arg]
    """The next line of the worker; None where it ended or says nothing for too long."""
    try:
        line = lines.get(timeout=SECONDS_PER_INPUT)
    except queue.Empty:
        return None
    return None if line is None else json.loads(line)


def _tail(errors: IO[str]) -> str:
    errors.seek(0)
    return errors.read()[-1_500:]
