"""Children that end with this process, however it ends: no dbt goes on writing for a run that was killed."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_WATCH = 'read _ || { kill "$1"; sleep 5; kill -9 "$1"; } 2>/dev/null'
"""Ends a process, politely first, unless a line comes before the end of the input."""


@contextmanager
def ends_with_us(pid: int) -> Iterator[None]:
    """Have a child process ended should this one be gone before the block is left.

    A shell waits on a pipe that the operating system closes when this process ends, killed or not. It has a
    session of its own, so that what ends this process's group does not end it first.
    """
    watcher = subprocess.Popen(
        ["/bin/sh", "-c", _WATCH, "sh", str(pid)], stdin=subprocess.PIPE, start_new_session=True
    )
    assert watcher.stdin is not None
    try:
        yield
    finally:
        with suppress(BrokenPipeError):  # somebody ended the watcher: nothing is left to be told
            watcher.stdin.write(b"\n")
            watcher.stdin.close()
        watcher.wait()
