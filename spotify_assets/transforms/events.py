"""From raw events to listening events: judged, deduplicated, joined with the catalogue, put into sessions."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from spotify_assets.catalog import (
    ACTIONS,
    CONTENT_TYPES,
    DUPLICATE_PLAYS,
    LISTENING_EVENTS,
    PLAYBACK_ACTIONS,
    TRACK_ID,
)
from spotify_assets.transforms.as_of import join_tracks
from spotify_assets.transforms.cleaned import Cleaned
from spotify_assets.transforms.exclusions import Exclusion, not_excluded, without_excluded
from spotify_assets.transforms.identity import with_track_key
from spotify_assets.transforms.lengths import LengthSources, with_known_duration
from spotify_assets.transforms.neighbours import Neighbours, ReadDays
from spotify_assets.transforms.offline_sync import with_offline_plays_apart
from spotify_assets.transforms.outcomes import with_outcome
from spotify_assets.transforms.rejects import reject
from spotify_assets.transforms.rules import DEFAULT_RULES, Rules
from spotify_assets.transforms.sessions import may_go_on_from_before, with_sessions

UNKNOWN_COUNTRY = "ZZ"
"""Spotify's own code for a country it does not know."""

NEEDED_OF_EARLIER = (
    *("event_id", "user_id", "track_id", "started_at", "ended_at", "event_date", "action", "ms_played"),
    *("country", "source", "content_type", "extra", "source_file", "source_row"),
)
"""Columns of raw.raw_events that earlier events are judged by, to find where sessions began."""
NEEDED_OF_NEIGHBOURS = (*NEEDED_OF_EARLIER, "track_name", "artist_name")
"""Columns of raw.raw_events of the days around a slice, to find playbacks that several sources tell of."""

SAME_EVENT = "same_event"
SAME_PLAYBACK = "same_playback_"
"""Why a row is dropped: its `event_id` came before; a row of a source believed more stands for its own."""

_PROVENANCE = ("source_file", "source_row")
_IS_PLAYBACK = pl.col("action").is_in(PLAYBACK_ACTIONS)


def _is_blank(column: str) -> pl.Expr:
    return pl.col(column).fill_null("").str.strip_chars() == ""


_REASONS: dict[str, tuple[pl.Expr, pl.Expr | str]] = {
    "missing_event_id": (_is_blank("event_id"), "event_id is empty"),
    "missing_user": (_is_blank("user_id"), "user_id is empty"),
    "missing_time": (
        pl.col("started_at").is_null() | pl.col("ended_at").is_null(),
        "started_at or ended_at is empty",
    ),
    "ends_before_start": (
        pl.col("ended_at") < pl.col("started_at"),
        pl.format("ended_at {} is before started_at {}", "ended_at", "started_at"),
    ),
    "wrong_date": (
        pl.col("event_date") != pl.col("ended_at").dt.date(),
        pl.format("event_date {} is not the UTC date of ended_at {}", "event_date", "ended_at"),
    ),
    "unknown_action": (
        ~pl.col("action").is_in(ACTIONS).fill_null(value=False),
        pl.format(f"action '{{}}' is none of {', '.join(ACTIONS)}", pl.col("action").fill_null("")),
    ),
    "missing_ms_played": (pl.col("ms_played").is_null() & _IS_PLAYBACK, "ms_played is empty"),
    "negative_ms_played": (pl.col("ms_played") < 0, pl.format("ms_played {} is below 0", "ms_played")),
    "invalid_track_id": (
        ~pl.col("track_id").str.contains(f"^{TRACK_ID}$"),
        pl.format("track_id '{}' is not 22 characters of base 62", "track_id"),
    ),
    "unknown_content_type": (
        ~pl.col("content_type").is_in(CONTENT_TYPES),
        pl.format(f"content_type '{{}}' is none of {', '.join(CONTENT_TYPES)}", "content_type"),
    ),
}
"""Why an event is refused, in the order in which the reasons are tried: the condition and its words."""


