"""Two sections of the recap: podcasts and audiobooks, and what was discovered."""

import polars as pl

from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.personal_queries import NAMED
from spotify_assets.report.parts import Section, TextTable, percent, section_of

SHOWN = 10
"""Rows of a table; the data files have all of them."""
KINDS = {
    "music": "Music",
    "podcast": "Podcasts",
    "audiobook": "Audiobooks",
    "video": "Music videos",
    "unknown": "Without a name",
}
_NAMES = {"podcast": ("Podcast", "Episodes"), "audiobook": ("Audiobook", "Chapters")}


def shows(figures: PersonalFigures) -> Section:
    """Hours of each kind of content with its share, and the podcasts and audiobooks by name."""
    section = section_of("shows")
    content = figures.of_period("content").filter(pl.col("playbacks") > 0)
    heard = content.filter(pl.col("content_type").is_in(NAMED))
    if heard.is_empty():
        section.nothing = "none were heard"
        return section
    section.definition = f"{section_of('content').definition} {section.definition}"
    section.remarks = [
        f"{_things(row)} for {row['minutes'] / 60:,.1f} hours on {row['days']:,} days, "
        f"{percent(row['minutes_share'])} of all hours played."
        for row in heard.iter_rows(named=True)
    ]
    rows = [
        (
            KINDS.get(row["content_type"], row["content_type"]),
            f"{row['minutes'] / 60:,.1f}",
            percent(row["minutes_share"]),
            f"{row['playbacks']:,}",
        )
        for row in content.iter_rows(named=True)
    ]
    section.tables = [TextTable("All that was played", ["Kind", "Hours played", "Share", "Playbacks"], rows)]
    for kind, (name, titles) in _NAMES.items():
        top = figures["shows"].filter(pl.col("content_type") == kind, pl.col("rank") <= SHOWN)
        if top.height:
            section.tables.append(_by_name(f"Top {KINDS[kind].lower()}", name, titles, top))
    return section


def _things(row: dict[str, int]) -> str:
    """How many episodes of how many podcasts, or chapters of audiobooks."""
    kind = str(row["content_type"])
    title = {"podcast": "episode", "audiobook": "chapter"}[kind]
    return f"{_many(row['titles'], title)} of {_many(row['names'], kind)}"


def _many(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _by_name(caption: str, name: str, titles: str, top: pl.DataFrame) -> TextTable:
    rows = [
        (
            str(row["rank"]),
            " ".join(row["show_name"].split()),
            f"{row['minutes']:,.0f}",
            f"{row['titles']:,}",
            f"{row['playbacks']:,}",
        )
        for row in top.iter_rows(named=True)
    ]
    most = top["minutes"][0]
    bars = [minutes / most if most else 0.0 for minutes in top["minutes"]]
    return TextTable(
        caption, ["#", name, "Minutes", titles, "Playbacks"], rows, words=(1,), minor=(4,), bars=bars
    )


def is_all_that_is_known(figures: PersonalFigures) -> bool:
    """Whether a period begins with what is known of the listener, so that all in it is new."""
    return figures.period.first <= figures.listener.known.first


def discovered(figures: PersonalFigures) -> TextTable | None:
    """Artists that were new in the period, those streamed most first; None where there are none.

    Of all that is known everything is new: there the table says what each year (of up to two years each
    month) brought, because a list of the new ones would be that of the top.
    """
    found = figures["discovered_artists"]
    if found.is_empty():
        return None
    if is_all_that_is_known(figures):
        return _by_step(found, by_year=figures.period.days > 2 * 366)
    rows = [
        (name, str(first), f"{streams:,}", f"{minutes:,.0f}")
        for name, first, streams, minutes in found.head(SHOWN)
        .select("artist_name", "first_date", "streams", "minutes")
        .iter_rows()
    ]
    columns = ["Artist", "First streamed", "Streams", "Minutes"]
    return TextTable("Artists streamed for the first time", columns, rows)


def _by_step(found: pl.DataFrame, *, by_year: bool) -> TextTable:
    steps = (
        found.group_by(step=pl.col("first_date").dt.to_string("%Y" if by_year else "%Y-%m"))
        .agg(
            pl.len(),
            pl.col("artist_name", "streams")
            .sort_by("streams", "minutes", "artist_id", descending=[True, True, False])
            .first(),
        )
        .sort("step")
    )
    rows = [(step, f"{new:,}", name, f"{streams:,}") for step, new, name, streams in steps.iter_rows()]
    columns = ["Year" if by_year else "Month", "New artists", "Streamed most of them", "Its streams"]
    return TextTable("What each brought", columns, rows, words=(0, 2))
