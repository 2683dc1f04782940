"""Words that stand for no name: `NA`, `nan`, `None` … where the file shows that they do.

An artist may be called NA, and so may an album. So a word is taken for nothing only where names cannot be
like that:

- as an album, where three first artists or more have an album of that name;
- as an artist or a track, where three rows or more have it as artist and track at once, and no row has it as
  artist of anything else.
"""

from dataclasses import dataclass, field

import polars as pl

from spotify_assets.sources.name_lists import SEPARATOR

WORDS = (
    *("NA", "na", "N/A", "n/a", "#N/A", "<NA>", "nan", "NaN", "NAN", "None", "none", "NONE"),
    *("null", "NULL", "Null", "-", r"\N"),
)
"""What exporters write for a missing name: R, pandas, spreadsheets, SQL, players."""
_ENOUGH = 3


@dataclass
class Sentinels:
    """What a file shows of such words, part by part; memory does not grow with the rows."""

    _artists_of_album: dict[str, set[str]] = field(default_factory=dict)
    _nameless_rows: dict[str, int] = field(default_factory=dict)
    _is_name: set[str] = field(default_factory=set)

    def add(self, artists: pl.Series, tracks: pl.Series, albums: pl.Series) -> None:
        """Take in the names of some rows."""
        names = pl.DataFrame({"artist": artists, "track": tracks, "album": albums})
        suspect = names.filter(pl.col("artist").is_in(WORDS) | pl.col("album").is_in(WORDS))
        for artist, track, album in suspect.iter_rows():
            if album in WORDS and artist:
                seen = self._artists_of_album.setdefault(album, set())
                if len(seen) < _ENOUGH:
                    seen.add(artist.split(SEPARATOR)[0])
            if artist in WORDS:
                if track == artist:
                    self._nameless_rows[artist] = self._nameless_rows.get(artist, 0) + 1
                else:
                    self._is_name.add(artist)

    @property
    def albums(self) -> list[str]:
        """Words that are no album in this file, as written."""
        return sorted(a for a, artists in self._artists_of_album.items() if len(artists) >= _ENOUGH)

    @property
    def names(self) -> list[str]:
        """Words that are neither an artist nor a track in this file, as written."""
        enough = (name for name, rows in self._nameless_rows.items() if rows >= _ENOUGH)
        return sorted(name for name in enough if name not in self._is_name)
