"""Slices that are made in a thread while others are written: order, errors, how many are held."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from spotify_assets.warehouse.making import one_ahead

PATIENCE = 10


def test_parts_come_in_order_and_each_once():
    assert list(one_ahead(range(5))) == [0, 1, 2, 3, 4]
    assert list(one_ahead([])) == []
    assert list(one_ahead([None, 0, ""])) == [None, 0, ""]


def test_the_next_part_is_made_while_the_caller_is_at_one_and_no_further():
    made = [threading.Event() for _ in range(3)]

    def parts() -> Iterator[int]:
        for number, event in enumerate(made):
            event.set()
            yield number

    with closing(one_ahead(parts())) as coming:
        next(coming)
        assert made[1].wait(PATIENCE)
        assert not made[2].is_set()


def test_an_error_is_raised_where_its_part_is_asked_for():
    def parts() -> Iterator[int]:
        yield 1
        raise ValueError("the second")

    coming = one_ahead(parts())
    assert next(coming) == 1
    with pytest.raises(ValueError, match="the second"):
        next(coming)


def test_nothing_is_made_any_more_once_it_is_closed():
    asked, may_end, over = threading.Event(), threading.Event(), threading.Event()

    def parts() -> Iterator[int]:
        yield 1
        asked.set()
        may_end.wait(PATIENCE)
        over.set()
        yield 2
        raise AssertionError("asked for once more")

    def fails() -> None:
        with closing(one_ahead(parts())) as coming:
            for _ in coming:
                asked.wait(PATIENCE)
                may_end.set()
                raise ValueError("of the caller")

    with pytest.raises(ValueError, match="of the caller"):
        fails()
    assert over.is_set()
