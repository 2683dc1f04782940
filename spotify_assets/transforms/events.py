"""From raw events to listening events: judged, deduplicated, joined with the catalogue, put into sessions."""

import polars as pl

from spotify_assets.catalog import ACTIONS, CONTENT_TYPES, LISTENING_EVENTS, PLAYBACK_ACTIONS, TRACK_ID
from spotify_assets.transforms.as_of import join_tracks
from spotify_assets.transforms.cleaned import Cleaned
from spotify_assets.transforms.outcomes import with_outcome
from spotify_assets.transforms.rejects import reject
from spotify_assets.transforms.sessions import ReadBefore, with_sessions

UNKNOWN_COUNTRY = "ZZ"
"""Spotify's own code for a country it does not know."""

NEEDED_OF_EARLIER = (
    *("event_id", "user_id", "track_id", "started_at", "ended_at", "event_date", "action", "ms_played"),
    *("country", "source", "content_type", "source_file", "source_row"),
)
"""Columns of raw.raw_events that earlier events are judged by, to find where sessions began."""

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
    judged = reject(raw.sort("source_file", "source_row"), _REASONS)
    is_first = pl.col("event_id").is_first_distinct()
    repeats = judged.kept.filter(~is_first)
    country = pl.col("country").str.strip_chars().str.to_uppercase()
    rows = judged.kept.filter(is_first).with_columns(
        user_id=pl.col("user_id").str.strip_chars(),
        country=pl.when(country.str.contains("^[A-Z]{2}$") | country.is_null())
        .then(country)
        .otherwise(pl.lit(UNKNOWN_COUNTRY)),
        ms_played=pl.when(_IS_PLAYBACK).then("ms_played").otherwise(0),
        content_type=pl.col("content_type").fill_null("unknown"),
        source=pl.col("source").fill_null("unknown"),
    )
    duplicate_plays = repeats.select(
        "event_date",
        "event_id",
        kept_event_id="event_id",
        user_id=pl.col("user_id").str.strip_chars(),
        reason=pl.lit("same_event"),
        source_file="source_file",
        source_row="source_row",
    )
    return Cleaned(
        rows=rows,
        rows_in=raw.height,
        rejected=judged.rejected,
        duplicates={"same_event": repeats.height} if repeats.height else {},
        duplicate_plays=duplicate_plays,
    )


def listening_events(raw: pl.DataFrame, read_raw_before: ReadBefore, tracks: pl.DataFrame) -> Cleaned:
    """Listening events of a slice. One row per playback or interaction.

    `raw` is the slice of raw.raw_events, `read_raw_before` gives the raw events of so many days before it
    (at least the columns `NEEDED_OF_EARLIER`), and `tracks` holds what the catalogue knows of the slice's
    days (`track_id`, `snapshot_date`, `duration_ms`).
    """
    valid = valid_events(raw)
    with_lengths = join_tracks(valid.rows, tracks, ["duration_ms"]).rename(
        {"duration_ms": "track_duration_ms"}
    )
    with_outcomes = with_outcome(with_lengths)
    in_sessions = with_sessions(with_outcomes, lambda days: valid_events(read_raw_before(days)).rows)
    return Cleaned(
        rows=in_sessions.select(LISTENING_EVENTS.column_names),
        rows_in=valid.rows_in,
        rejected=valid.rejected,
        duplicates=valid.duplicates,
        duplicate_plays=valid.duplicate_plays,
    )
