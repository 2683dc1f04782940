"""Sessions: a user's events with at most 30 minutes from one end to the next start, never cut at midnight.

`SESSION_RULES` holds this rule and those of others by name; ours comes first and is the default.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from spotify_assets.tables import PLAYBACK_ACTIONS

SESSION_RULE = "session-v1"


@dataclass(frozen=True)
class SessionRule:
    """A rule about sessions: its name, what it says, who has it, and what ends a session.

    `gap` is the longest silence within a session; `cut_at_midnight` ends it with the UTC date as well.
    """

    name: str
    says: str
    source: str
    gap: timedelta
    cut_at_midnight: bool = False


SESSION_RULES: Mapping[str, SessionRule] = {
    rule.name: rule
    for rule in (
        SessionRule(SESSION_RULE, "at most 30 minutes of silence", "here", timedelta(minutes=30)),
        SessionRule(
            "ten-minutes-v1", "at most 10 minutes of silence", "personal dashboards", timedelta(minutes=10)
        ),
        SessionRule(
            "midnight-v1",
            "at most 30 minutes of silence, cut at UTC midnight",
            "recaps that work day by day",
            timedelta(minutes=30),
            cut_at_midnight=True,
        ),
    )
}
ORDER = ["event_date", "started_at", "ended_at", "event_id"]
"""The order of a user's events. The date is the one on which an event ended and comes first, so that no
event changes the sessions of an earlier date, not even one that was still running at midnight."""
LOOKBACK_DAYS = (1, 4, 16, 64)
"""How far back is read, further each time that a session may have begun earlier. Nobody listens for two
months without half an hour of silence; what does gets a new session."""

ReadBefore = Callable[[int], pl.DataFrame]
"""Gives the valid events of so many days before the slice."""

_NEEDED = ["event_id", "user_id", "event_date", "started_at", "ended_at", "action"]


def with_sessions(
    events: pl.DataFrame, read_before: ReadBefore, session_rule: str = SESSION_RULE
) -> pl.DataFrame:
    """Add `session_id` and `session_position` to the events of a slice. One row per event, order kept.

    The events before the slice are read as far back as it takes to find where the sessions that run into
    it began, so that a session has the same id in every slice, whatever the slices' length.
    `session_position` counts playbacks from 1 and is null for interactions.

    Raises:
        KeyError: there is no rule of that name.
    """
    rule = SESSION_RULES[session_rule]
    slice_ = events.select(_NEEDED).with_row_index("row")
    for days in LOOKBACK_DAYS:
        before = read_before(days).select(_NEEDED)
        history = pl.concat([before, slice_], how="diagonal")
        numbered = _number(history, rule).filter(pl.col("row").is_not_null())
        if not _may_begin_earlier(numbered, days, rule):
            break
    sessions = numbered.sort("row").select("session_id", "session_position")
    return events.drop("session_id", "session_position", strict=False).hstack(sessions)


def may_go_on_from_before(events: pl.DataFrame, session_rule: str = SESSION_RULE) -> pl.Series:
    """The users of a slice whose first session in it may have begun before the slice.

    What is before a slice ended before the first date in it; who is not heard within a session's gap of that
    midnight has been silent for longer.

    Raises:
        KeyError: there is no rule of that name.
    """
    midnight = pl.col("event_date").min().cast(pl.Datetime("us"))
    soon_after = pl.col("started_at") <= midnight + SESSION_RULES[session_rule].gap
    return events.filter(soon_after)["user_id"].unique()


def _number(history: pl.DataFrame, rule: SessionRule) -> pl.DataFrame:
    """The events with their session's start, id and, for playbacks, their position."""
    is_playback = pl.col("action").is_in(PLAYBACK_ACTIONS)
    heard_until = pl.col("ended_at").cum_max().shift(1).over("user_id")
    is_first = (pl.col("started_at") - heard_until > rule.gap).fill_null(value=True)
    if rule.cut_at_midnight:
        is_first |= pl.col("event_date") != pl.col("event_date").shift(1).over("user_id")
    in_order = (
        history.sort("user_id", *ORDER)
        .with_columns(is_first=is_first)
        .with_columns(session=pl.col("is_first").cum_sum(), playbacks=is_playback.cum_sum().cast(pl.Int64))
    )
    # Sessions lie one after the other: what is one for all of a session is made once, not once a row.
    sessions = in_order.filter("is_first").select(
        session_start="started_at",
        session_id=pl.concat_str(
            "user_id", pl.col("started_at").dt.strftime("%Y%m%dT%H%M%S%3f"), separator="-"
        ),
        before=pl.col("playbacks") - is_playback,
    )
    return in_order.hstack(sessions[in_order["session"] - 1]).with_columns(
        session_position=pl.when(is_playback).then(pl.col("playbacks") - pl.col("before"))
    )


def _may_begin_earlier(numbered: pl.DataFrame, days: int, rule: SessionRule) -> bool:
    """Whether an event of the days that were not read may belong to a session of the slice.

    Those events ended before the first day that was read, which is at least `days` before the first event
    of the slice.
    """
    unread_until = pl.col("event_date").min().cast(pl.Datetime("us")) - timedelta(days=days)
    may_begin_earlier = pl.col("session_start").min() < unread_until + rule.gap
    return bool(numbered.select(may_begin_earlier).item())
