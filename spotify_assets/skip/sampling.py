"""Samples that are the same every time: of so many rows at most, each day by its share."""

from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
import polars as pl

_SEED = 20_141_103


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
    return ordered[np.sort(chosen)]
