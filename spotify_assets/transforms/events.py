"""From raw events to listening events: judged, deduplicated, joined with the catalogue, put into sessions."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import polars as pl

from spotify_assets.rows.cleaned import Cleaned
from spotify_assets.rows.rejects import reject
from spotify_assets.tables import (
    ACTIONS,
    CONTENT_TYPES,
    DUPLICATE_PLAYS,
    LISTENING_EVENTS,
    PLAYBACK_ACTIONS,
    TRACK_ID,
)
from spotify_assets.transforms.as_of import join_tracks
from spotify_assets.transforms.exclusions import Exclusion, not_excluded, without_excluded
from spotify_assets.transforms.filling import FILLED, UNKNOWN_CONTENT, UNKNOWN_COUNTRY, filled
from spotify_assets.transforms.identity import with_track_key
from spotify_assets.transforms.lengths import LengthSources, with_known_duration
from spotify_assets.transforms.neighbours import Neighbours, ReadDays, ReadReported, stood_for
from spotify_assets.transforms.offline_sync import LONGEST_OFFLINE, REPORTED, SOURCE, days_to_look_back
from spotify_assets.transforms.outcomes import with_outcome
from spotify_assets.transforms.rules import DEFAULT_RULES, Rules
from spotify_assets.transforms.sessions import may_go_on_from_before, with_sessions
from spotify_assets.transforms.told_again import told_again

NEEDED_OF_EARLIER = (
    *("event_id", "user_id", "track_id", "started_at", "ended_at", "reported_at", "event_date", "action"),
    *("ms_played", "country", "source", "content_type", "extra", "track_name", "artist_name"),
    *("source_file", "source_row"),
)
"""Columns of raw.raw_events that earlier events are judged by, to find where sessions began."""
NEEDED_OF_NEIGHBOURS = tuple(dict.fromkeys((*NEEDED_OF_EARLIER, *FILLED)))
"""Columns of raw.raw_events of the days around a slice, to find playbacks that several sources tell of."""

SAME_EVENT = "same_event"
UPLOADED_AGAIN = "uploaded_again"
SAME_PLAYBACK = "same_playback_"
"""Why a row is dropped: its `event_id` came before; the playback was uploaded before, with another `ts`; a
row of another source or export stands for it."""

T = TypeVar("T")
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

    A row whose `event_id` came before, by file and row, is a repeat of the same playback, and so is one that
    another export tells differently (`transforms.told_again`): it is dropped and recorded with the row that
    stays, which takes from it what it lacks (`transforms.filling`). Of several uploads of a playback the
    first reported stays. The result does not depend on the order of the rows.
    """
    judged = reject(raw, _REASONS, dated_by="event_date")
    rows = _tidied(judged.kept)
    events, repeats = _each_once(rows)
    again = told_again(rows, events)
    uploaded_again = pl.col("_reported") != REPORTED
    dropped = pl.concat(
        [
            repeats.join(events.select("event_id", _reported=REPORTED), on="event_id")
            .with_columns(
                kept_event_id="event_id",
                reason=pl.when(uploaded_again).then(pl.lit(UPLOADED_AGAIN)).otherwise(pl.lit(SAME_EVENT)),
            )
            .drop("_reported")
            .update(again, on="event_id", how="left"),
            events.join(again, on="event_id", maintain_order="left").with_columns(
                reason=pl.concat_str(pl.lit(SAME_PLAYBACK), "source")
            ),
        ]
    )
    kept = events.join(again, on="event_id", how="anti", maintain_order="left")
    by_trust = dropped.with_columns(_other=pl.col("event_id") != pl.col("kept_event_id"))
    return Cleaned(
        rows=filled(kept, by_trust, ["_other", "event_id", *_PROVENANCE]),
        rows_in=raw.height,
        rejected=judged.rejected.sort(*_PROVENANCE),
        duplicates=_by_reason(dropped),
        duplicate_plays=dropped.join(
            kept.select(kept_event_id="event_id", kept_source="source"), on="kept_event_id", how="left"
        ).select(DUPLICATE_PLAYS.column_names),
    )


def _tidied(rows: pl.DataFrame) -> pl.DataFrame:
    """Valid rows in the form in which they are stored."""
    country = pl.col("country").str.strip_chars().str.to_uppercase()
    return rows.with_columns(
        user_id=pl.col("user_id").str.strip_chars(),
        country=pl.when(country.str.contains("^[A-Z]{2}$") | country.is_null())
        .then(country)
        .otherwise(pl.lit(UNKNOWN_COUNTRY)),
        ms_played=pl.when(_IS_PLAYBACK).then("ms_played").otherwise(0),
        content_type=pl.col("content_type").fill_null(UNKNOWN_CONTENT),
        source=pl.col("source").fill_null("unknown"),
    )


