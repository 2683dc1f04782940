"""Whose clock counts: the time zone of each playback, and the offsets of a zone over time.

`countries.csv` comes from the IANA time zone database (files `iso3166.tab` and `zone.tab` of release 2026.6,
public domain): every country with the zone of its largest city and the number of its zones. Kosovo, which
Spotify calls XK and ISO 3166-1 does not list, is added with the zone that the database names for it.
"""

from functools import cache
from pathlib import Path

import polars as pl

from spotify_assets.tables import COUNTRIES

COUNTRIES_FILE = Path(__file__).with_name("countries.csv")
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def countries() -> pl.DataFrame:
    """Countries with their main time zone. One row per country."""
    return pl.read_csv(COUNTRIES_FILE, glob=False, schema=COUNTRIES.polars_schema)


@cache
def _zone_of_country() -> tuple[list[str], list[str]]:
    known = countries()
    return known["country"].to_list(), known["time_zone"].to_list()


def with_time_zone(events: pl.DataFrame, profiles: pl.DataFrame, default_time_zone: str) -> pl.DataFrame:
    """Add `time_zone`, the IANA zone whose clock the listener lives by. One row per event, order kept.

    The zone that the listener declared (`core.user_profiles`); the main zone of the playback's country for
    those who declared that their hours follow it, or nothing; where the country is unknown, the declared
    zone or else the default. Needs `user_id` and `country`.
    """
    declared = profiles.select("user_id", _declared="time_zone", _follows="follows_country")
    codes, zones = _zone_of_country()
    of_country = pl.col("country").replace_strict(codes, zones, default=None, return_dtype=pl.String)
    stays = pl.col("_declared").is_not_null() & ~pl.col("_follows").fill_null(value=False)
    return (
        events.join(declared, on="user_id", how="left", maintain_order="left")
        .with_columns(
            time_zone=pl.when(stays)
            .then("_declared")
            .otherwise(pl.coalesce(of_country, "_declared", pl.lit(default_time_zone)))
        )
        .drop("_declared", "_follows")
    )


def offsets(time_zone: str, start_ms: int, end_ms: int) -> pl.DataFrame:
    """The stretches of constant offset of a zone between two UTC moments (milliseconds since 1970).

    One row per stretch, in order: `from_ms`, `until_ms` (exclusive) and `offset_ms`, what the local clock is
    ahead of UTC. The first stretch reaches back to before `start_ms`, the last one to beyond `end_ms`.
    """
    first, last = start_ms // HOUR_MS * HOUR_MS, -(-end_ms // HOUR_MS) * HOUR_MS
    hours = _with_offset(time_zone, pl.int_range(first, last + HOUR_MS, HOUR_MS, eager=True))
    changed = hours.filter(pl.col("offset_ms") != pl.col("offset_ms").shift(1))
    exact = [_first_second_after_change(time_zone, moment) for moment in changed["at_ms"]]
    starts = _with_offset(time_zone, pl.Series([first, *exact], dtype=pl.Int64)).rename({"at_ms": "from_ms"})
    return starts.select(
        "from_ms", until_ms=pl.col("from_ms").shift(-1, fill_value=last + HOUR_MS), offset_ms="offset_ms"
    )


def _with_offset(time_zone: str, at_ms: pl.Series) -> pl.DataFrame:
    """The offset at each UTC moment."""
    local = pl.from_epoch("at_ms", "ms").dt.replace_time_zone("UTC").dt.convert_time_zone(time_zone)
    offset = (local.dt.base_utc_offset() + local.dt.dst_offset()).dt.total_milliseconds()
    return pl.DataFrame({"at_ms": at_ms}).with_columns(offset_ms=offset)


def _first_second_after_change(time_zone: str, next_hour_ms: int) -> int:
    """When, within the hour before a moment, the offset changed: not every change is on a full hour."""
    seconds = pl.int_range(next_hour_ms - HOUR_MS, next_hour_ms + 1, 1_000, eager=True)
    after = _with_offset(time_zone, seconds)
    return int(after.filter(pl.col("offset_ms") == pl.col("offset_ms").last())["at_ms"].min())  # type: ignore[arg-type]
