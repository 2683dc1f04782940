"""Answers about tracks, their albums and artists as a catalogue file: one row per track.

Every field but id, name and artists may be missing, as popularity and followers are for apps in development
mode since February 2026. Audio features, which no new app is told, are as catalogues before told them.
Columns that a catalogue does not know are kept by its reader under `extra`.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from spotify_assets.tables import AUDIO_FEATURES

REMOVED = ("popularity", "artist_popularity", "artist_followers", "album_popularity", "label")
"""Columns that apps in development mode get no values for."""
COLUMNS = (
    *("track_id", "track_name", "artists", "album_name", "track_genre", "release_date", "isrc"),
    *("duration_ms", "explicit", "album_id", "album_type", "artist_ids", *REMOVED),
    *AUDIO_FEATURES,
)

Thing = Mapping[str, Any]


def catalogue_row(
    track: Thing, album: Thing | None, artists: Iterable[Thing | None], known: Thing
) -> dict[str, object]:
    """A track as a row of `COLUMNS`; the album and the artists in full where they were answered.

    Popularity and followers of the artists are those of the first one. Genres are those of all. `known` is
    what catalogues before told of the track, by column.
    """
    brief = track.get("album") or {}
    full = [each or {} for each in artists]
    first = full[0] if full else {}
    credited = track.get("artists") or []
    genres = dict.fromkeys(genre for each in full for genre in each.get("genres") or [])
    album = album or {}
    return {
        "track_id": track.get("id"),
        "track_name": track.get("name"),
        "artists": _listed(each.get("name") for each in credited),
        "album_name": album.get("name") or brief.get("name"),
        "track_genre": _listed(genres) or known.get("genre"),
        "release_date": album.get("release_date") or brief.get("release_date"),
        "isrc": (track.get("external_ids") or {}).get("isrc"),
        "duration_ms": track.get("duration_ms"),
        "explicit": track.get("explicit"),
        "album_id": brief.get("id"),
        "album_type": album.get("album_type") or brief.get("album_type"),
        "artist_ids": _listed(each.get("id") for each in credited),
        "popularity": track.get("popularity"),
        "artist_popularity": first.get("popularity"),
        "artist_followers": (first.get("followers") or {}).get("total"),
        "album_popularity": album.get("popularity"),
        "label": album.get("label"),
        **{name: known.get(name) for name in AUDIO_FEATURES},
    }


def as_csv(rows: Iterable[Mapping[str, object]]) -> bytes:
    """The rows as CSV with a header, in the order of track ids: the same rows, the same bytes."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(rows, key=lambda row: str(row["track_id"])))
    return text.getvalue().encode()


def absent(rows: Iterable[Mapping[str, object]]) -> dict[str, int]:
    """Of how many rows a column that may be closed has no value; columns that all have are left out."""
    counted = dict.fromkeys(REMOVED, 0)
    for row in rows:
        for name in REMOVED:
            counted[name] += row[name] is None
    return {name: rows for name, rows in counted.items() if rows}


def _listed(names: Iterable[object]) -> str | None:
    """Names separated by `;`, one inside a name written `\\;`; None for none."""
    return ";".join(str(name).replace(";", "\\;") for name in names if name) or None
