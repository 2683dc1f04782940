"""Catalogue files as the four well-known datasets write them, made on the spot."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

Row = dict[str, str]

FEATURES: Row = {
    "danceability": "0.676",
    "energy": "0.461",
    "key": "1",
    "loudness": "-6.746",
    "mode": "0",
    "speechiness": "0.143",
    "acousticness": "0.0322",
    "instrumentalness": "1.01e-06",
    "liveness": "0.358",
    "valence": "0.715",
    "tempo": "87.917",
    "time_signature": "4",
}


def track_id(number: int) -> str:
    """A well-formed track id."""
    return f"{number:022d}"


def tracks_dataset_row(number: int, **changes: str) -> Row:
    row = {
        "Unnamed: 0": str(number - 1),
        "track_id": track_id(number),
        "artists": f"Artist {number};Guest",
        "album_name": f"Album {number}",
        "track_name": f"Track {number}",
        "popularity": "73",
        "duration_ms": "230666",
        "explicit": "False",
        **FEATURES,
        "track_genre": "acoustic",
    }
    return {**row, **changes}


def tracks_600k_row(number: int, **changes: str) -> Row:
    row = {
        "id": track_id(number),
        "name": f"Track {number}",
        "popularity": "6",
        "duration_ms": "126903",
        "explicit": "0",
        "artists": f"['Artist {number}', 'Guest']",
        "id_artists": "['45tIt06XoI0Iio4LBEVpls', '14jtPCOoNZwquk5wd9DxrY']",
        "release_date": "1922-02-22",
        **FEATURES,
    }
    return {**row, **changes}


def tidytuesday_row(number: int, **changes: str) -> Row:
    row = {
        "track_id": track_id(number),
        "track_name": f"Track {number}",
        "track_artist": f"Artist {number}",
        "track_popularity": "66",
        "track_album_id": "2oCs0DGTsRO98Gh5ZSl2Cx",
        "track_album_name": f"Album {number}",
        "track_album_release_date": "2019-06-14",
        "playlist_name": "Pop Remix",
        "playlist_id": "37i9dQZF1DXcZDD7cfEKhW",
        "playlist_genre": "pop",
        "playlist_subgenre": "dance pop",
        **{name: value for name, value in FEATURES.items() if name != "time_signature"},
        "duration_ms": "194754",
    }
    return {**row, **changes}


def spotify_features_row(number: int, **changes: str) -> Row:
    row = {
        "genre": "Movie",
        "artist_name": f"Artist {number}",
        "track_name": f"Track {number}",
        "track_id": track_id(number),
        "popularity": "0",
        "duration_ms": "99373",
        **FEATURES,
        "key": "C#",
        "mode": "Major",
        "time_signature": "4/4",
    }
    return {**row, **changes}


def csv_text(
    rows: Sequence[Mapping[str, str]],
    *,
    delimiter: str = ",",
    line_end: str = "\n",
    quoting: int = csv.QUOTE_MINIMAL,
) -> str:
    """Rows as RFC 4180 text with a header."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=line_end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(rows[0])
    writer.writerows(row.values() for row in rows)
    return buffer.getvalue()


def write_csv(path: Path, rows: Sequence[Mapping[str, str]], encoding: str = "utf-8") -> Path:
    path.write_bytes(csv_text(rows).encode(encoding))
    return path
