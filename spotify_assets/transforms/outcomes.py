"""The versioned rules that say how a playback ended and whether it counts as a stream.

Definitions and the ways other tools differ from them are in docs/definitions.md.
"""

from datetime import timedelta

import polars as pl

from spotify_assets.catalog import PLAYBACK_ACTIONS

OUTCOME_RULE = "outcome-v1"
STREAM_RULE = "stream-v1"

STREAM_MS = 30_000
"""Spotify counts a stream from 30 seconds on (Spotify for Artists, "How we count streams")."""
COMPLETE_SHARE = 0.95
"""Share of a track's length from which on an early end is no skip: fade-outs and silence."""
USER_REASONS = ("fwdbtn", "backbtn", "clickrow", "playbtn", "clickside", "uriopen")
"""`reason_end` values by which the user moved on to something else."""
FOLLOWED = "endplay"
"""`reason_end` that is a skip only when another playback follows at once."""
FOLLOWED_WITHIN = timedelta(seconds=10)
FINISHED_REASONS = ("trackdone",)


def with_outcome(events: pl.DataFrame) -> pl.DataFrame:
    """Add `outcome` and `is_stream` to events; needs `track_duration_ms`. One row per event, order kept.

    Rule outcome-v1, for playbacks only:

    - complete: the track ended by itself, or at least 95 % of its known length was heard;
    - skip: the user ended it before that (`fwdbtn`, `backbtn`, `clickrow` …; `endplay` where the same
      user's next playback of that UTC date starts within 10 seconds); without a reason, the source says so;
    - abandoned: any other early end (logout, crash, error, unknown).
    """
    is_playback = pl.col("action").is_in(PLAYBACK_ACTIONS)
    heard_whole = (pl.col("ms_played") >= COMPLETE_SHARE * pl.col("track_duration_ms")).fill_null(value=False)
    reason = pl.col("reason_end")
    without_reason = reason.is_null() | (reason == "")
    flagged = (pl.col("action") == "skip") | pl.col("skipped").fill_null(value=False)
    ended_by_user = (
        reason.is_in(USER_REASONS)
        | ((reason == FOLLOWED) & pl.col("is_followed"))
        | (without_reason & flagged)
    )
    played_without_reason = without_reason & ~flagged & pl.col("track_duration_ms").is_null()
    outcome = (
        pl.when(~is_playback)
        .then(None)
        .when(reason.is_in(FINISHED_REASONS) | heard_whole | played_without_reason)
        .then(pl.lit("complete"))
        .when(ended_by_user)
        .then(pl.lit("skip"))
        .otherwise(pl.lit("abandoned"))
    )
    long_enough = (pl.col("ms_played") >= STREAM_MS) | (
        (pl.col("track_duration_ms") < STREAM_MS) & (pl.col("ms_played") >= pl.col("track_duration_ms"))
    )
    return (
        events.with_columns(is_followed=_is_followed(is_playback))
        .with_columns(outcome=outcome, is_stream=is_playback & long_enough.fill_null(value=False))
        .drop("is_followed")
    )


def _is_followed(is_playback: pl.Expr) -> pl.Expr:
    """Whether the user's next playback of the same UTC date starts within ten seconds of this one's end."""
    playback_start = pl.when(is_playback).then(pl.col("started_at"))
    next_start = (
        playback_start.shift(-1)
        .backward_fill()
        .over("user_id", "event_date", order_by=["started_at", "ended_at", "event_id"])
    )
    return (next_start - pl.col("ended_at") <= FOLLOWED_WITHIN).fill_null(value=False)
