"""Files of one catalogue, in the four shapes that people have it in, each with faults of its own."""

from collections.abc import Mapping, Sequence

import polars as pl

from spotify_assets.generator.answer_key import Entry, Family
from spotify_assets.generator.catalogue import generate_catalogue
from spotify_assets.generator.desk import Desk, Row, csv_text
from spotify_assets.generator.true_plays import PLAYED_TRACKS

CATALOGUE_TRACKS = 400

_FEATURES = (
    *("danceability", "energy", "key", "loudness", "mode", "speechiness", "acousticness"),
    *("instrumentalness", "liveness", "valence", "tempo", "time_signature"),
)
_KAGGLE: Mapping[str, str] = {
    **{
        name: name
        for name in ("track_id", "artists", "album_name", "track_name", "popularity", "duration_ms")
    },
    "explicit": "explicit",
    **{name: name for name in _FEATURES},
    "track_genre": "genre",
}
_KEYS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_MODES = ("Minor", "Major")
_GOOD = Entry()


def known_tracks(seed: int) -> pl.DataFrame:
    """The tracks that the catalogues of a corpus know, as `generate_catalogue` gives them: some of those that
    the person plays from."""
    played = generate_catalogue(PLAYED_TRACKS, seed=seed)
    some = played["track_id"].unique(maintain_order=True).head(CATALOGUE_TRACKS)
    return played.filter(pl.col("track_id").is_in(some.implode()))


def write_catalogues(desk: Desk, known: pl.DataFrame) -> None:
    """The same catalogue, of `known_tracks`, in the four shapes."""
    rows = known.rows(named=True)
    _write_dataset(desk, rows)
    _write_tracks(desk, rows)
    _write_spotify_songs(desk, rows)
    _write_spotify_features(desk, rows)


def _write_dataset(desk: Desk, rows: Sequence[Row]) -> None:
    """With an index in front, cells that are no numbers, and a row without a track."""
    table = [[str(i), *(_text(row[_KAGGLE[name]]) for name in _KAGGLE)] for i, row in enumerate(rows)]
    entries = [_GOOD] * len(table)
    table[5][1] = ""
    entries[5] = Entry(family=Family.TRACK, dirt="no track id")
    table[9][1] = f"https://open.spotify.com/track/{table[9][1]}?si=1"
    table[11][_index("duration_ms")] = "long"
    entries[11] = Entry(dirt="duration_ms is no number, and left empty")
    table[13][_index("duration_ms")] = "1,234,567"
    table[17][_index("popularity")] = "NaN"
    content = csv_text([["", *_KAGGLE], *table], "\r\n").encode("utf-8-sig")
    desk.write("dataset.csv", content, "catalogue", entries, "bom, crlf, index column")


def _write_tracks(desk: Desk, rows: Sequence[Row]) -> None:
    """With artists as a list in Python's notation, in UTF-16, and cut off in the last row."""
    header = ["id", "name", "popularity", "duration_ms", "explicit", "artists", "release_date", *_FEATURES]
    table = [
        [
            row["track_id"],
            row["track_name"] or "",
            _text(row["popularity"]),
            _text(row["duration_ms"]),
            str(int(row["explicit"])),
            str((row["artists"] or "").split(";")),
            row["release_date"] or "",
            *(_text(row[name]) for name in _FEATURES),
        ]
        for row in rows
    ]
    text = csv_text([header, *table])
    cut = text[: text.rindex(",", 0, len(text) - 40)]
    entries = [_GOOD] * (len(table) - 1) + [Entry(family=Family.CUT_OFF, dirt="cut off")]
    desk.write("tracks.csv", cut.encode("utf-16"), "catalogue", entries, "utf-16, cut off")


def _write_spotify_songs(desk: Desk, rows: Sequence[Row]) -> None:
    """With `NA` for what is not known, a title of two lines, and a row with a field too many."""
    header = [
        *("track_id", "track_name", "track_artist", "track_popularity", "track_album_name"),
        *("track_album_release_date", "playlist_genre", "duration_ms", *_FEATURES),
    ]
    names = ("popularity", "album_name", "release_date", "genre", "duration_ms", *_FEATURES)
    table = [
        [
            row["track_id"],
            row["track_name"] or "NA",
            (row["artists"] or "NA").split(";")[0],
            *(_text(row[name]) for name in names),
        ]
        for row in rows
    ]
    table[3][1] = "Two\nlines"
    table[4] = [*table[4], "one field too many"]
    entries = [_GOOD] * len(table)
    entries[4] = Entry(family=Family.MALFORMED, dirt="one field too many")
    desk.write("spotify_songs.csv", csv_text([header, *table]).encode(), "catalogue", entries, "NA for null")


def _write_spotify_features(desk: Desk, rows: Sequence[Row]) -> None:
    """With keys, modes and time signatures in words, in Latin-1."""
    header = ["genre", "artist_name", "track_name", "track_id", "popularity", "duration_ms", *_FEATURES]
    table = [
        [
            row["genre"],
            (row["artists"] or "").split(";")[0],
            row["track_name"] or "",
            row["track_id"],
            _text(row["popularity"]),
            _text(row["duration_ms"]),
            *(_in_words(name, row[name]) for name in _FEATURES),
        ]
        for row in rows
    ]
    content = csv_text([header, *table]).encode("latin-1", "replace")
    desk.write("SpotifyFeatures.csv", content, "catalogue", [_GOOD] * len(table), "latin-1, key names")


def _in_words(feature: str, value: int) -> str:
    """An audio feature as musicians write it, where they do."""
    if feature == "key":
        return _KEYS[value]
    if feature == "mode":
        return _MODES[value]
    return f"{value}/4" if feature == "time_signature" else _text(value)


def _index(name: str) -> int:
    """Place of a column of the first catalogue, whose first column is an index."""
    return 1 + list(_KAGGLE).index(name)


def _text(value: object) -> str:
    return "" if value is None else str(value)
