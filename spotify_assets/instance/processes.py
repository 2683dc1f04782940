"""Several servers as one: started together, and stopped together, whichever ends first."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import IO

STOP_SECONDS = 30
"""How long a server may take to end by itself once it was asked to."""
_LOOK_SECONDS = 0.2


def run_together(
    commands: Sequence[Sequence[str]],
    *,
    output: IO[bytes] | None = None,
    look: Callable[[], None] = lambda: None,
) -> int:
    """Run commands until the first of them ends or this process is asked to stop; then stop the others.

    Each gets a process group of its own, so that Ctrl-C reaches it once, through here.

    Args:
        commands: what is run.
        output: the file that gets all that they print; by default it is printed.
        look: called again and again while they run.

    Returns:
        The exit code of the command that ended first, 0 where this process was asked to stop.
    """
    asked: list[int] = []

    def ask(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    handlers = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    running = []
    try:
        for command in commands:
            running.append(
                subprocess.Popen(
                    command,
                    start_new_session=True,
                    stdout=output,
                    stderr=subprocess.STDOUT if output else None,
                )
            )
        ended = None
        while not asked and ended is None:
            time.sleep(_LOOK_SECONDS)
            look()
            ended = next((code for process in running if (code := process.poll()) is not None), None)
        return ended or 0
    finally:
        _stop(running)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _stop(running: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ask each to end, and end it with all that it started where that takes too long."""
    for process in running:
        if process.poll() is None:
            process.terminate()
    until = time.monotonic() + STOP_SECONDS
    for process in running:
        try:
            process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
