"""How a playback ended and whether it counts as a stream: versioned rules, ours and those of others.

`STREAM_RULES` and `SKIP_RULES` hold them by name; ours come first and are the default. A rule never changes
under its name. Definitions in words are in docs/definitions.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from spotify_assets.sources.formats import CLOCKS
from spotify_assets.tables import PLAYBACK_ACTIONS
from spotify_assets.transforms.features import COARSE_CLOCK_RESOLUTION_SECONDS
from spotify_assets.transforms.sessions import SESSION_RULE, SESSION_RULES

OUTCOME_RULE = "outcome-v2"
OLDER_OUTCOME_RULE = "outcome-v1"
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
LISTENING_WITHIN = SESSION_RULES[SESSION_RULE].gap
"""How soon the next playback begins where the listener went on: within one session. Its start is reckoned
from its end, so that pauses inside of it move it, and ten seconds would miss many a skip."""
FINISHED_REASONS = ("trackdone",)
SILENT_SOURCES = tuple(clock.source for clock in CLOCKS if clock.silent)
"""Sources that call every playback `play`. Files and streams of events write `skip` for a skip, and there
`play` speaks against one."""
STARTS_ONLY = tuple(clock.source for clock in CLOCKS if clock.starts_only)
"""Sources that know when a playback began and, unless they say so, not how much of it was heard."""
FORWARD = "fwdbtn"
SCROBBLE_SHARE = 0.5
SCROBBLE_MS = 240_000
"""Last.fm takes a track that was heard for half of its length or four minutes (last.fm/api/scrobbling)."""
LISTENBRAINZ_SKIP_REASONS = (
    *("fwdbtn", "backbtn", "clickrow", "clickside", "endplay", "playbtn", "remote", "logout", "popup"),
    *("trackerror", "unexpected-exit", "unexpected-exit-while-paused", "unknown"),
)
"""`reason_end` values that ListenBrainz takes for a skip below 30 seconds, beside none at all
(metabrainz/listenbrainz-server, listens_importer/spotify.py)."""


@dataclass(frozen=True)
class PlaybackRule:
    """A rule about playbacks: its name, what it says, who has it, and the condition on one playback."""

    name: str
    says: str
    source: str
    applies: pl.Expr


_HEARD = pl.col("ms_played")
_LENGTH = pl.col("known_duration_ms")
_REASON = pl.col("reason_end")
_LONG_ENOUGH = _HEARD >= STREAM_MS
_FLAGGED = pl.col("skipped").fill_null(value=False)
_SKIPPED_BY_SOURCE = (pl.col("action") == "skip") | _FLAGGED
_WITHOUT_REASON = _REASON.is_null() | (_REASON == "")
_LISTENBRAINZ_SKIP = ~_LONG_ENOUGH & (
    _FLAGGED | _WITHOUT_REASON | _REASON.is_in(LISTENBRAINZ_SKIP_REASONS).fill_null(value=False)
)
_SAYS_NOTHING = (
    _WITHOUT_REASON
    & pl.col("skipped").is_null()
    & (pl.col("action") != "skip")
    & pl.col("source").is_in(SILENT_SOURCES)
)
"""Whether the source says nothing of how the playback ended."""
_ENDED_BY_USER = (
    _REASON.is_in(USER_REASONS)
    | ((_REASON == FOLLOWED) & pl.col("is_followed"))
    | (_WITHOUT_REASON & _SKIPPED_BY_SOURCE)
)
_CUT_SHORT_IN_SILENCE = _SAYS_NOTHING & _LENGTH.is_not_null() & pl.col("listening_goes_on")
_HEARD_IS_ASSUMED = pl.col("source").is_in(STARTS_ONLY) & ~(
    pl.col("extra").str.contains(r'"ms_played_from": ?"listened"').fill_null(value=False)
)
_HEARD_WHOLE = (_HEARD >= COMPLETE_SHARE * _LENGTH).fill_null(value=False)
_STOPPED_IN_SILENCE = _SAYS_NOTHING & ~_HEARD_WHOLE & ~pl.col("listening_goes_on")
"""Whether a playback ended early and listening with it, for a reason that nobody says: the user's or not."""
_NOBODY_KNOWS = _STOPPED_IN_SILENCE | (_SAYS_NOTHING & (_LENGTH.is_null() | _HEARD_IS_ASSUMED))


def _by_name(*rules: PlaybackRule) -> Mapping[str, PlaybackRule]:
    return {rule.name: rule for rule in rules}


