"""Sessions: a user's events with at most 30 minutes from one end to the next start, never cut at midnight."""

from collections.abc import Callable
from datetime import timedelta

import polars as pl

from spotify_assets.catalog import PLAYBACK_ACTIONS

SESSION_RULE = "session-v1"
SESSION_GAP = timedelta(minutes=30)
ORDER = ["event_date", "started_at", "ended_at", "event_id"]
"""The order of a user's events. The date is the one on which an event ended and comes first, so that no
event changes the sessions of an earlier date, not even one that was still running at midnight."""
LOOKBACK_DAYS = (1, 4, 16, 64)
"""How far back is read, further each time that a session may have begun earlier. Nobody listens for two
months without half an hour of silence; what does gets a new session."""

ReadBefore = Callable[[int], pl.DataFrame]
"""Gives the valid events of so many days before the slice."""

_NEEDED = ["event_id", "user_id", "event_date", "started_at", "ended_at", "action"]


def with_sessions(events: pl.DataFrame, read_before: ReadBefore) -> pl.DataFrame:
    """Add `session_id` and `session_position` to the events of a slice. One row per event, order kept.

    The events before the slice are read as far back as it takes to find where the sessions that run into
    it began, so that a session has the same id in every slice, whatever the slices' length.
    `session_position` counts playbacks from 1 and is null for interactions.
    """
    slice_ = events.select(_NEEDED).with_row_index("row")
    for days in LOOKBACK_DAYS:
        before = read_before(days).select(_NEEDED)
        numbered = _number(pl.concat([before, slice_], how="diagonal")).filter(pl.col("row").is_not_null())
        if not _may_begin_earlier(numbered, days):
            break
    sessions = numbered.sort("row").select("session_id", "session_position")
    return events.drop("session_id", "session_position", strict=False).hstack(sessions)


def _number(history: pl.DataFrame) -> pl.DataFrame:
    """The events with their session's start, id and, for playbacks, their position."""
    is_playback = pl.col("action").is_in(PLAYBACK_ACTIONS)
    heard_until = pl.col("ended_at").cum_max().shift(1).over("user_id")
    is_first = (pl.col("started_at") - heard_until > SESSION_GAP).fill_null(value=True)
    start = pl.col("started_at").first().over("session")
    position = is_playback.cum_sum().over("session").cast(pl.Int64)
    return (
        history.sort("user_id", *ORDER)
        .with_columns(session=is_first.cum_sum())
        .with_columns(
            session_start=start,
            session_id=pl.concat_str("user_id", start.dt.strftime("%Y%m%dT%H%M%S%3f"), separator="-"),
            session_position=pl.when(is_playback).then(position),
        )
    )


def _may_begin_earlier(numbered: pl.DataFrame, days: int) -> bool:
    """Whether an event of the days that were not read may belong to a session of the slice.

    Those events ended before the first day that was read, which is at least `days` before the first event
    of the slice.
    """
    unread_until = pl.col("event_date").min().cast(pl.Datetime("us")) - timedelta(days=days)
    may_begin_earlier = pl.col("session_start").min() < unread_until + SESSION_GAP
    return bool(numbered.select(may_begin_earlier).item())
