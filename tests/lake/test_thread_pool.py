"""Files side by side: bounded, the same file after itself, and ended at once when it is to end."""

import time
from itertools import count
from threading import Barrier, BrokenBarrierError, Event, Lock

import pytest

from spotify_assets.lake.thread_pool import FILES_AT_ONCE, ROWS_WAITING, Room, SideBySide, StoppedError

SECONDS = 20
"""After which something that never comes is a failure."""


def test_different_files_are_worked_on_at_the_same_time():
    meeting = Barrier(FILES_AT_ONCE)
    with SideBySide() as threads:
        started = [threads.start(str(n), lambda: meeting.wait(SECONDS)) for n in range(FILES_AT_ONCE)]
        assert sorted(each.result() for each in started) == list(range(FILES_AT_ONCE))


def test_no_more_files_than_said_are_worked_on_or_wait():
    running, most, lock = 0, 0, Lock()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1

    begun: list[int] = []
    with SideBySide() as threads:
        for n in range(12):
            threads.start(str(n), work)
            begun.append(n)
    assert most <= FILES_AT_ONCE
    assert len(begun) == 12


def test_starting_waits_until_there_is_room():
    release = Event()
    with SideBySide() as threads:
        for n in range(FILES_AT_ONCE):
            threads.start(str(n), lambda: release.wait(SECONDS))
        meeting = Barrier(2)

        def one_more() -> None:
            threads.start("one more", lambda: None)
            meeting.wait(SECONDS)

        with SideBySide() as others:
            waiting = others.start("waiting", one_more)
            with pytest.raises(BrokenBarrierError):
                meeting.wait(0.2)
            release.set()
            with pytest.raises(BrokenBarrierError):
                waiting.result(SECONDS)


def test_the_same_file_waits_for_itself():
    order: list[str] = []

    def work(name: str, seconds: float) -> None:
        time.sleep(seconds)
        order.append(name)

    with SideBySide() as threads:
        threads.start("same", lambda: work("first", 0.1))
        threads.start("same", lambda: work("second", 0))
        threads.start("same", lambda: work("third", 0))
    assert order == ["first", "second", "third"]


def test_what_went_wrong_comes_with_the_result():
    def fail() -> None:
        raise OSError("the disk is full")

    with SideBySide() as threads:
        started = threads.start("a", fail)
        with pytest.raises(OSError, match="the disk is full"):
            started.result()
        assert threads.start("a", lambda: 7).result() == 7


def test_work_without_an_end_ends_when_it_is_left():
    reached = Event()

    def work(threads: SideBySide) -> None:
        for _ in threads.until_stopped(count()):
            reached.set()
            time.sleep(0.001)

    with pytest.raises(KeyboardInterrupt), SideBySide() as threads:
        started = threads.start("endless", lambda: work(threads))
        assert reached.wait(SECONDS)
        raise KeyboardInterrupt
    with pytest.raises(StoppedError):
        started.result(0)


def test_rows_wait_in_memory_as_long_as_there_is_room():
    room = Room()
    assert room.take(ROWS_WAITING - 10)
    assert not room.take(11)
    assert room.take(10)
    assert not room.take(1)
