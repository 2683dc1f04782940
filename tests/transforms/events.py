"""Hand-made events: a plausible playback, of which a test says only what it is about."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from spotify_assets.tables import LISTENING_EVENTS, RAW_EVENTS

Row = dict[str, Any]


def at(text: str) -> datetime:
    """A naive UTC moment, such as `2025-03-01 12:00`."""
    return datetime.fromisoformat(text)


def track(number: int) -> str:
    """A track id."""
    return f"{number:022d}"


def playback(
    event_id: str = "e1", start: str = "2025-03-01 12:00", seconds: float = 180, **changes: Any
) -> Row:
    """A playback of music by anna, to its end; `changes` win."""
    started_at = at(start)
    ended_at = changes.get("ended_at") or changes.get("started_at", started_at) + timedelta(seconds=seconds)
    row: Row = {
        "event_id": event_id,
        "user_id": "anna",
        "track_id": track(1),
        "started_at": started_at,
        "ended_at": ended_at,
        "event_date": ended_at.date(),
        "action": "play",
        "ms_played": int(seconds * 1000),
        "reason_start": "trackdone",
        "reason_end": "trackdone",
        "country": "DE",
        "source": "extended_history",
        "content_type": "music",
    }
    return row | changes


def interaction(event_id: str, start: str, action: str = "pause", **changes: Any) -> Row:
    """A pause or a track added to a playlist: a moment in which nothing is heard."""
    nothing_heard = {"action": action, "reason_start": None, "reason_end": None}
    return playback(event_id, start, 0, **(nothing_heard | changes))


def raw_events(*rows: Mapping[str, Any]) -> pl.DataFrame:
    """Rows as raw.raw_events; where they do not say, they come from one file in this order."""
    numbered = [{"source_file": "a.parquet", "source_row": n} | dict(row) for n, row in enumerate(rows, 1)]
    return pl.DataFrame(numbered, schema=RAW_EVENTS.polars_schema)


def listening_events(*rows: Mapping[str, Any]) -> pl.DataFrame:
    """Rows as core.listening_events."""
    return pl.DataFrame([dict(row) for row in rows], schema=LISTENING_EVENTS.polars_schema)
