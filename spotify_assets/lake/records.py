"""Records of what was handed in: one for each file on disk and listener, under `<lake>/_imports/`.

A record tells the SHA-256 of the bytes, the marks of the files that had them, and what came of the files in
them, so that the same bytes are answered at once, and so that the inbox knows what is new.

Here belongs: what is known of files on disk. Not here: importing them (`importing`).
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from spotify_assets.lake import layout
from spotify_assets.lake.profiles import user_digest

IMPORTS = "_imports"


def record_path(lake_dir: Path, sha256: str, user_id: str) -> Path:
    """Where the record is of a file on disk that was handed in for a listener."""
    return lake_dir / IMPORTS / f"{sha256[:32]}-{user_digest(user_id)}.json"


def mark_of(path: Path) -> str:
    """What tells a file on disk from another version of itself, without reading it."""
    found = path.stat()
    return hashlib.sha256(f"{path.resolve()}|{found.st_size}|{found.st_mtime_ns}".encode()).hexdigest()


def known_marks(lake_dir: Path) -> set[str]:
    """The marks of all files on disk that were imported before."""
    return {mark for record in _records(lake_dir) for mark in json.loads(record.read_text())["marks"]}


def marks_of_listener(lake_dir: Path, user_id: str) -> set[str]:
    """The marks of the files on disk that were imported for a listener."""
    contents = [json.loads(record.read_text()) for record in _records(lake_dir)]
    return {mark for each in contents if each["user"] == user_digest(user_id) for mark in each["marks"]}


def forget_listener(lake_dir: Path, user_id: str) -> None:
    """Remove what the records tell about a listener; their files stay known, so that none comes back."""
    for record in _records(lake_dir):
        content = json.loads(record.read_text())
        if content["user"] == user_digest(user_id):
            mark_of_nobody(lake_dir, content["sha256"], content["marks"])
            record.unlink()


def mark_of_nobody(lake_dir: Path, sha256: str, marks: Iterable[str]) -> None:
    """Keep the marks of a file on disk in a record that tells nothing else."""
    record = lake_dir / IMPORTS / f"{sha256[:32]}-erased.json"
    known = json.loads(record.read_text())["marks"] if record.exists() else []
    layout.write_bytes(record, as_json({"user": None, "marks": sorted({*known, *marks}), "files": []}))


def as_json(content: object) -> bytes:
    """A record as it is written."""
    return json.dumps(content, ensure_ascii=False, indent=2).encode()


def _records(lake_dir: Path) -> list[Path]:
    return sorted((lake_dir / IMPORTS).glob("[!.]*.json"))
