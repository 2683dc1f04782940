"""Input files for the readers' tests, made in memory, and what a reader makes of them in one piece."""

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from spotify_assets.rows.cleaned import no_rejects
from spotify_assets.sources.archive import InputFile
from spotify_assets.sources.imports import Kind, read_events, recognise
from spotify_assets.sources.kinds import Chunk

Row = dict[str, Any]

TRACK = "3aJ2aJz5xL03hpaqdPS7Ah"
EPISODE = "5ZZ2aJz5xL03hpaqdPS7Bh"


def in_memory(content: bytes, name: str = "some.file") -> InputFile:
    return InputFile(name, len(content), lambda: io.BytesIO(content))


def as_json(rows: Iterable[object], **options: Any) -> bytes:
    return json.dumps(list(rows), ensure_ascii=False, **options).encode()


def as_lines(rows: Iterable[object]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def read(content: bytes, name: str = "some.file", user: str = "anna") -> Chunk:
    """All chunks of a file as one, each of which must balance."""
    file = in_memory(content, name)
    chunks = list(read_events(file, recognise(file), user))
    for chunk in chunks:
        assert chunk.rows_in == chunk.rows.height + chunk.rejected.height
    notes: dict[str, int] = {}
    for chunk in chunks:
        for note, count in chunk.notes.items():
            notes[note] = notes.get(note, 0) + count
    return Chunk(
        rows=pl.concat([chunk.rows for chunk in chunks]),
        rows_in=sum(chunk.rows_in for chunk in chunks),
        rejected=pl.concat([no_rejects(), *(chunk.rejected for chunk in chunks)]),
        notes=notes,
    )


def kind_of(content: bytes, name: str = "some.file") -> Kind:
    return recognise(in_memory(content, name)).kind


def row_of(content: bytes, name: str = "some.file") -> Row:
    """The one event of a file."""
    return read(content, name).rows.row(0, named=True)


def reasons(chunk: Chunk) -> dict[int, str]:
    """The reason of each refused row, by its number."""
    return dict(chunk.rejected.select("source_row", "reason").iter_rows())


def play(number: int = 1, **changes: Any) -> Row:
    """A row of an extended history; a changed field that is `...` is absent."""
    row = {
        "ts": f"2024-03-{number % 28 + 1:02d}T12:{number % 60:02d}:35Z",
        "username": "the-listeners-name",
        "platform": "Android OS 11 API 30 (samsung, SM-G991B)",
        "ms_played": 180_000 + number,
        "conn_country": "DE",
        "ip_addr": "93.184.216.34",
        "master_metadata_track_name": f"Song {number}",
        "master_metadata_album_artist_name": "Artist",
        "master_metadata_album_album_name": "Album",
        "spotify_track_uri": f"spotify:track:{number:022d}",
        "episode_name": None,
        "episode_show_name": None,
        "spotify_episode_uri": None,
        "reason_start": "clickrow",
        "reason_end": "trackdone",
        "shuffle": False,
        "skipped": None,
        "offline": False,
        "offline_timestamp": 1_709_000_000,
        "incognito_mode": False,
    }
    return {key: value for key, value in {**row, **changes}.items() if value is not ...}


def account_row(number: int = 1, **changes: Any) -> Row:
    row = {
        "endTime": f"2024-03-{number % 28 + 1:02d} 12:{number % 60:02d}",
        "artistName": "Artist",
        "trackName": f"Song {number}",
        "msPlayed": 180_000 + number,
    }
    return {key: value for key, value in {**row, **changes}.items() if value is not ...}


def zipped(members: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()
