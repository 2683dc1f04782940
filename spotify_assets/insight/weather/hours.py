"""The hours of a place with their light, and a listener's hours with what was heard in them."""

from datetime import timedelta

import polars as pl

from spotify_assets.insight.weather.sun import is_day
from spotify_assets.transforms.features import plays_music

SOUND_MEASURES = ("valence", "energy", "tempo")
NEEDED = ("user_id", "started_at", "action", "content_type", "ms_played", "outcome", "track_id", "country")
"""Columns of core.listening_events that are looked at."""


def with_light(hours: pl.DataFrame, latitude: float, longitude: float) -> pl.DataFrame:
    """Hours of a place (`hour`, its UTC begin) with `is_daylight`: whether the sun is up in their middle."""
    middle = pl.col("hour") + timedelta(minutes=30)
    return hours.with_columns(is_daylight=is_day(middle, pl.lit(latitude), pl.lit(longitude)))


def listened_hours(
    events: pl.DataFrame, weather: pl.DataFrame, tracks: pl.DataFrame, time_zone: str, latitude: float
) -> pl.DataFrame:
    """One row per clock hour of a listener from the first to the last, as `effects.weather_effects` takes it.

    Args:
        events: `NEEDED` of one listener.
        weather: hours of their place, with `is_daylight`.
        tracks: one row per `track_id` with `SOUND_MEASURES`.
        time_zone: whose clock the listener lives by.
        latitude: of the place; south of the equator seasons are half a year later.
    """
    sound = tracks.select("track_id", *SOUND_MEASURES)
    plays = events.filter(plays_music()).join(sound, on="track_id", how="left")
    heard = plays.group_by("user_id", hour=pl.col("started_at").dt.truncate("1h")).agg(
        *(pl.col(name).mean() for name in SOUND_MEASURES),
        sounding=pl.col("valence").is_not_null().sum(),
        minutes=pl.col("ms_played").sum() / 60_000,
        plays=pl.len(),
        decided=(pl.col("outcome") != "unknown").sum(),
        skips=(pl.col("outcome") == "skip").sum(),
    )
    first, last = heard["hour"].min(), heard["hour"].max()
    local = pl.col("hour").dt.replace_time_zone("UTC").dt.convert_time_zone(time_zone)
    counts = ("minutes", "plays", "decided", "skips", "sounding")
    return (
        weather.filter(pl.col("hour").is_between(first, last))
        .join(heard.drop("user_id"), on="hour", how="left")
        .with_columns(
            pl.lit(plays["user_id"].first(), pl.String).alias("user_id"),
            *(pl.col(name).fill_null(0) for name in counts),
            local_date=local.dt.date(),
            local_hour=local.dt.hour().cast(pl.Int64),
            season_month=(local.dt.month().cast(pl.Int64) + (0 if latitude >= 0 else 6) - 1) % 12 + 1,
        )
    )
