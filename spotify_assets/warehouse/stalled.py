"""Work on Spark of which nothing runs any more is ended, instead of being waited for without end.

A standalone master that has lost its connection to a driver strikes the application off, gives it no more
executors, and does not tell it.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_POLL_SECONDS = 1.0


@contextmanager
def ended_when_stalled(session: "SparkSession", seconds: float) -> Iterator[Callable[[], bool]]:
    """For the time of a call, end all jobs of a session of which no task has run for so long.

    Gives what says whether that was done. Spark Connect does not tell what runs, and is not watched.
    """
    try:
        context = session.sparkContext
    except Exception:  # noqa: BLE001 of Connect, each version raises another one
        yield lambda: False
        return
    over, stalled = threading.Event(), threading.Event()

    def watch() -> None:
        since, before = time.monotonic(), 0
        while not over.wait(_POLL_SECONDS):
            waiting, done = _progress(session)
            if not waiting or done != before:
                since, before = time.monotonic(), done
            elif time.monotonic() - since > seconds:
                stalled.set()
                context.cancelAllJobs()

    watching = threading.Thread(target=watch, name="watch-spark", daemon=True)
    watching.start()
    try:
        yield stalled.is_set
    finally:
        over.set()
        watching.join()


def _progress(session: "SparkSession") -> tuple[bool, int]:
    """Whether there are tasks and none of them runs, and how many of them have ended."""
    tracker = session.sparkContext.statusTracker()
    stages = [tracker.getStageInfo(number) for number in tracker.getActiveStageIds()]
    known = [stage for stage in stages if stage is not None]
    waiting = bool(known) and not any(stage.numActiveTasks for stage in known)
    return waiting, sum(stage.numCompletedTasks + stage.numFailedTasks for stage in known)
