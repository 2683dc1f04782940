"""Samples that are the same every time: of so many rows at most, each day by its share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

import numpy as np
import polars as pl

from spotify_assets.rows.window import Window

_SEED = 20_141_103


class DatedTable(Protocol):
    """A table partitioned by `event_date`, of which the rows of a window can be read."""

    def read(self, window: Window, columns: Sequence[str]) -> pl.DataFrame:
        """The rows of a window, only the named columns."""


@dataclass(frozen=True)
class Sampled:
    """Rows of a window, all or a sample, and how many there are."""

    rows: pl.DataFrame
    sampled_from: int


def training_and_test(cutoff: date, *, training_days: int, test_days: int) -> tuple[Window, Window]:
    """The training window, and the test window after it that ends with the cut-off.

    Raises:
        ValueError: a window would have no day.
    """
    if training_days < 1 or test_days < 1:
        raise ValueError(
            f"training_days is {training_days} and test_days {test_days}: each window needs a day"
        )
    test = Window(cutoff - timedelta(days=test_days - 1), cutoff + timedelta(days=1))
    return test.preceding(training_days), test


def sampled(table: DatedTable, window: Window, columns: Sequence[str], limit: int) -> Sampled:
    """The rows of a window of the table, or a sample of `limit` of them."""
    dates = table.read(window, ["event_date"])["event_date"]
    if dates.is_empty():
        return Sampled(table.read(window, columns), 0)
    rows = sample_days(
        lambda first, last: table.read(Window(first, last + timedelta(days=1)), columns),
        dict(dates.value_counts(name="rows").iter_rows()),
        limit,
    )
    return Sampled(rows, len(dates))


def sample_days(
    read: Callable[[date, date], pl.DataFrame], counts: Mapping[date, int], limit: int
) -> pl.DataFrame:
    """The rows of several days, or a sample of `limit` of them; read day by day, so that memory stays flat.

    The sample depends on the rows' `event_id` and day alone: not on their order, nor on other days but for
    the share that is drawn. Every day keeps its part of the whole.

    Args:
        read: reads the rows of the days from one date to another, both included.
        counts: how many rows each day has; at least one day.
        limit: how many rows to keep, about: each day's part is rounded.
    """
    total = sum(counts.values())
    if total <= limit:
        return read(min(counts), max(counts))
    return pl.concat([_sample(read(day, day), day, limit / total) for day in sorted(counts)])


def _sample(rows: pl.DataFrame, day: date, share: float) -> pl.DataFrame:
    ordered = rows.sort("event_id")
    random = np.random.default_rng([_SEED, day.toordinal()])
    chosen = random.choice(ordered.height, round(share * ordered.height), replace=False, shuffle=False)
    # A selection of texts holds on to all the texts it was taken from; Arrow's older layout copies them.
    kept = ordered[np.sort(chosen)].to_arrow(compat_level=pl.CompatLevel.oldest())
    return pl.DataFrame(kept, schema=rows.schema)
