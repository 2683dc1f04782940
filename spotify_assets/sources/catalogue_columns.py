"""Which column of a catalogue file is what: by the usual names, and the track id by what a column holds.

Four shapes are known by heart, any other file with track ids, names and artists is read by the usual column
names. A column is the track id not for its name but for its values: 22 characters of base 62, alone or in a
Spotify URI or address.

Here belongs: what columns are called, and telling which holds the ids. Not here: what a value means
(`catalogue_cells`).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from spotify_assets.sources.catalogue_cells import MISSING_VALUES
from spotify_assets.sources.errors import SourceError
from spotify_assets.tables import AUDIO_FEATURES, TRACK_ID


@dataclass(frozen=True)
class Shape:
    """A known layout: what its columns are called here, and how it writes artists and missing names."""

    name: str
    needs: frozenset[str]
    columns: Mapping[str, str]
    single_artist: bool = False
    missing_text: tuple[str, ...] = ("",)


_OF_ARTIST = ("artist_popularity", "artist_followers")
_SAME_NAME = {
    name: name
    for name in (
        "popularity",
        *_OF_ARTIST,
        "duration_ms",
        "explicit",
        "release_date",
        "isrc",
        *AUDIO_FEATURES,
    )
}

SHAPES = (
    Shape(
        "spotify_tracks_dataset",
        frozenset({"track_id", "artists", "album_name", "track_name", "track_genre"}),
        {
            **{name: name for name in ("track_id", "artists", "album_name", "track_name")},
            "track_genre": "genre",
            **_SAME_NAME,
        },
    ),
    Shape(
        "tracks_600k",
        frozenset({"id", "name", "artists"}),
        {
            "id": "track_id",
            "name": "track_name",
            "artists": "artists",
            "album": "album_name",
            **_SAME_NAME,
            "year": "release_date",
        },
    ),
    Shape(
        "tidytuesday_spotify_songs",
        frozenset({"track_id", "track_name", "track_artist", "track_popularity"}),
        {
            "track_id": "track_id",
            "track_name": "track_name",
            "track_artist": "artists",
            "track_popularity": "popularity",
            "track_album_name": "album_name",
            "track_album_release_date": "release_date",
            "playlist_genre": "genre",
            **_SAME_NAME,
        },
        single_artist=True,
        missing_text=("", "NA"),
    ),
    Shape(
        "spotify_features",
        frozenset({"genre", "artist_name", "track_name", "track_id"}),
        {
            "track_id": "track_id",
            "track_name": "track_name",
            "artist_name": "artists",
            "genre": "genre",
            **_SAME_NAME,
        },
        single_artist=True,
    ),
)

OTHER_SHAPE = "other"
ALIASES: Mapping[str, tuple[str, ...]] = {
    "track_id": (
        "track_id",
        "spotify_track_id",
        "spotify_id",
        "track_uri",
        "spotify_track_uri",
        "uri",
        "id",
        "track_url",
        "track_href",
        "url",
        "song_id",
        "song_uri",
        "song_url",
        "spotify_uri",
        "spotify_url",
    ),
    "track_name": ("track_name", "name", "title", "song_name", "song", "track", "song_title", "track_title"),
    "artists": (
        "artists",
        "artist_names",
        "artist_name(s)",
        "artist_name",
        "track_artist",
        "artist",
        "artist(s)_name",
        "artist(s)",
        "track_artists",
    ),
    "album_name": ("album_name", "track_album_name", "album"),
    "release_date": ("release_date", "album_release_date", "track_album_release_date", "year"),
    "popularity": ("popularity", "track_popularity"),
    "duration_ms": ("duration_ms", "track_duration_ms", "duration_(ms)", "track_duration_(ms)"),
    "genre": (
        "genre",
        "track_genre",
        "playlist_genre",
        "genres",
        "track_genres",
        "genre(s)",
        "artist_genre",
        "artist_genres",
    ),
    **{name: (name,) for name in ("isrc", "explicit", *_OF_ARTIST, *AUDIO_FEATURES)},
}
_NEEDED = ("track_id", "track_name", "artists")
_IDS_OF_OTHERS = re.compile(r"album|artist|playlist|user|show|episode|genre|snapshot")
_MAX_COLUMNS_NAMED = 30
_SAMPLE_ROWS = 1_000
_MAX_QUOTED = 80

TRACK_LINK = r"(?:spotify:track:|spotify\.com/(?:[^?#]*/)?tracks?/)([^/?#&\s]+)"
_HOLDS_ID = rf"^\s*{TRACK_ID}\s*$|(?:spotify:track:|/tracks?/){TRACK_ID}(?:[/?#&\s]|$)"


def known_names() -> frozenset[str]:
    """Every name by which a column is known."""
    return frozenset(alias for aliases in ALIASES.values() for alias in aliases)


def normal(name: str) -> str:
    """A column's name as the aliases write it."""
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def recognise_columns(
    path: Path, header: list[str], rows: Callable[[], pl.DataFrame]
) -> tuple[Shape, dict[str, str]]:
    """The shape of a file, and the column of the file for each canonical column that it has.

    `rows` gives the rows as texts; they are asked for only where no column is named like an id.

    Raises:
        SourceError: the file has no column that holds ids, names or artists.
    """
    written = {normal(name): name for name in reversed(header)}
    others = ((alias, name) for name, aliases in ALIASES.items() for alias in aliases)
    for shape in SHAPES:
        if shape.needs <= written.keys():
            return shape, _columns([*shape.columns.items(), *others], written)
    columns = _columns(others, written)
    missing = [name for name in _NEEDED if name not in columns]
    if missing == ["track_id"] and (found := _other_id_column(rows(), ())):
        columns["track_id"], missing = found, []
    if missing:
        raise SourceError(
            path,
            f"no column for {', '.join(missing)} among the columns found: {_named(header)}",
            f"A track catalogue needs one row per track with the columns {_needed(missing)}",
        )
    return Shape(OTHER_SHAPE, frozenset(), {}), columns


