"""What was played on each day, with the names that the sources gave."""

from collections.abc import Iterable
from functools import reduce

import polars as pl

from spotify_assets.tables import PLAYBACK_ACTIONS, PLAYED_TRACKS

NEEDED_FOR_PLAYED = (
    *("event_date", "track_key", "track_id", "content_type", "track_name", "artist_name", "album_name"),
    *("started_at", "ended_at", "event_id", "action"),
)
"""Columns of core.listening_events that played tracks are made from."""
_KEY = ("event_date", "track_key")
_NAMED = pl.col("track_name").is_not_null()


def played_tracks(events: pl.DataFrame) -> pl.DataFrame:
    """What was played. One row per event date and track key; interactions and nameless playbacks left out.

    Names are those of the day's last playback that gives a track name, together, so that they fit.
    """
    return played_of_pieces([events])


def played_of_pieces(pieces: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The same of events that are looked at one piece after the other."""
    playbacks = reduce(_deciding, map(_playbacks, pieces))
    return (
        _in_order(playbacks)
        .group_by(_KEY)
        .agg(
            pl.col("track_id", "content_type").last(),
            *(pl.col(name).filter(_NAMED).last() for name in ("track_name", "artist_name", "album_name")),
            pl.col("playbacks").sum(),
        )
        .select(PLAYED_TRACKS.column_names)
        .sort(PLAYED_TRACKS.key)
    )


def _playbacks(events: pl.DataFrame) -> pl.DataFrame:
    """Rows of one playback each."""
    is_playback = pl.col("action").is_in(PLAYBACK_ACTIONS)
    rows = events.filter(is_playback, pl.col("track_key").is_not_null())
    return rows.with_columns(playbacks=pl.lit(1, pl.Int64))


def _deciding(playbacks: pl.DataFrame, further: pl.DataFrame) -> pl.DataFrame:
    """The last of each track and its last that gives a name; the others are counted in the last."""
    rows, place = _in_order(pl.concat([playbacks, further])).with_row_index("_place"), pl.col("_place")
    last = place == place.max().over(_KEY)
    last_named = place == pl.when(_NAMED).then(place).max().over(_KEY)
    counted = pl.when(last).then(pl.col("playbacks").sum().over(_KEY)).otherwise(0)
    decided = rows.with_columns(playbacks=counted, _decides=last | last_named)
    return decided.filter("_decides").drop("_place", "_decides")


def _in_order(playbacks: pl.DataFrame) -> pl.DataFrame:
    return playbacks.sort("ended_at", "started_at", "event_id")
