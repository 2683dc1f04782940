"""Which rules make a listening history, and one history under each of them side by side."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import polars as pl

from spotify_assets.tables import PLAYBACK_ACTIONS
from spotify_assets.transforms.outcomes import (
    OUTCOME_RULE,
    SKIP_RULES,
    STREAM_RULE,
    STREAM_RULES,
    with_outcome,
)
from spotify_assets.transforms.sessions import SESSION_RULE, SESSION_RULES, with_sessions

HOUR_MS = 3_600_000
NEEDED_FOR_RULES = (
    *("event_id", "user_id", "event_date", "started_at", "ended_at", "action", "ms_played", "skipped"),
    *("reason_end", "source", "extra", "track_duration_ms", "known_duration_ms"),
)
"""Columns of core.listening_events that the rules look at."""


@dataclass(frozen=True)
class Rules:
    """The rules that a history is made by, by their names."""

    stream: str = STREAM_RULE
    skip: str = OUTCOME_RULE
    session: str = SESSION_RULE


DEFAULT_RULES = Rules()


def under_each_stream_rule(events: pl.DataFrame) -> pl.DataFrame:
    """Streams of a history by each rule. One row per rule: `rule`, `streams`, `share`, `hours`.

    `share` is streams ÷ playbacks (null without any), `hours` the time heard in the streams.
    """
    is_stream = pl.col("is_stream")
    return _each(
        STREAM_RULES,
        lambda name: _playbacks(with_outcome(events, stream_rule=name)).select(
            streams=is_stream.sum().cast(pl.Int64), share=is_stream.mean(), hours=_hours(is_stream)
        ),
    )


def under_each_skip_rule(events: pl.DataFrame) -> pl.DataFrame:
    """Outcomes of a history by each rule. One row per rule: `rule`, `skips`, `skip_rate` (of the playbacks
    whose outcome is known), `completes`, `abandons`, `unknowns`, `hours` (heard in what was skipped)."""
    skip = pl.col("outcome") == "skip"
    known = pl.col("outcome") != "unknown"
    return _each(
        SKIP_RULES,
        lambda name: _playbacks(with_outcome(events, skip_rule=name)).select(
            skips=skip.sum().cast(pl.Int64),
            skip_rate=skip.filter(known).mean(),
            completes=(pl.col("outcome") == "complete").sum().cast(pl.Int64),
            abandons=(pl.col("outcome") == "abandoned").sum().cast(pl.Int64),
            unknowns=(~known).sum().cast(pl.Int64),
            hours=_hours(skip),
        ),
    )


def under_each_session_rule(events: pl.DataFrame) -> pl.DataFrame:
    """Sessions of a history by each rule. One row per rule: `rule`, `sessions`, `playbacks_each`,
    `minutes_each` (mean time heard), `hours` (heard in all).

    Only sessions with a playback count; what came before the first event is unknown.
    """
    return _each(
        SESSION_RULES,
        lambda name: _playbacks(with_sessions(events, lambda _: events.clear(), name)).select(
            sessions=pl.col("session_id").n_unique().cast(pl.Int64),
            playbacks_each=pl.len() / pl.col("session_id").n_unique(),
            minutes_each=pl.col("ms_played").sum() / 60_000 / pl.col("session_id").n_unique(),
            hours=_hours(pl.lit(value=True)),
        ),
    )


def under_each_measure_of_time(events: pl.DataFrame, listening_hours: pl.DataFrame) -> pl.DataFrame:
    """Listening time by each way to count it. One row per measure: `measure`, `hours`.

    `listening_hours` are rows of core.listening_hours of the same listening.
    """
    playbacks = _playbacks(events)
    length = pl.coalesce("track_duration_ms", "ms_played")
    measures = {
        "on the clock: each moment once (here)": listening_hours["ms_listened"].sum(),
        "milliseconds played, all playbacks": playbacks["ms_played"].sum(),
        "track length × plays (length unknown: milliseconds played)": playbacks.select(length.sum()).item(),
    }
    return pl.DataFrame({"measure": list(measures), "hours": [ms / HOUR_MS for ms in measures.values()]})


def _each(rules: Mapping[str, object], under: Callable[[str], pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(under(name).insert_column(0, pl.lit(name).alias("rule")) for name in rules)


def _playbacks(events: pl.DataFrame) -> pl.DataFrame:
    return events.filter(pl.col("action").is_in(PLAYBACK_ACTIONS))


def _hours(counted: pl.Expr) -> pl.Expr:
    return pl.col("ms_played").filter(counted).sum() / HOUR_MS
