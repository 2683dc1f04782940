"""Sessions: a user's events with at most 30 minutes from one end to the next start, never cut at midnight."""

from collections.abc import Callable
from datetime import timedelta

import polars as pl

from spotify_assets.catalog import PLAYBACK_ACTIONS

SESSION_RULE = "session-v1"
SESSION_GAP = timedelta(minutes=30)
ORDER = ["started_at", "ended_at", "event_id"]
_FIRST_LOOKBACK_DAYS = 1
_LONGEST_LOOKBACK_DAYS = 64
"""Nobody listens for two months without half an hour of silence; a device that does gets a new session."""

ReadBefore = Callable[[int], pl.DataFrame]
"""Gives the valid events of so many days before the slice."""


def with_sessions(events: pl.DataFrame, read_before: ReadBefore) -> pl.DataFrame:
    """Add `session_id` and `session_position` to the events of a slice. One row per event.

    The events before the slice are read as far back as it takes to find where the sessions that run into
    it began, so that a session has the same id in every slice, whatever the slices' length.
    `session_position` counts playbacks from 1 and is null for interactions.
    """
    days = _FIRST_LOOKBACK_DAYS
    before = read_before(days)
    while days < _LONGEST_LOOKBACK_DAYS and _reaches_back_further(before, events):
        days *= 4
        before = read_before(days)
    needed = ["event_id", "user_id", "started_at", "ended_at", "action"]
    history = pl.concat([before.select(needed), events.select(needed)]).unique("event_id", keep="any")
    sessions = _number(history).select("event_id", "session_id", "session_position")
    return events.drop("session_id", "session_position", strict=False).join(
        sessions, on="event_id", how="left", maintain_order="left"
    )


def _number(events: pl.DataFrame) -> pl.DataFrame:
    is_playback = pl.col("action").is_in(PLAYBACK_ACTIONS)
    numbered = events.sort("user_id", *ORDER).with_columns(_starts_session().cum_sum().alias("number"))
    first_start = pl.col("started_at").min().over("number")
    position = is_playback.cum_sum().over("number").cast(pl.Int64)
    return numbered.with_columns(
        session_id=pl.concat_str("user_id", first_start.dt.strftime("%Y%m%dT%H%M%S%3f"), separator="-"),
        session_position=pl.when(is_playback).then(position),
    )


def _starts_session() -> pl.Expr:
    """Whether a row, in order of user and time, is the first of its session."""
    heard_until = pl.col("ended_at").cum_max().shift(1).over("user_id")
    return (pl.col("started_at") - heard_until > SESSION_GAP).fill_null(value=True)


def _reaches_back_further(before: pl.DataFrame, events: pl.DataFrame) -> bool:
    """Whether a session that runs into the slice may have begun before the events that were read."""
    if before.is_empty() or events.is_empty():
        return False
    read_from = before["ended_at"].min()
    history = pl.concat([before, events], how="diagonal").sort("user_id", *ORDER)
    numbered = history.with_columns(_starts_session().cum_sum().alias("number"))
    spans = numbered.group_by("user_id", "number").agg(pl.col("started_at").min(), pl.col("ended_at").max())
    first_of_slice = events["ended_at"].min()
    midnight = pl.lit(read_from).dt.truncate("1d")
    return not spans.filter(
        (pl.col("started_at") - SESSION_GAP <= midnight) & (pl.col("ended_at") >= first_of_slice)
    ).is_empty()
