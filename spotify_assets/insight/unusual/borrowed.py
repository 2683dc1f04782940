"""A borrowed account: two devices at once, or two places that nobody can travel between in the time."""

from datetime import timedelta

import polars as pl

from spotify_assets.insight.unusual.marks import APART, in_runs, marks, silence
from spotify_assets.transforms.towns import least_km

KIND = "borrowed_account"
OVERLAP = timedelta(seconds=10)
"""Handing over from one device to another takes less."""
OVERLAPPING = timedelta(minutes=5)
PLAYBACKS = 3
"""A run at another device or place has at least so many playbacks, and overlaps for `OVERLAPPING` in all."""
KM_PER_HOUR = 900.0
"""The cruising speed of airliners."""
NEAR = timedelta(hours=12)
"""How far from a journey the listening on both sides of it counts."""
NOWHERE = "ZZ"


def two_devices(plays: pl.DataFrame) -> pl.DataFrame:
    """The marks of playbacks that overlap with those of another device, on the device that is used less.

    Both are of one source, because two sources may differ in their clocks; what was reported later than it
    was heard is left out, as its times are the device's own.
    """
    known = plays.filter(pl.col("device").is_not_null(), pl.col("reported_at").is_null())
    before = pl.col("ended_at").cum_max().shift(1).over("user_id")
    busy = known.filter(pl.col("started_at") + OVERLAP < before).select("user_id").unique()
    known = known.join(busy, on="user_id", how="semi").join(
        _used(known), on=["user_id", "event_date", "device"]
    )
    other = known.select(
        *("user_id", "event_date", "source"),
        *(pl.col(name).name.prefix("_") for name in ("device", "used", "started_at", "ended_at")),
    )
    both = pl.min_horizontal("ended_at", "_ended_at") - pl.max_horizontal("started_at", "_started_at")
    is_guest = (pl.col("used") < pl.col("_used")) | (
        (pl.col("used") == pl.col("_used")) & (pl.col("device") > pl.col("_device"))
    )
    pairs = known.join(other, on=["user_id", "event_date", "source"]).filter(
        pl.col("device") != pl.col("_device"), is_guest, both >= OVERLAP
    )
    guests = known.join(pairs.group_by("event_id").agg(both=both.sum()), on="event_id")
    runs = in_runs(
        guests.sort("user_id", "device", "started_at", "ended_at"),
        silence() > APART,
        by=("user_id", "device"),
    )
    enough = (pl.len() >= PLAYBACKS) & (pl.col("both").sum() >= OVERLAPPING)
    return marks(runs.filter(enough.over("run")), KIND, "two_devices", pl.col("device"))


def _used(plays: pl.DataFrame) -> pl.DataFrame:
    """How often a listener played on a device within a day of a date: `used`."""
    counted = plays.group_by("user_id", "event_date", "device").len("used")
    near = [counted.with_columns(pl.col("event_date") + timedelta(days=days)) for days in (-1, 0, 1)]
    return pl.concat(near).group_by("user_id", "event_date", "device").agg(pl.col("used").sum())


def journeys(plays: pl.DataFrame) -> pl.DataFrame:
    """The marks of playbacks near a journey that is too fast, on the side with fewer of them."""
    known = plays.filter(pl.col("country").is_not_null(), pl.col("country") != NOWHERE)
    known = in_runs(known, by=("user_id", "country"))
    legs = known.select(
        "user_id",
        *("run", "country", "started_at"),
        *(
            pl.col(name).shift(1).over("user_id").name.prefix("from_")
            for name in ("run", "country", "ended_at")
        ),
    ).filter(pl.col("from_country") != pl.col("country"))
    km = [least_km(*pair) for pair in legs.select("from_country", "country").iter_rows()]
    hours = (pl.col("started_at") - pl.col("from_ended_at")).dt.total_seconds() / 3_600
    too_fast = legs.with_columns(km=pl.Series(km, dtype=pl.Float64)).filter(
        pl.col("km") / KM_PER_HOUR > pl.max_horizontal(hours, 0.0)
    )
    sides = [
        _side(known, too_fast, run, at) for run, at in (("from_run", "from_ended_at"), ("run", "started_at"))
    ]
    near = pl.concat(sides).with_columns(played=pl.len().over("leg", "side"))
    # The side with fewer playbacks; the later one where both have as many.
    guest = pl.col("side").sort_by("played", -pl.col("side")).first().over("leg")
    found = near.filter(pl.col("side") == guest, pl.col("played") >= PLAYBACKS).unique("event_id")
    return marks(found, KIND, "journey", pl.col("country"))


def _side(known: pl.DataFrame, legs: pl.DataFrame, run: str, at: str) -> pl.DataFrame:
    """The playbacks near one end of each journey."""
    ends = legs.select(run=run, at=at, leg=pl.int_range(pl.len()), side=pl.lit(0 if run == "from_run" else 1))
    near = known.join(ends, on="run").filter((pl.col("started_at") - pl.col("at")).abs() <= NEAR)
    return near.select("event_id", "country", "leg", "side")
