"""Rows of raw.raw_events, chunks of them as a reader yields them, and what a lake holds."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from spotify_assets.lake.landing import EventFile, gather, work_folder
from spotify_assets.lake.receipts import Receipt
from spotify_assets.rows.cleaned import no_rejects
from spotify_assets.sources.kinds import Chunk
from spotify_assets.tables import RAW_EVENTS

SHA = "ab" * 32
SOURCE_FILE = f"history.json@{SHA[:12]}"


def handed_in(**changes: object) -> EventFile:
    """A file of events that was handed in."""
    known: dict[str, object] = {
        "name": "export.zip/history.json",
        "sha256": SHA,
        "source_file": SOURCE_FILE,
        "kind": "extended_history",
        "user_id": "anna",
        "dialect": {"format": "json"},
    }
    return EventFile(**(known | changes))  # type: ignore[arg-type]


def land_events(file: EventFile, chunks: Iterable[Chunk], lake: Path) -> Receipt:
    """The landing of one file that waits for no other."""
    with work_folder(lake) as work:
        return gather(file, chunks, work).land(lake)


def event_rows(moments: Sequence[datetime], first_row: int = 1, user: str = "anna") -> pl.DataFrame:
    """A row for each moment at which a playback of a minute ended."""
    rows = [
        {
            "event_id": f"{user}-{number}",
            "user_id": user,
            "started_at": moment - timedelta(minutes=1),
            "ended_at": moment,
            "event_date": moment.date(),
            "action": "play",
            "ms_played": 60_000,
            "source": "extended_history",
            "content_type": "music",
            "track_name": f"Song {number}",
            "artist_name": "Band",
            "source_file": SOURCE_FILE,
            "source_row": number,
        }
        for number, moment in enumerate(moments, start=first_row)
    ]
    return pl.DataFrame(rows, schema=RAW_EVENTS.polars_schema)


def refused(numbers: Sequence[int], reason: str = "missing_ts") -> pl.DataFrame:
    """Rows that a reader refused."""
    rows = [
        {
            "source_file": SOURCE_FILE,
            "source_row": number,
            "reason": reason,
            "detail": "ts is empty",
            "original": '{"ms_played": 5}',
        }
        for number in numbers
    ]
    return pl.DataFrame(rows, schema=no_rejects().schema)


def chunk(rows: pl.DataFrame, rejected: pl.DataFrame | None = None) -> Chunk:
    """A chunk that adds up."""
    refused_rows = no_rejects() if rejected is None else rejected
    return Chunk(rows=rows, rows_in=rows.height + refused_rows.height, rejected=refused_rows)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but the lock of importing, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".importing"
    }


def in_pieces(rows: pl.DataFrame, size: int) -> Iterator[pl.DataFrame]:
    """The rows, so many at a time."""
    yield from rows.iter_slices(size)
