"""Servers that are started together end together."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

_SERVER = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path(sys.argv[1] + ".ended").touch(), sys.exit(0)))
pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
time.sleep(float(sys.argv[2]))
sys.exit(int(sys.argv[3]))
"""
DEADLINE = 60


def server(file: Path, seconds: float, code: int = 0) -> list[str]:
    """A process that says that it runs, ends after some seconds, and says when it was asked to end before."""
    return [sys.executable, "-c", _SERVER, str(file), str(seconds), str(code)]


def started(folder: Path, commands: list[list[str]]) -> subprocess.Popen[bytes]:
    program = (
        "import sys; from spotify_assets.instance.processes import run_together; "
        f"sys.exit(run_together({commands!r}))"
    )
    process = subprocess.Popen([sys.executable, "-c", program], cwd=folder)
    until = time.monotonic() + DEADLINE
    while not all(Path(command[3]).exists() for command in commands):
        assert time.monotonic() < until, "the servers did not start"
        time.sleep(0.05)
    return process


def lives(file: Path) -> bool:
    try:
        os.kill(int(file.read_text()), 0)
    except ProcessLookupError:
        return False
    return True


def test_when_one_ends_the_other_is_stopped_and_its_code_is_told(tmp_path):
    long, short = tmp_path / "long", tmp_path / "short"
    process = started(tmp_path, [server(long, 600), server(short, 1, code=3)])

    assert process.wait(DEADLINE) == 3
    assert (tmp_path / "long.ended").exists()
    assert not lives(long)


def test_a_stopped_parent_stops_both(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    process = started(tmp_path, [server(first, 600), server(second, 600)])

    process.send_signal(signal.SIGTERM)

    assert process.wait(DEADLINE) == 0
    assert (tmp_path / "first.ended").exists()
    assert (tmp_path / "second.ended").exists()
    assert not lives(first)
    assert not lives(second)
