"""Daily metrics of tracks."""

from collections.abc import Iterable
from functools import reduce

import polars as pl

from spotify_assets.tables import DAILY_TRACK_METRICS, PLAYBACK_ACTIONS

NEEDED_FOR_METRICS = (
    *("event_date", "track_id", "user_id", "action", "content_type"),
    *("ms_played", "is_stream", "outcome"),
)
"""Columns of core.listening_events that the metrics are counted from."""
_KEY = ("event_date", "track_id")


def daily_track_metrics(events: pl.DataFrame) -> pl.DataFrame:
    """What was heard of each track. One row per event date and track; music with a track id only.

    `plays` counts every playback, `streams` those that the stream rule counts, so a skip after five
    seconds is a play and no stream. `skip_rate` is of the plays whose outcome is known. `ms_played` is
    milliseconds heard, never the track's length.
    """
    return metrics_of_pieces([events])


def metrics_of_pieces(pieces: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The same of events that are counted one piece after the other; each listener is in one of them."""
    counted = reduce(_added, map(_counted, pieces))
    known = pl.col("plays") - pl.col("unknowns")
    skip_rate = pl.when(known > 0).then(pl.col("skips") / known)
    return (
        counted.with_columns(skip_rate=skip_rate)
        .select(DAILY_TRACK_METRICS.column_names)
        .sort("event_date", "track_id")
    )


def _counted(events: pl.DataFrame) -> pl.DataFrame:
    """What adds up over listeners, of each event date and track."""
    is_playback = pl.col("action").is_in(PLAYBACK_ACTIONS)
    music = events.filter((pl.col("content_type") == "music") & pl.col("track_id").is_not_null())
    return music.group_by(_KEY).agg(
        plays=_count(is_playback),
        streams=_count(pl.col("is_stream")),
        skips=_count(pl.col("outcome") == "skip"),
        completes=_count(pl.col("outcome") == "complete"),
        abandons=_count(pl.col("outcome") == "abandoned"),
        unknowns=_count(pl.col("outcome") == "unknown"),
        listeners=pl.col("user_id").filter(is_playback).n_unique().cast(pl.Int64),
        ms_played=pl.col("ms_played").filter(is_playback).sum(),
        playlist_adds=_count(pl.col("action") == "add_to_playlist"),
        pauses=_count(pl.col("action") == "pause"),
    )


def _added(counted: pl.DataFrame, further: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([counted, further]).group_by(_KEY).agg(pl.all().sum())


def _count(condition: pl.Expr) -> pl.Expr:
    return condition.sum().cast(pl.Int64)
