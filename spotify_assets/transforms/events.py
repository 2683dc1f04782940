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

_REASONS: dict[str, tuple[pl.Expr, str]] = {
    "missing_user": (pl.col("user_id").fill_null("").str.strip_chars() == "", "user_id is empty"),
    "missing_time": (
        pl.col("started_at").is_null() | pl.col("ended_at").is_null(),
        "started_at or ended_at is empty",
    ),
    "ends_before_start": (pl.col("ended_at") < pl.col("started_at"), "ended_at is before started_at"),
    "wrong_date": (
        pl.col("event_date") != pl.col("ended_at").dt.date(),
        "event_date is not the UTC date of ended_at",
    ),
    "unknown_action": (
        ~pl.col("action").is_in(ACTIONS).fill_null(value=False),
        f"action is none of {', '.join(ACTIONS)}",
    ),
    "missing_ms_played": (
        pl.col("ms_played").is_null() & pl.col("action").is_in(PLAYBACK_ACTIONS),
        "ms_played is empty",
    ),
    "negative_ms_played": (pl.col("ms_played") < 0, "ms_played is below 0"),
    "invalid_track_id": (
        ~pl.col("track_id").str.contains(f"^{TRACK_ID}$"),
        "track_id is not 22 characters of base 62",
    ),
    "unknown_content_type": (
        ~pl.col("content_type").is_in(CONTENT_TYPES),
        f"content_type is none of {', '.join(CONTENT_TYPES)}",
    ),
}
"""Why an event is refused, in the order in which the reasons are tried: the condition and its words."""


def valid_events(raw: pl.DataFrame) -> Cleaned:
    """The events of a slice that make sense, each once. One row per playback or interaction.

    A row whose `event_id` came before, by file and row, is a repeat of the same playback: it is dropped
    and recorded with the row that stays.
    """
    judged = reject(raw, _REASONS)
    ordered = judged.kept.sort("source_file", "source_row")
    is_first = pl.col("event_id").is_first_distinct()
    repeats = ordered.filter(~is_first)
    country = pl.col("country").str.strip_chars().str.to_uppercase()
    rows = ordered.filter(is_first).with_columns(
        user_id=pl.col("user_id").str.strip_chars(),
        country=pl.when(country.str.contains("^[A-Z]{2}$") | country.is_null())
        .then(country)
        .otherwise(pl.lit(UNKNOWN_COUNTRY)),
        ms_played=pl.col("ms_played").fill_null(0),
        content_type=pl.col("content_type").fill_null("unknown"),
        source=pl.col("source").fill_null("unknown"),
    )
    duplicate_plays = repeats.select(
        "event_date",
        "event_id",
        kept_event_id="event_id",
        user_id="user_id",
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

    `raw` is the slice of raw.raw_events, `read_raw_before` gives the raw events of so many days before it,
    and `tracks` holds what the catalogue knows of the slice's days (`track_id`, `snapshot_date`,
    `duration_ms`).
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