def catalogue_shape(header: list[str], rows: Callable[[], pl.DataFrame]) -> str | None:
    """The name of the shape that a file has, `other` for what else is a catalogue; None elsewhere."""
    try:
        shape, _ = recognise_columns(Path("header"), header, rows)
    except SourceError:
        return None
    return shape.name


def describes_tracks(header: list[str]) -> bool:
    """Whether a file has columns that tell of tracks and that no history of listening has."""
    names = {normal(name) for name in header}
    return not names.isdisjoint((*ALIASES["popularity"], *ALIASES["explicit"], *AUDIO_FEATURES))


def id_column(path: Path, rows: pl.DataFrame, named: str) -> str:
    """The column that holds the track ids: `named`, or another one where that holds something else.

    Columns that are named like an id come first, then those named otherwise; not those that are named for
    albums, artists or playlists, which have ids of the same form.

    Raises:
        SourceError: columns named like an id hold values, and none of them is a track id.
    """
    written = {normal(name): name for name in reversed(rows.columns)}
    candidates = dict.fromkeys([named, *(written[a] for a in ALIASES["track_id"] if a in written)])
    shares = {name: _share_of_ids(_sample(rows, name)) for name in candidates}
    mostly = next((name for name, share in shares.items() if share > 1 / 2), None)
    mostly = mostly or _other_id_column(rows, candidates)
    if mostly:
        return mostly
    whole = {name: _share_of_ids(rows.get_column(name)) for name in candidates}
    best = max(whole, key=lambda name: whole[name])
    given = [(name, value) for name in candidates if (value := _first_given(rows, name))]
    if whole[best] or not given:
        return best
    held = ", ".join(f"{name} holds '{value}'" for name, value in given)
    raise SourceError(
        path,
        f"no column holds Spotify track ids (22 letters and digits): {held}",
        "Add a column `track_id` with Spotify's ids, URIs or addresses of the tracks",
    )


def _columns(names: Iterable[tuple[str, str]], written: Mapping[str, str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for name, canonical in names:
        if name in written and written[name] not in columns.values():
            columns.setdefault(canonical, written[name])
    return columns


def _other_id_column(rows: pl.DataFrame, known: Iterable[str]) -> str | None:
    """A column that holds track ids whatever its name; one that is named for tracks before any other."""
    found = [
        name
        for name, kind in rows.schema.items()
        if kind == pl.String and name not in known and not _IDS_OF_OTHERS.search(normal(name))
        if _share_of_ids(_sample(rows, name)) > 1 / 2
    ]
    return min(found, key=lambda name: not re.search("track|song", normal(name)), default=None)


def _sample(rows: pl.DataFrame, name: str) -> pl.Series:
    return rows.get_column(name).gather_every(max(1, rows.height // _SAMPLE_ROWS))


def _share_of_ids(values: pl.Series) -> float:
    """Share of the given values that hold a track id."""
    given = values.filter(values.str.strip_chars() != "")
    return int(given.str.contains(_HOLDS_ID).sum()) / max(given.len(), 1)


def _first_given(rows: pl.DataFrame, name: str) -> str | None:
    values = rows.get_column(name).str.strip_chars()
    given = values.filter((values != "") & ~values.str.to_lowercase().is_in(MISSING_VALUES))
    return str(given[0])[:_MAX_QUOTED] if given.len() else None


def _named(header: list[str]) -> str:
    more = f" and {len(header) - _MAX_COLUMNS_NAMED} more" if len(header) > _MAX_COLUMNS_NAMED else ""
    return ", ".join(header[:_MAX_COLUMNS_NAMED]) + more


def _needed(missing: list[str]) -> str:
    return "; ".join(f"{name} (or {', '.join(ALIASES[name][1:4])})" for name in missing)
