"""What was streamed for the first time, and what of it stayed."""

import polars as pl

from spotify_assets.charts import personal as charts
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.personal_queries import personal_figure
from spotify_assets.report.language import count, day, decimal, many, month_name, percent, say
from spotify_assets.report.parts import (
    SHOWN,
    Chapter,
    Picture,
    Section,
    TextTable,
    meaning,
    one_line,
    section_of,
)

KEPT = personal_figure(
    "kept",
    "Discoveries that stayed",
    "one row per track and artist first streamed in the period",
    "discoveries that stayed",
)

MOST_MONTHS_IN_DAYS = 2 * 366
"""Days of a period whose discoveries are told by month; of a longer one by year."""
_STAYED = 5


def tell(figures: PersonalFigures) -> Section:
    """New tracks over time, and the new artists by name.

    Of all that is known everything is new: there the table says what each year or month brought, because a
    list of the new ones would be that of the top.
    """
    section = section_of("discovered_artists")
    found = figures["discovered_artists"]
    if found.is_empty():
        section.nothing = say("no artist was streamed for the first time")
        return section
    timeline = figures["timeline"]
    if figures.of_period("timeline").height > 1:
        section.pictures = [
            Picture(
                "discoveries",
                say("New tracks streamed"),
                timeline,
                charts.discoveries,
                "new_tracks",
                ("starts_on",),
            )
        ]
    if figures.period.first > figures.listener.known.first:
        section.tables = [_by_name(found)]
        _tell_what_stayed(section, figures["kept"])
        return section
    section.tables = [_by_step(found, by_year=figures.period.days > MOST_MONTHS_IN_DAYS)]
    section.remarks = [
        say("The period begins with the first playback that is known, so that everything in it is new.")
    ]
    _tell_what_stayed(section, figures["kept"])
    return section


def _tell_what_stayed(section: Section, kept: pl.DataFrame) -> None:
    """Add how many of the discoveries were still streamed a month later, and which of them most."""
    artists = kept.filter(pl.col("kind") == "artist", pl.col("is_old_enough"))
    stayed = artists.filter(pl.col("has_stayed"))
    if artists.is_empty():
        return
    section.definition += f" {meaning(KEPT)}"
    section.remarks.append(
        say(
            "Of {artists} found at least a month before the end {stayed}, {share}.",
            artists=many(artists.height, "{n} artist", "{n} artists"),
            stayed=many(stayed.height, "{n} stayed", "{n} stayed"),
            share=percent(stayed.height / artists.height),
        )
    )
    if stayed.height:
        rows = [
            (
                one_line(row["artist_name"]),
                day(row["first_date"]),
                count(row["streams"]),
                day(row["last_date"]),
            )
            for row in stayed.head(_STAYED).iter_rows(named=True)
        ]
        columns = [say(name) for name in ("Artist", "First streamed", "Streams since", "Last streamed")]
        caption = say("Discoveries that stayed")
        section.tables.append(TextTable("kept", caption, columns, rows, minor=(3,), names=(0,), data=stayed))


def _by_name(found: pl.DataFrame) -> TextTable:
    rows = [
        (one_line(name), day(first), count(streams), decimal(minutes, 0))
        for name, first, streams, minutes in found.head(SHOWN)
        .select("artist_name", "first_date", "streams", "minutes")
        .iter_rows()
    ]
    columns = [say(name) for name in ("Artist", "First streamed", "Streams", "Minutes")]
    caption = say("Artists streamed for the first time")
    return TextTable("discovered_artists", caption, columns, rows, names=(0,), data=found.drop("artist_id"))


def _by_step(found: pl.DataFrame, *, by_year: bool) -> TextTable:
    steps = (
        found.group_by(step=pl.col("first_date").dt.truncate("1y" if by_year else "1mo"))
        .agg(
            pl.len().alias("new"),
            pl.col("artist_name", "streams")
            .sort_by("streams", "minutes", "artist_id", descending=[True, True, False])
            .first(),
        )
        .sort("step")
    )
    rows = [
        (
            str(step.year) if by_year else f"{month_name(step.month)} {step.year}",
            count(new),
            one_line(name),
            count(streams),
        )
        for step, new, name, streams in steps.iter_rows()
    ]
    columns = [
        say(name)
        for name in ("Year" if by_year else "Month", "New artists", "Streamed most of them", "Its streams")
    ]
    return TextTable(
        "discovered_by_step", say("What each brought"), columns, rows, words=(0, 2), names=(2,), data=steps
    )


CHAPTER = Chapter(tell, (KEPT,))
