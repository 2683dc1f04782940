"""Two listeners of the generated world, a period to compare with, and their playbacks as Polars rows."""

from datetime import date

import polars as pl

from spotify_assets.figures.view import Period
from tests.figures.recount import playbacks

BEFORE = Period(date(2025, 1, 26), date(2025, 2, 9))
"""Compared with FEBRUARY of `recount`; the data begins just before it."""
USERS = [f"synthetic-3-{number:07}" for number in range(25)]
"""All listeners of that world; written down, because making it at import costs what only looks for tests."""
DECLARED = USERS[0]
"""This listener's clock is eight hours behind UTC."""
BUSIEST = USERS[7]
"""The one with the most playbacks of music."""
MINUTE = 60_000


def theirs(user: str, period: Period, rows: pl.DataFrame | None = None) -> pl.DataFrame:
    """A listener's playbacks of music on their own dates of a period, or those among other rows."""
    known = playbacks() if rows is None else rows
    return known.filter(pl.col("user_id") == user, pl.col("local_date").is_between(period.first, period.last))


def number(value: object) -> float:
    """A sum or mean of Polars, which may be of many types, as the number that it is."""
    assert isinstance(value, int | float)
    return float(value)
