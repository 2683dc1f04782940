"""Work on several files at a time, in threads of one process.

Unpacking, hashing, Polars and writing leave Python's lock to others, so that two files at a time keep two
processors busy. Processes of their own would take longer to start than a history of some years takes to land.

Here belongs: how much runs at a time, and what waits for what. Not here: what is done with a file.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from threading import Event, Lock
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")

FILES_AT_ONCE = 3
"""Files that are worked on, beside the one that is being unpacked. Each takes some 60 MB; a fourth would only
wait for Python's lock."""


ROWS_WAITING = 250_000
"""Rows that wait in memory for other files of their import, about 120 MB; those beyond wait on disk."""


class StoppedError(RuntimeError):
    """The work was to end before it was done."""


class SideBySide:
    """Runs work in threads, and waits for it when it is left.

    An error that leaves it ends what runs at its next `until_stopped`.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(FILES_AT_ONCE, thread_name_prefix="landing")
        self._stop = Event()
        self._running: dict[str, Future[Any]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._stop.set()
        self._threads.shutdown(cancel_futures=kind is not None)

    def start(self, key: str, work: Callable[[], T]) -> Future[T]:
        """Begin some work, after what runs under the same key, and once there is room for it."""
        if before := self._running.get(key):
            wait([before])
        while len(self._running) >= FILES_AT_ONCE:
            wait(self._running.values(), return_when=FIRST_COMPLETED)
            self._running = {name: each for name, each in self._running.items() if not each.done()}
        started = self._threads.submit(work)
        self._running[key] = started
        return started

    def until_stopped(self, items: Iterable[T]) -> Iterator[T]:
        """The items, one by one.

        Raises:
            StoppedError: the work is to end.
        """
        for item in items:
            if self._stop.is_set():
                raise StoppedError
            yield item


class Room:
    """The room in memory for rows that wait, of all files of one import."""

    def __init__(self) -> None:
        self._left = ROWS_WAITING
        self._lock = Lock()

    def take(self, rows: int) -> bool:
        """Whether there was room for so many rows, which is theirs now."""
        with self._lock:
            is_there = rows <= self._left
            self._left -= rows if is_there else 0
        return is_there
