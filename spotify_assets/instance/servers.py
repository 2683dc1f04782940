"""Servers on this machine: is a port free, does one answer, and is an instance served only once."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

_LOCK = "up.lock"


def must_be_free(host: str, port: int, option: str) -> None:
    """Make sure that a server can listen on a port.

    Args:
        host: the address to listen on.
        port: the port; 0 takes a free one.
        option: the command line's option by which another one is given.

    Raises:
        RuntimeError: something listens there already, or nothing may; the message names the option.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family)) as tried:
        # As servers do: connections of an earlier one that are not forgotten yet are in nobody's way.
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
            tried.listen()
        except OSError as error:
            raise RuntimeError(
                f"port {port} cannot be had on {host} ({error.strerror}): give another one with {option}"
            ) from None


def answers(host: str, port: int) -> bool:
    """Whether something listens on a port."""
    with closing(socket.socket()) as tried:
        tried.settimeout(1)
        return tried.connect_ex((host, port)) == 0


@contextmanager
def served_once(home: Path, addresses: str) -> Iterator[None]:
    """Be the only one that serves an instance; the lock goes with the process, however it ends.

    Args:
        home: folder of the instance.
        addresses: where it is served, for the words to whoever comes second.

    Raises:
        RuntimeError: another process serves it; the message says which, and where.
    """
    home.mkdir(parents=True, exist_ok=True)
    with (home / _LOCK).open("a+", encoding="utf-8") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.seek(0)
            raise RuntimeError(
                f"{home} is up already ({held.read()}): open that, or end it with Ctrl-C where it runs"
            ) from None
        held.truncate(0)
        held.write(f"process {os.getpid()}: {addresses}")
        held.flush()
        yield
