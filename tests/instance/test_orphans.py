"""A child ends with the process that started it, and outlives the block that watched it otherwise."""

import os
import signal
import subprocess
import sys
import time

import pytest

from spotify_assets.instance.orphans import ends_with_us

PARENT = """
import subprocess, sys, time
from spotify_assets.instance.orphans import ends_with_us
child = subprocess.Popen(["sleep", "60"])
with ends_with_us(child.pid):
    print(child.pid, flush=True)
    time.sleep(60)
"""
PATIENCE_SECONDS = 20


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_ends_with_a_parent_that_is_killed(end: signal.Signals):
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.send_signal(end)
        parent.wait()
    until = time.monotonic() + PATIENCE_SECONDS
    while is_there(child) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_there(child)


def test_a_child_stays_once_it_is_watched_no_more():
    with subprocess.Popen(["sleep", "60"]) as child:
        with ends_with_us(child.pid):
            pass
        assert child.poll() is None
        child.kill()


def is_there(pid: int) -> bool:
    """Whether a process runs; one that ended and waits to be collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return state.stdout.strip()[:1] not in ("Z", "")