def _each_once(events: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that come first of their `event_id`, by upload, file and row, and those that repeat them."""
    if events["event_id"].n_unique() == events.height:
        return events, events.clear()
    in_order = events.sort("reported_at", *_PROVENANCE)
    is_first = in_order["event_id"].is_first_distinct()
    return in_order.filter(is_first), in_order.filter(~is_first)


def _by_reason(dropped: pl.DataFrame) -> dict[str, int]:
    return dict(dropped.group_by("reason").len().sort("reason").iter_rows())


def listening_events(
    raw: pl.DataFrame,
    read_raw_before: ReadDays,
    tracks: pl.DataFrame,
    read_raw_after: ReadDays | None = None,
    exclusions: Sequence[Exclusion] = (),
    *,
    read_raw_moved: ReadDays | None = None,
    read_raw_reported: ReadReported | None = None,
    rules: Rules = DEFAULT_RULES,
    lengths: LengthSources | None = None,
) -> Cleaned:
    """Listening events of a slice. One row per playback or interaction.

    `raw` is the slice of raw.raw_events, and `tracks` holds what the catalogue knows of the slice's days
    (`track_id`, `snapshot_date`, `duration_ms`). `read_raw_before` and `read_raw_after` give the raw events
    of so many days before and after the slice, at least the columns `NEEDED_OF_NEIGHBOURS`. Without the
    latter all raw events come from one source: nothing is looked for in several of them, and
    `NEEDED_OF_EARLIER` will do. `read_raw_moved` gives those of the slice and of so many days before it that
    were heard before they were reported; by default they are looked for among all. `read_raw_reported` gives
    those that were reported on certain dates; without it no row is filled from an upload that lies outside.
    `exclusions` are applied when repeats are gone; with any, all columns of raw events are needed. `rules`
    say what a stream, a skip and a session is. `lengths` gives lengths that the catalogue does not know by
    the track's id.
    """
    valid = valid_events(raw)
    if read_raw_after is None:
        going_on = _with_uploads(may_go_on_from_before(valid.rows, rules.session), valid.rows)
        read_before: ReadDays = _valid(lambda days: _of_users(read_raw_before(days), going_on))
        around = Neighbours(valid.rows, read_before, None)
    else:
        read_moved = read_raw_moved or _moved(raw, read_raw_before)
        reported = _valid(read_raw_reported) if read_raw_reported else None
        read_before, read_after = _valid(read_raw_before), _valid(read_raw_after)
        around = Neighbours(valid.rows, read_before, read_after, read_moved, read_reported=reported)
    once = without_excluded(_without_told_elsewhere(valid, around), exclusions)
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


def _with_uploads(users: pl.Series, events: pl.DataFrame) -> pl.Series:
    """The users, and those whose earlier uploads are to be looked for."""
    of_export = events.filter(pl.col("source") == SOURCE)
    return users.append(of_export["user_id"].unique()) if days_to_look_back(of_export) else users


def _moved(raw: pl.DataFrame, read_raw_before: ReadDays) -> ReadDays:
    """Reads the rows of a slice, and of so many days before it, that were heard before they were reported."""

    def read(days: int) -> pl.DataFrame:
        earlier = read_raw_before(days + LONGEST_OFFLINE.days + 1)
        rows = pl.concat([earlier, raw.select(earlier.columns)])
        return rows.filter(pl.col("reported_at").is_not_null())

    return read


def _valid(read_raw: Callable[[T], pl.DataFrame]) -> Callable[[T], pl.DataFrame]:
    return lambda wanted: valid_events(read_raw(wanted)).rows


def _without_told_elsewhere(valid: Cleaned, around: Neighbours) -> Cleaned:
    """A slice without the rows that another upload's or source's row stands for, recorded with it."""
    assert valid.duplicate_plays is not None
    uploads = around.uploads.with_columns(reason=pl.lit(UPLOADED_AGAIN))
    overlaps = around.overlaps.with_columns(reason=pl.concat_str(pl.lit(SAME_PLAYBACK), "source"))
    found = pl.concat([uploads, overlaps], how="diagonal")
    if found.is_empty():
        return valid
    dropped = valid.rows.join(
        found.select("event_id", "kept_event_id", "kept_source", "reason"),
        on="event_id",
        maintain_order="left",
    )
    # A repeat of a row that is itself dropped is stood for by the row that stays in the end.
    in_the_end = found.select("kept_source", kept_event_id="event_id", _end="kept_event_id")
    repeats = (
        valid.duplicate_plays.update(in_the_end.drop("_end"), on="kept_event_id", how="left")
        .join(in_the_end.drop("kept_source"), on="kept_event_id", how="left", maintain_order="left")
        .with_columns(kept_event_id=pl.coalesce("_end", "kept_event_id"))
        .drop("_end")
    )
    duplicate_plays = pl.concat([repeats, dropped.select(DUPLICATE_PLAYS.column_names)])
    return replace(
        valid,
        rows=stood_for(valid.rows, found),
        duplicates=_by_reason(duplicate_plays),
        duplicate_plays=duplicate_plays,
    )
