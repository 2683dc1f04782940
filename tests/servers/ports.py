"""Ports of loopback, and waiting for what listens there."""

import socket
import time
from collections.abc import Callable


def free_ports(count: int) -> list[int]:
    """So many ports that nobody listens on now, all different."""
    held = [socket.socket() for _ in range(count)]
    try:
        for each in held:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in held]
    finally:
        for each in held:
            each.close()


def wait_for(what: Callable[[], bool], words: str, seconds: float = 60.0) -> None:
    """Wait until something holds.

    Raises:
        TimeoutError: it does not within so many seconds.
    """
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            raise TimeoutError(f"{words}: not within {seconds:g} s")
        time.sleep(0.1)


def answers(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something takes connections on a port."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
