"""What was played on each day, with the names that the sources gave."""

import polars as pl

from spotify_assets.tables import PLAYBACK_ACTIONS, PLAYED_TRACKS

NEEDED_FOR_PLAYED = (
    *("event_date", "track_key", "track_id", "content_type", "track_name", "artist_name", "album_name"),
    *("started_at", "ended_at", "event_id", "action"),
)
"""Columns of core.listening_events that played tracks are made from."""


def played_tracks(events: pl.DataFrame) -> pl.DataFrame:
    """What was played. One row per event date and track key; interactions and nameless playbacks left out.

    Names are those of the day's last playback that gives a track name, together, so that they fit.
    """
    playbacks = events.filter(pl.col("action").is_in(PLAYBACK_ACTIONS), pl.col("track_key").is_not_null())
    named = pl.col("track_name").is_not_null()
    return (
        playbacks.sort("ended_at", "started_at", "event_id")
        .group_by("event_date", "track_key")
        .agg(
            pl.col("track_id", "content_type").last(),
            *(pl.col(name).filter(named).last() for name in ("track_name", "artist_name", "album_name")),
            playbacks=pl.len().cast(pl.Int64),
        )
        .select(PLAYED_TRACKS.column_names)
        .sort(PLAYED_TRACKS.key)
    )