STREAM_RULES = _by_name(
    PlaybackRule(
        STREAM_RULE,
        "at least 30 seconds, or the whole of a shorter track",
        "here",
        _LONG_ENOUGH | ((_LENGTH < STREAM_MS) & (_HEARD >= _LENGTH)),
    ),
    PlaybackRule("thirty-seconds-v1", "at least 30 seconds", "Spotify for Artists", _LONG_ENOUGH),
    PlaybackRule(
        "unskipped-v1",
        "at least 30 seconds and not flagged as skipped",
        "personal dashboards",
        _LONG_ENOUGH & ~_SKIPPED_BY_SOURCE,
    ),
    PlaybackRule(
        "trackdone-v1",
        "ended by itself (`trackdone`), however long",
        "Koito",
        _REASON.is_in(FINISHED_REASONS),
    ),
    PlaybackRule(
        "scrobble-v1",
        "half of the track or 4 minutes, of a track longer than 30 seconds (length unknown: 4 minutes, or "
        "30 seconds and ended by itself)",
        "Last.fm's scrobbling rules",
        (_LENGTH > STREAM_MS).fill_null(value=True)
        & (
            (_HEARD >= SCROBBLE_MS)
            | (_HEARD >= SCROBBLE_SHARE * _LENGTH).fill_null(_LONG_ENOUGH & _REASON.is_in(FINISHED_REASONS))
        ),
    ),
    PlaybackRule(
        "listenbrainz-v1",
        "at least 30 seconds, or ended by neither a skip reason nor the flag",
        "ListenBrainz' importer",
        ~_LISTENBRAINZ_SKIP,
    ),
    PlaybackRule("every-row-v1", "every row of the history", "most recap scripts", pl.lit(value=True)),
)
SKIP_RULES = _by_name(
    PlaybackRule(
        OUTCOME_RULE,
        "ended by the user before 95 % of the known length; unknown where the source says nothing and no "
        "length is known, or listening ended there",
        "here",
        _ENDED_BY_USER | _CUT_SHORT_IN_SILENCE,
    ),
    PlaybackRule(
        OLDER_OUTCOME_RULE,
        "ended by the user before 95 % of the known length; complete where nothing is known",
        "here, before outcome-v2",
        _ENDED_BY_USER,
    ),
    PlaybackRule("flag-v1", "the export says `skipped`", "personal dashboards", _SKIPPED_BY_SOURCE),
    PlaybackRule("fwdbtn-v1", "ended with the forward button", "recap scripts", _REASON == FORWARD),
    PlaybackRule(
        "listenbrainz-v1",
        "below 30 seconds with the flag, without a reason, or with one of 13 reasons",
        "ListenBrainz' importer",
        _LISTENBRAINZ_SKIP,
    ),
    PlaybackRule(
        "thirty-seconds-v1", "less than 30 seconds heard", "P. Lamere, The Skip (2014)", ~_LONG_ENOUGH
    ),
)


def is_silent() -> pl.Expr:
    """Whether the source says nothing of how a playback ended: neither a reason nor a flag."""
    return _SAYS_NOTHING & pl.col("action").is_in(PLAYBACK_ACTIONS)


def with_outcome(
    events: pl.DataFrame, *, stream_rule: str = STREAM_RULE, skip_rule: str = OUTCOME_RULE
) -> pl.DataFrame:
    """Add `outcome` and `is_stream` to events; needs `known_duration_ms` (`transforms.lengths`). One row per
    event, order kept.

    The stream rule says which playbacks are streams. The skip rule says which ones were skipped; of the
    others those are complete that ended by themselves or of whose known length 95 % was heard (or of which
    nothing speaks for an early end), and the rest was abandoned: logout, crash, error, unknown.

    By the outcome rules a playback that is complete was not skipped. Others were by `fwdbtn`, `backbtn`,
    `clickrow` …; by `endplay` where the same user's next playback of that UTC date starts within 10 seconds;
    and without a reason where the source says so. By outcome-v2 a playback of which the source says nothing
    (`SILENT_SOURCES`, neither reason nor flag) and whose length nobody knows has the outcome `unknown`; with
    a known length, what was cut short is a skip where the user's next playback of that UTC date starts within
    the same session, and `unknown` elsewhere: skip or abandoned, nobody knows.

    Raises:
        KeyError: there is no rule of that name.
    """
    is_playback = pl.col("action").is_in(PLAYBACK_ACTIONS)
    unknown = _NOBODY_KNOWS if skip_rule == OUTCOME_RULE else pl.lit(value=False)
    played_without_reason = _WITHOUT_REASON & ~_SKIPPED_BY_SOURCE & _LENGTH.is_null()
    complete = _REASON.is_in(FINISHED_REASONS).fill_null(value=False) | _HEARD_WHOLE | played_without_reason
    skipped = SKIP_RULES[skip_rule].applies.fill_null(value=False)
    is_ours = skip_rule in (OUTCOME_RULE, OLDER_OUTCOME_RULE)
    outcome = (
        pl.when(~is_playback)
        .then(None)
        .when(unknown)
        .then(pl.lit("unknown"))
        .when(skipped & ~complete if is_ours else skipped)
        .then(pl.lit("skip"))
        .when(complete)
        .then(pl.lit("complete"))
        .otherwise(pl.lit("abandoned"))
    )
    is_stream = is_playback & STREAM_RULES[stream_rule].applies.fill_null(value=False)
    followed_after = _followed_after(is_playback)
    return (
        events.with_columns(
            is_followed=(followed_after <= FOLLOWED_WITHIN).fill_null(value=False),
            listening_goes_on=(followed_after <= LISTENING_WITHIN).fill_null(value=False),
        )
        .with_columns(outcome=outcome, is_stream=is_stream)
        .drop("is_followed", "listening_goes_on")
    )


def _followed_after(is_playback: pl.Expr) -> pl.Expr:
    """How long after the end of a playback the user's next one of the same UTC date starts, at least, as far
    as the source's clock can tell; null where none does."""
    playback_start = pl.when(is_playback).then(pl.col("started_at"))
    next_start = (
        playback_start.shift(-1)
        .backward_fill()
        .over("user_id", "event_date", order_by=["started_at", "ended_at", "event_id"])
    )
    coarseness = pl.duration(
        seconds=pl.col("source").replace_strict(
            COARSE_CLOCK_RESOLUTION_SECONDS, default=0, return_dtype=pl.Int64
        )
    )
    return next_start - pl.col("ended_at") - coarseness