def valid_events(raw: pl.DataFrame) -> Cleaned:
    """The events of a slice that make sense, each once. One row per playback or interaction.

    A row whose `event_id` came before, by file and row, is a repeat of the same playback: it is dropped
    and recorded with the row that stays. The result does not depend on the order of the rows.
    """
    judged = reject(with_offline_plays_apart(raw), _REASONS, dated_by="event_date")
    kept, repeats = _each_once(judged.kept)
    country = pl.col("country").str.strip_chars().str.to_uppercase()
    rows = kept.with_columns(
        user_id=pl.col("user_id").str.strip_chars(),
        country=pl.when(country.str.contains("^[A-Z]{2}$") | country.is_null())
        .then(country)
        .otherwise(pl.lit(UNKNOWN_COUNTRY)),
        ms_played=pl.when(_IS_PLAYBACK).then("ms_played").otherwise(0),
        content_type=pl.col("content_type").fill_null("unknown"),
        source=pl.col("source").fill_null("unknown"),
    )
    duplicate_plays = (
        repeats.join(rows.select("event_id", kept_source="source"), on="event_id", how="left")
        .with_columns(
            kept_event_id="event_id",
            user_id=pl.col("user_id").str.strip_chars(),
            reason=pl.lit(SAME_EVENT),
            source=pl.col("source").fill_null("unknown"),
        )
        .select(DUPLICATE_PLAYS.column_names)
    )
    return Cleaned(
        rows=rows,
        rows_in=raw.height,
        rejected=judged.rejected.sort(*_PROVENANCE),
        duplicates={SAME_EVENT: repeats.height} if repeats.height else {},
        duplicate_plays=duplicate_plays,
    )


def _each_once(events: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that come first of their `event_id`, by file and row, and those that repeat them."""
    if events["event_id"].n_unique() == events.height:
        return events, events.clear()
    in_order = events.sort(*_PROVENANCE)
    is_first = in_order["event_id"].is_first_distinct()
    return in_order.filter(is_first), in_order.filter(~is_first)


def listening_events(
    raw: pl.DataFrame,
    read_raw_before: ReadDays,
    tracks: pl.DataFrame,
    read_raw_after: ReadDays | None = None,
    exclusions: Sequence[Exclusion] = (),
    *,
    rules: Rules = DEFAULT_RULES,
    lengths: LengthSources | None = None,
) -> Cleaned:
    """Listening events of a slice. One row per playback or interaction.

    `raw` is the slice of raw.raw_events, and `tracks` holds what the catalogue knows of the slice's days
    (`track_id`, `snapshot_date`, `duration_ms`). `read_raw_before` and `read_raw_after` give the raw events
    of so many days before and after the slice, at least the columns `NEEDED_OF_NEIGHBOURS`. Without the
    latter all raw events come from one source: nothing is looked for in several of them, and
    `NEEDED_OF_EARLIER` will do. `exclusions` are applied when repeats are gone; with any, all columns of raw
    events are needed. `rules` say what a stream, a skip and a session is. `lengths` gives lengths that the
    catalogue does not know by the track's id.
    """
    valid = valid_events(raw)
    if read_raw_after is None:
        going_on = may_go_on_from_before(valid.rows, rules.session)
        read_before = _valid(lambda days: _of_users(read_raw_before(days), going_on))
        around = Neighbours(valid.rows, read_before, None)
    else:
        around = Neighbours(valid.rows, _valid(read_raw_before), _valid(read_raw_after))
    once = without_excluded(_without_overlaps(valid, around.overlaps), exclusions)
    with_lengths = join_tracks(once.rows, tracks, ["duration_ms"]).rename(
        {"duration_ms": "track_duration_ms"}
    )
    judged = with_known_duration(with_track_key(with_lengths), lengths)
    with_outcomes = with_outcome(judged, stream_rule=rules.stream, skip_rule=rules.skip)
    in_sessions = with_sessions(
        with_outcomes, lambda days: not_excluded(around.before(days), exclusions), rules.session
    )
    return replace(once, rows=in_sessions.select(LISTENING_EVENTS.column_names))


def _of_users(raw: pl.DataFrame, users: pl.Series) -> pl.DataFrame:
    """The raw events of users, with every row that may be a repeat of one of theirs or they of it."""
    ids = raw.filter(pl.col("user_id").str.strip_chars().is_in(users.implode()))["event_id"]
    return raw.filter(pl.col("event_id").is_in(ids.implode()))


def _valid(read_raw: ReadDays) -> ReadDays:
    return lambda days: valid_events(read_raw(days)).rows


def _without_overlaps(valid: Cleaned, overlaps: pl.DataFrame) -> Cleaned:
    """A slice without the rows that another source's row stands for; they are recorded with it."""
    assert valid.duplicate_plays is not None
    if overlaps.is_empty():
        return valid
    found = overlaps.with_columns(reason=pl.concat_str(pl.lit(SAME_PLAYBACK), "source"))
    dropped = valid.rows.join(found, on="event_id", maintain_order="left")
    # A repeat of a row that is itself dropped is stood for by the row that stays in the end.
    repeats = valid.duplicate_plays.update(
        found.select("event_id", "kept_event_id", "kept_source"), on="event_id", how="left"
    )
    by_reason = dict(dropped.group_by("reason").len().sort("reason").iter_rows())
    return replace(
        valid,
        rows=valid.rows.join(found, on="event_id", how="anti", maintain_order="left"),
        duplicates=valid.duplicates | by_reason,
        duplicate_plays=pl.concat([repeats, dropped.select(DUPLICATE_PLAYS.column_names)]),
    )
