"""Records of what was handed in: one for each file on disk and listener, under `<lake>/_imports/`.

A record tells the SHA-256 of the bytes, the marks of the files that had them, and what came of the files in
them, so that the same bytes are answered at once, and so that the inbox knows what is new.

Here belongs: what is known of files on disk. Not here: importing them (`importing`).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from spotify_assets import places
from spotify_assets.lake import layout
from spotify_assets.lake.profiles import user_digest
from spotify_assets.places import Place, PlaceT

IMPORTS = "_imports"


def record_path(lake_dir: PlaceT, sha256: str, user_id: str) -> PlaceT:
    """Where the record is of a file on disk that was handed in for a listener."""
    return lake_dir / IMPORTS / f"{sha256[:32]}-{user_digest(user_id)}.json"


def mark_of(path: Path) -> str:
    """What tells a file on disk from another version of itself, without reading it."""
    found = path.stat()
    return hashlib.sha256(f"{path.resolve()}|{found.st_size}|{found.st_mtime_ns}".encode()).hexdigest()


def known_marks(lake_dir: Place) -> set[str]:
    """The marks of all files on disk that were imported before."""
    return {mark for _, content in _records(lake_dir) for mark in content["marks"]}


def marks_of_listener(lake_dir: Place, user_id: str) -> set[str]:
    """The marks of the files on disk that were imported for a listener."""
    user = user_digest(user_id)
    return {mark for _, content in _records(lake_dir) if content["user"] == user for mark in content["marks"]}


def forget_listener(lake_dir: Place, user_id: str) -> None:
    """Remove what the records tell about a listener; their files stay known, so that none comes back."""
    for record, content in _records(lake_dir):
        if content["user"] == user_digest(user_id):
            mark_of_nobody(lake_dir, content["sha256"], content["marks"])
            record.unlink()


def mark_of_nobody(lake_dir: Place, sha256: str, marks: Iterable[str]) -> None:
    """Keep the marks of a file on disk in a record that tells nothing else."""
    record = lake_dir / IMPORTS / f"{sha256[:32]}-erased.json"
    known = json.loads(record.read_text())["marks"] if record.exists() else []
    layout.write_bytes(record, as_json({"user": None, "marks": sorted({*known, *marks}), "files": []}))


def as_json(content: object) -> bytes:
    """A record as it is written."""
    return json.dumps(content, ensure_ascii=False, indent=2).encode()


def _records(lake_dir: PlaceT) -> Iterator[tuple[PlaceT, dict[str, Any]]]:
    """Every record with what it tells."""
    found = [path for path in places.files(lake_dir / IMPORTS) if path.suffix == ".json"]
    yield from ((record, json.loads(text)) for record, text in places.read_each(found))
