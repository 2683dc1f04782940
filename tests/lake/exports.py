"""Small files as people hand them in, with personal fields that must not pass."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

PERSONAL = {
    "username": "planted.username",
    "ip_addr_decrypted": "203.0.113.77",
    "user_agent_decrypted": "PlantedAgent/1.0",
    "city": "Plantedville",
    "region": "Planted Region",
    "platform": "Android OS 10 API 29 (planted-phone, 9f8e7d6c5b4a39281706f5e4d3c2b1a0)",
}
"""Personal fields of an extended history."""
PLANTED = (
    "planted.username",
    "203.0.113.77",
    "PlantedAgent",
    "Plantedville",
    "Planted Region",
    "planted-phone",
    "9f8e7d6c5b4a39281706f5e4d3c2b1a0",
)
"""What must be found nowhere."""


def play(moment: datetime, number: int = 1, **changes: object) -> dict[str, object]:
    """A row of an extended history: three minutes of a song that ended at a moment."""
    row: dict[str, object] = {
        "ts": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "ms_played": 180_000,
        "conn_country": "DE",
        "master_metadata_track_name": f"Song {number}",
        "master_metadata_album_artist_name": "Band",
        "master_metadata_album_album_name": "Album",
        "spotify_track_uri": f"spotify:track:{number:022d}",
        "reason_start": "trackdone",
        "reason_end": "trackdone",
        "shuffle": False,
        "skipped": False,
        "offline": False,
        "offline_timestamp": None,
        "incognito_mode": False,
        **PERSONAL,
    }
    return row | changes


def plays(first: datetime, count: int, hours: float = 7) -> list[dict[str, object]]:
    """Plays of different songs, so many hours from one to the next."""
    return [play(first + timedelta(hours=hours * n), n % 50 + 1) for n in range(count)]


def write_json(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """A JSON array."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(list(rows)), encoding="utf-8")
    return path


def write_zip(path: Path, members: Mapping[str, bytes | Sequence[Mapping[str, object]]]) -> Path:
    """A zip; members that are rows become JSON arrays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            data = content if isinstance(content, bytes) else json.dumps(list(content)).encode()
            archive.writestr(name, data)
    return path


def account_row(row: Mapping[str, object]) -> dict[str, object]:
    """The row of the account data export about the same playback."""
    return {
        "endTime": str(row["ts"])[:16].replace("T", " "),
        "artistName": row["master_metadata_album_artist_name"],
        "trackName": row["master_metadata_track_name"],
        "msPlayed": row["ms_played"],
    }
