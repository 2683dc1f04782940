"""A request to stop is heard, whatever becomes of the exception that the signal raised."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from spotify_assets.instance.signals import interruptible, stop_signals

STOPS = [signal.SIGINT, signal.SIGTERM]


class WrappedError(Exception):
    """What a library makes of an interrupt."""


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    before = {number: signal.signal(number, _raise) for number in (*STOPS, signal.SIGUSR1)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def _raise(_number: int, _frame: object) -> None:
    raise WrappedError


@pytest.mark.parametrize("number", STOPS)
def test_a_signal_is_heard_though_its_exception_was_swallowed(number: int) -> None:
    with stop_signals() as stopped:
        assert not stopped()
        with suppress(WrappedError):
            os.kill(os.getpid(), number)
        assert stopped()
        assert stopped()


@pytest.mark.parametrize("number", STOPS)
def test_a_process_that_was_started_to_ignore_it_is_interruptible(number: int) -> None:
    for each in STOPS:
        signal.signal(each, signal.SIG_IGN)
    with pytest.raises(KeyboardInterrupt), interruptible():
        os.kill(os.getpid(), number)
    assert {signal.getsignal(each) for each in STOPS} == {signal.SIG_IGN}


def test_other_signals_are_none_of_its_business() -> None:
    with stop_signals() as stopped:
        with suppress(WrappedError):
            os.kill(os.getpid(), signal.SIGUSR1)
        assert not stopped()


def test_what_comes_afterwards_is_not_heard_and_what_listened_before_listens_again() -> None:
    with stop_signals() as outer:
        with stop_signals():
            pass
        with suppress(WrappedError):
            os.kill(os.getpid(), signal.SIGTERM)
        assert outer()
    with stop_signals() as stopped:
        assert not stopped()
    assert signal.set_wakeup_fd(-1) == -1


def test_another_thread_hears_none_and_does_not_fail() -> None:
    heard: list[bool] = []

    def listen() -> None:
        with stop_signals() as stopped:
            heard.append(stopped())

    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert heard == [False]
