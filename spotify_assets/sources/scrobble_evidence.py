"""What only a whole file of scrobbles shows: the order of its dates, words that are no album; and lengths.

A file is read in chunks. Where a chunk holds something that no row can decide alone, the file is read once
more from its start, and every chunk is read by what that shows.

Services say that a track's length is in seconds, and some players write milliseconds there. In milliseconds
no track that is scrobbled is below 30,000 (Last.fm's rules, last.fm/api/scrobbling), and none lasts a day. So
a number of seconds is one up to 30,000 (8 h 20 min), milliseconds from 86,400 on (a day in seconds), and
between them no length at all, because it could be either.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from spotify_assets.sources.archive import InputFile
from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.event_rows import EARLIEST, MAX_MS_PLAYED
from spotify_assets.sources.sentinels import WORDS, Sentinels
from spotify_assets.sources.written_dates import NUMERIC_DATE, Dates, bare_date

NO_ALBUM = "albums_that_are_no_album"
IN_MILLISECONDS = "lengths_in_milliseconds"
SHORTEST_MS = 30_000
"""A shorter track is not scrobbled."""
DAY_MS = 86_400_000
_DAY_S = 86_400
_SHORTEST_KNOWN_MS = 1_000
_LONG_S = 3 * 3_600
"""A time listened above this is compared with the length of the track."""
_TIMES_OVER = 10

_TIME = re.compile(r"[ ,T]+(\d{1,2}):(\d{2})(:\d{2}(?:\.\d+)?)?(?:\s*([AaPp])\.?[Mm]\.?)?$")


@dataclass(frozen=True)
class ScrobbleTexts:
    """The texts of a chunk of scrobbles, one per row; `column` is what the file calls its time."""

    artists: pl.Series
    tracks: pl.Series
    albums: pl.Series
    times: pl.Series
    column: str


class Evidence:
    """What a file shows as a whole; it is read again only when a chunk needs it, and only once."""

    def __init__(self, file: InputFile, again: Callable[[], Iterator[ScrobbleTexts]]) -> None:
        self._file = file
        self._again = again

    def iso_times(self, names: ScrobbleTexts) -> pl.Series:
        """The times of a chunk, those with dates of three numbers as ISO 8601.

        Raises:
            SourceError: nothing in the file shows the order of such dates.
        """
        times = names.times
        written = times.filter(times.str.contains(NUMERIC_DATE)).unique()
        if not written.len():
            return times
        dates, _ = self._whole
        if dates.uncertain:
            raise SourceError(
                Path(self._file.name),
                f"the dates of the column {names.column} cannot be told apart: {dates.words}",
                "Write them year first, as 2024-02-01 10:00 (a spreadsheet has the format yyyy-mm-dd hh:mm "
                "for it), or hand in the file as the service exported it",
            )
        return times.replace({text: iso for text in written if (iso := _iso(text, dates))})

    @property
    def order(self) -> str:
        """The order of dates of three numbers, as a word of a note; there are some."""
        dates, _ = self._whole
        return (dates.order or "either order").replace(" ", "_")

    def albums(self, names: ScrobbleTexts) -> pl.Series:
        """The albums of a chunk, null where the word stands for none in this file."""
        if not names.albums.is_in(WORDS).any():
            return names.albums
        _, sentinels = self._whole
        return names.albums.set(names.albums.is_in(sentinels.albums), None)

    @cached_property
    def _whole(self) -> tuple[Dates, Sentinels]:
        written: set[str] = set()
        sentinels = Sentinels()
        for names in self._again():
            numeric = names.times.filter(names.times.str.contains(NUMERIC_DATE))
            written.update(bare_date(text) for text in numeric.unique())
            sentinels.add(names.artists, names.tracks, names.albums)
        return Dates.of(sorted(written), earliest=EARLIEST.date()), sentinels


def in_milliseconds() -> pl.Expr:
    """Whether `length_s` is milliseconds although it should be seconds."""
    return pl.col("length_s").is_between(_DAY_S, DAY_MS)


def track_length() -> pl.Expr:
    """Length of the track in milliseconds from `length_ms` and `length_s`; null where neither tells it."""
    given = pl.when(pl.col("length_ms").is_between(_SHORTEST_KNOWN_MS, DAY_MS)).then("length_ms")
    return pl.coalesce(given, _from_seconds("length_s"))


def time_listened() -> pl.Expr:
    """Time listened in milliseconds from `listened_s`, beside the `length` of the track."""
    value, length = pl.col("listened_s"), pl.col("length")
    too_long = (value > _LONG_S) & (value * 1_000 > _TIMES_OVER * length) & (value <= 2 * length)
    listened = pl.when(too_long).then(value).otherwise(_from_seconds("listened_s"))
    return pl.when(listened.is_between(1, MAX_MS_PLAYED)).then(listened)


def _from_seconds(name: str) -> pl.Expr:
    value = pl.col(name)
    seconds = pl.when(value.is_between(1, SHORTEST_MS, closed="left")).then(value * 1_000)
    return seconds.when(value.is_between(_DAY_S, DAY_MS)).then(value)


def _iso(text: str, dates: Dates) -> str | None:
    """A moment as ISO 8601; None where the text is no date and time."""
    day, time = dates.day(text), _TIME.search(text)
    if day is None or time is None:
        return None
    hour = int(time[1])
    if time[4]:
        hour = hour % 12 + (12 if time[4] in "Pp" else 0)
    return f"{day.isoformat()}T{hour:02}:{time[2]}{time[3] or ''}"
