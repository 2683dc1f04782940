"""Samples are deterministic, sized, and spread over the days."""

from datetime import date, timedelta

import polars as pl
from polars.testing import assert_frame_equal

from spotify_assets.rows.window import Window
from spotify_assets.skip.sampling import sample_days, training_and_test

FIRST = date(2025, 1, 1)
ROWS = pl.DataFrame(
    {
        "event_id": [f"e{number:04d}" for number in range(1_000)],
        "event_date": [FIRST + timedelta(days=number % 4 if number < 800 else 0) for number in range(1_000)],
    }
)


def drawn(limit: int, rows: pl.DataFrame = ROWS) -> pl.DataFrame:
    counts = dict(rows["event_date"].value_counts(name="rows").iter_rows())
    return sample_days(lambda a, b: rows.filter(pl.col("event_date").is_between(a, b)), counts, limit)


def test_few_rows_are_all_kept():
    assert_frame_equal(drawn(1_000), ROWS)


def test_a_sample_has_the_size_asked_for_and_keeps_the_share_of_each_day():
    sample = drawn(100)
    assert dict(sample["event_date"].value_counts().iter_rows()) == {
        FIRST: 40,
        **{FIRST + timedelta(days=day): 20 for day in (1, 2, 3)},
    }
    assert sample["event_id"].n_unique() == 100


def test_the_same_rows_in_any_order_give_the_same_sample():
    assert_frame_equal(drawn(100, ROWS.sample(fraction=1, shuffle=True, seed=2)), drawn(100))


def test_days_are_read_one_at_a_time_where_a_sample_is_drawn():
    read = []
    counts = dict(ROWS["event_date"].value_counts(name="rows").iter_rows())
    sample_days(lambda a, b: read.append((a, b)) or ROWS.filter(event_date=a), counts, 50)  # type: ignore[func-returns-value]
    assert read == [(day, day) for day in sorted(counts)]


def test_the_test_window_follows_the_training_window():
    training, test = training_and_test(date(2025, 1, 28), training_days=21, test_days=7)
    assert (training, test) == (
        Window(date(2025, 1, 1), date(2025, 1, 22)),
        Window(date(2025, 1, 22), date(2025, 1, 29)),
    )
