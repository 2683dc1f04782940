"""What was heard most: tracks, artists, albums and genres, by streams and by minutes, with ranks before."""

from functools import partial

import polars as pl

from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.report.covers import cover
from spotify_assets.report.language import NOTHING, count, decimal, percent, say
from spotify_assets.report.parts import SHOWN, Chapter, Section, TextTable, one_line, section_of
from spotify_assets.report.words import why_nothing

_LABELS = {
    "tracks": ("track_name", "artist_name"),
    "artists": ("artist_name",),
    "albums": ("album_name", "artist_name"),
    "genres": ("genre",),
}
_TITLES = {"track_name": "Track", "artist_name": "Artist", "album_name": "Album", "genre": "Genre"}
_CAPTIONS = {
    "tracks": "Top tracks",
    "artists": "Top artists",
    "albums": "Top albums",
    "genres": "Top genres",
}
_BY_MINUTES = {
    "tracks": "Top tracks by minutes",
    "artists": "Top artists by minutes",
    "albums": "Top albums by minutes",
    "genres": "Top genres by minutes",
}


def tell(figures: PersonalFigures, name: str) -> Section:
    """Those at the top by streams, and, to be opened, by minutes."""
    section = section_of(name)
    if figures[name].filter(pl.col("rank_by_streams") <= SHOWN).is_empty():
        section.nothing = why_nothing(figures) if name == "genres" else say("no streams of it are known")
        return section
    section.tables = [_by_streams(figures, name), _by_minutes(figures, name)]
    return section


def _by_streams(figures: PersonalFigures, name: str) -> TextTable:
    top = figures[name].filter(pl.col("rank_by_streams") <= SHOWN).sort("rank_by_streams")
    names = ["#", _TITLES[_LABELS[name][0]], "Streams", "Minutes", "# by minutes", "Skipped"]
    if figures.compared:
        names += ["Rank before", "Streams before"]
    rows = []
    for row in top.iter_rows(named=True):
        cells = [
            str(row["rank_by_streams"]),
            _named(row, name),
            count(row["streams"]),
            decimal(row["minutes"], 0),
            count(row["rank_by_minutes"]),
            percent(row["skip_rate"]),
        ]
        if figures.compared:
            cells += [moved(row["rank_by_streams"], row["rank_by_streams_before"])]
            cells += [count(row["streams_before"])]
        rows.append(cells)
    return TextTable(
        name,
        say(_CAPTIONS[name]),
        [say(one) for one in names],
        rows,
        words=(1,),
        minor=(4, 5, 7),
        names=_names(name),
        bars=_bars(top["streams"]),
        covers=[cover(*of) for of in top.select("artist_name", "album_name").rows()]
        if name == "albums"
        else (),
        data=figures[name],
    )


def _by_minutes(figures: PersonalFigures, name: str) -> TextTable:
    top = figures[name].filter(pl.col("rank_by_minutes") <= SHOWN).sort("rank_by_minutes")
    rows = [
        (
            str(row["rank_by_minutes"]),
            _named(row, name),
            decimal(row["minutes"], 0),
            count(row["streams"]),
            count(row["rank_by_streams"]),
        )
        for row in top.iter_rows(named=True)
    ]
    names = ("#", _TITLES[_LABELS[name][0]], "Minutes", "Streams", "# by streams")
    return TextTable(
        f"{name}_by_minutes",
        say(_BY_MINUTES[name]),
        [say(one) for one in names],
        rows,
        words=(1,),
        minor=(4,),
        names=_names(name),
        bars=_bars(top["minutes"]),
        folded=True,
    )


def _names(name: str) -> tuple[int, ...]:
    return (1,) if name in ("tracks", "artists") else ()


def _named(row: dict[str, str | None], name: str) -> str:
    return "\n".join(one_line(row[label]) for label in _LABELS[name])


def _bars(values: pl.Series) -> list[float]:
    most = float(values.max() or 1)  # type: ignore[arg-type]
    return [value / most for value in values]


def moved(rank: int, before: int | None) -> str:
    """Where a rank was before, and which way it went."""
    if before is None:
        return say("new")
    sign = "=" if before == rank else "▲" if rank < before else "▼"
    return f"{sign} {before}" if before else NOTHING


TRACKS, ARTISTS, ALBUMS, GENRES = (Chapter(partial(tell, name=name)) for name in _LABELS)
