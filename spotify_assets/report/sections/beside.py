"""Two listeners side by side, where both agreed: their figures, what they have in common, and what not."""

from collections.abc import Callable
from typing import Any

import polars as pl

from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.personal_queries import personal_figure
from spotify_assets.report.language import count, hours, percent, say
from spotify_assets.report.parts import SHOWN, Chapter, Section, TextTable, empty_section, one_line

BESIDE = personal_figure("beside", "Side by side", "one row per listener, of two", "side by side")
NAMES = personal_figure(
    "beside_names",
    "Names side by side",
    "one row per artist and track that both of two listeners streamed, or one of them among the top ten",
    "names side by side",
)
_MEASURES: dict[str, tuple[str, Callable[[Any], str]]] = {
    "minutes_listened": ("Hours listened", hours),
    "streams": ("Streams", count),
    "skip_rate": ("Plays skipped", percent),
    "tracks": ("Tracks played", count),
    "artists": ("Artists played", count),
    "new_artists": ("New artists", count),
    "active_days": ("Days with music", count),
    "longest_streak_days": ("Days in a row with music", count),
}
_TITLES = {"artist": "Artists that both streamed", "track": "Tracks that both streamed"}


def tell(figures: PersonalFigures) -> Section | None:
    """The section; None where nobody stands beside the listener."""
    if figures.other is None:
        return None
    section = empty_section(BESIDE)
    mine, theirs = one_line(figures.listener.user_id), one_line(figures.other)
    names = figures["beside_names"]
    shared = {
        kind: names.filter(pl.col("kind") == kind)["share_in_common"].sum() for kind in ("artist", "track")
    }
    section.remarks = [
        say(
            "{mine} and {theirs} have {artists} of their streams in common by artist and {tracks} by track.",
            mine=mine,
            theirs=theirs,
            artists=percent(float(shared["artist"])),
            tracks=percent(float(shared["track"])),
        )
    ]
    section.tables = [_in_figures(figures["beside"], mine, theirs)]
    for kind in _TITLES:
        both = names.filter(pl.col("kind") == kind, pl.col("share_in_common") > 0)
        if both.height:
            section.tables.append(_in_common(both, kind, mine, theirs))
    only = _of_one(names, mine, theirs)
    if only.rows:
        section.tables.append(only)
    return section


def _in_figures(both: pl.DataFrame, mine: str, theirs: str) -> TextTable:
    one, other = both.to_dicts()
    rows = [(say(title), form(one[name]), form(other[name])) for name, (title, form) in _MEASURES.items()]
    return TextTable("beside", say("In figures"), [say("What"), mine, theirs], rows, data=both)


def _in_common(both: pl.DataFrame, kind: str, mine: str, theirs: str) -> TextTable:
    rows = [
        (_name(row), percent(row["stream_share"]), percent(row["stream_share_of_other"]))
        for row in both.head(SHOWN).iter_rows(named=True)
    ]
    columns = [say(kind.capitalize()), mine, theirs]
    return TextTable(f"beside_{kind}s", say(_TITLES[kind]), columns, rows, names=(0,), data=both)


def _of_one(names: pl.DataFrame, mine: str, theirs: str) -> TextTable:
    """What one could play the other: artists that only one of them streamed."""
    artists = names.filter(pl.col("kind") == "artist", pl.col("share_in_common") == 0)
    most = artists.with_columns(most=pl.max_horizontal("streams", "streams_of_other").cast(pl.Int64))
    of_each = [
        most.filter(pl.col("streams") > 0),
        most.filter(pl.col("streams_of_other") > 0),
    ]
    rows = [
        (one_line(row["artist_name"]), user, count(row["most"]))
        for user, found in zip((mine, theirs), of_each, strict=True)
        for row in found.sort("most", "id", descending=[True, False]).head(SHOWN // 2).to_dicts()
    ]
    columns = [say(name) for name in ("Artist", "Only streamed by", "Streams")]
    caption = say("What one could play to the other")
    return TextTable("beside_of_one", caption, columns, rows, words=(0, 1), names=(0,), data=artists)


def _name(row: dict[str, Any]) -> str:
    artist = one_line(row["artist_name"])
    return artist if row["kind"] == "artist" else f"{one_line(row['track_name'])}\n{artist}"


CHAPTER = Chapter(tell, (BESIDE, NAMES))
