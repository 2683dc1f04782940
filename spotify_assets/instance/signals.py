"""Being asked to stop by Ctrl-C or SIGTERM: heeding it, and knowing it whatever became of the exception."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_STOPS: frozenset[int] = frozenset({signal.SIGINT, signal.SIGTERM})


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C and SIGTERM raise KeyboardInterrupt, whoever started this process and how.

    A shell's background jobs ignore SIGINT, and Dagster gives SIGTERM the handler of SIGINT. What is yielded
    says whether one has come: a library that takes every exception for its own makes another one of it.
    """
    came: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        came.append(number)
        signal.default_int_handler(number, frame)

    before = {number: signal.signal(number, interrupt) for number in _STOPS}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def stop_signals() -> Iterator[Callable[[], bool]]:
    """Listen for Ctrl-C and SIGTERM; what is yielded says whether one has come.

    A signal in the middle of a query or of another library's code comes out as any exception, or as none.
    Python itself writes the number of each signal it handles to a wakeup socket: that is what is read here.
    Only the main thread may listen; in another thread none is ever heard.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    receiver, sender = socket.socketpair()
    receiver.setblocking(False)
    sender.setblocking(False)
    heard: set[int] = set()

    def stopped() -> bool:
        with suppress(BlockingIOError):
            heard.update(receiver.recv(4096))
        return not _STOPS.isdisjoint(heard)

    before = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    try:
        yield stopped
    finally:
        signal.set_wakeup_fd(before)
        receiver.close()
        sender.close()
