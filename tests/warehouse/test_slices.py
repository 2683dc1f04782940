"""Windows of dates."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.rows.window import Window
from spotify_assets.warehouse.slices import Slices

dates = st.dates(date(2000, 1, 1), date(2030, 1, 1))
windows = st.builds(
    lambda start, days: Window(start, start + timedelta(days=days)), dates, st.integers(1, 400)
)


@given(windows)
def test_days_are_every_date_from_start_to_before_end(window: Window) -> None:
    days = window.days()
    assert days[0] == window.start
    assert days[-1] == window.end - timedelta(days=1)
    assert len(days) == len(set(days)) == (window.end - window.start).days
    assert days == sorted(days)


@given(windows, st.integers(1, 400))
def test_the_preceding_window_ends_where_this_one_starts(window: Window, days: int) -> None:
    before = window.preceding(days)
    assert before.end == window.start
    assert len(before.days()) == days


@pytest.mark.parametrize(
    ("window", "text"),
    [
        (Window(date(2025, 1, 31), date(2025, 2, 1)), "2025-01-31"),
        (Window(date(2025, 1, 1), date(2025, 2, 1)), "2025-01-01 to 2025-01-31"),
    ],
)
def test_a_window_reads_as_its_first_and_last_date(window: Window, text: str) -> None:
    assert str(window) == text


def test_slices_make_nothing_until_they_are_asked() -> None:
    made = []

    def make(window: Window) -> pl.DataFrame:
        made.append(window)
        return pl.DataFrame()

    parts = [Window(date(2025, 1, day), date(2025, 1, day + 1)) for day in (1, 2)]
    slices = Slices.of(iter(parts), make)
    assert slices.windows == tuple(parts)
    assert made == []
