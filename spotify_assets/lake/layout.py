"""Paths of the lake and the one way files are written there: under a temporary name, then renamed."""

import os
import uuid
from datetime import date
from pathlib import Path

import polars as pl

TRACKS = "spotify_tracks"
EVENTS = "listening_events"
DATA_SUFFIXES = (".parquet", ".ndjson", ".jsonl", ".csv", ".ndjson.gz", ".jsonl.gz", ".csv.gz")
"""What a data file of the lake may end in."""


def tracks_dir(lake_dir: Path, snapshot_date: date) -> Path:
    """Folder of the catalogue files of one snapshot."""
    return lake_dir / TRACKS / f"snapshot_date={snapshot_date.isoformat()}"


def events_dir(lake_dir: Path, event_date: date) -> Path:
    """Folder of the event files of one UTC date, hourly folders below it included."""
    return lake_dir / EVENTS / f"date={event_date.isoformat()}"


def write_bytes(path: Path, content: bytes) -> Path:
    """Write a file so that a reader sees all of it or nothing, also after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def write_parquet(path: Path, frame: pl.DataFrame) -> Path:
    """Write a frame as Parquet so that a reader sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    try:
        frame.write_parquet(temporary, compression="zstd")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def landed_files(folder: Path) -> list[Path]:
    """The finished data files below a folder, in a stable order; none where there is no folder.

    Names that begin with a dot or an underscore are not data: they are still being written, or belong
    to the tool that wrote the others.
    """
    return sorted(
        path
        for path in folder.rglob("*")
        if path.name.endswith(DATA_SUFFIXES) and not path.name.startswith((".", "_")) and path.is_file()
    )


def landed_dates(lake_dir: Path) -> list[date]:
    """The dates that the lake has folders for, of catalogues and of events, in order."""
    folders = [*(lake_dir / TRACKS).glob("snapshot_date=*"), *(lake_dir / EVENTS).glob("date=*")]
    return sorted({date.fromisoformat(folder.name.split("=", 1)[1]) for folder in folders})


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
