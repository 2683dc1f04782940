"""The generated world's playbacks of music as Polars rows, counted without any mart.

What a figure says is compared with what these rows say, by the definitions of docs/definitions.md and
docs/metrics.md.
"""

from datetime import date
from functools import cache

import polars as pl

from spotify_assets.figures.view import Filters, Period
from tests.dbt.generated import core_tables, newest
from tests.dbt.test_kpis import music

FEBRUARY = Period(date(2025, 2, 10), date(2025, 3, 9))
"""Four whole weeks across the end of a month."""
LONG = Period(date(2025, 1, 28), date(2025, 4, 1))
"""Two whole months and days at both ends."""


@cache
def playbacks() -> pl.DataFrame:
    """Playbacks of music with `track`, `artist` (name of the first credited one), `local_date` and so on."""
    tracks = newest(core_tables()["core.tracks"], "track_id")
    named = tracks.select(track="track_id", catalogue_artist="primary_artist_name", duration_ms="duration_ms")
    return music().join(named, on="track", how="left")


@cache
def genres() -> pl.DataFrame:
    """Genres of tracks in their newest snapshot: `track`, `genre`, `weight`."""
    listed = core_tables()["core.track_genres"]
    newest_day = listed.group_by("track_id").agg(pl.col("snapshot_date").max())
    return listed.join(newest_day, on=["track_id", "snapshot_date"]).rename({"track_id": "track"})


def within(period: Period, day: str = "event_date") -> pl.DataFrame:
    return playbacks().filter(pl.col(day).is_between(period.first, period.last))


def chosen(filters: Filters, day: str = "event_date") -> pl.DataFrame:
    """The playbacks that the filters let through."""
    rows = within(filters.period, day)
    for name in ("user_id", "country", "device"):
        if name in filters.chosen:
            rows = rows.filter(pl.col(name) == filters.chosen[name])
    if filters.genre:
        rows = rows.join(genres().filter(pl.col("genre") == filters.genre), on="track", how="semi")
    return rows
