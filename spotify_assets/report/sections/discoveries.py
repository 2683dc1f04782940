"""What was streamed for the first time."""

import polars as pl

from spotify_assets.charts import personal as charts
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.report.language import count, day, decimal, month_name, say
from spotify_assets.report.parts import SHOWN, Chapter, Picture, Section, TextTable, one_line, section_of

MOST_MONTHS_IN_DAYS = 2 * 366
"""Days of a period whose discoveries are told by month; of a longer one by year."""


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
    section.pictures = [Picture("discoveries", say("New tracks streamed"), timeline, charts.discoveries)]
    if figures.period.first > figures.listener.known.first:
        section.tables = [_by_name(found)]
        return section
    section.tables = [_by_step(found, by_year=figures.period.days > MOST_MONTHS_IN_DAYS)]
    section.remarks = [
        say("The period begins with the first playback that is known, so that everything in it is new.")
    ]
    return section


def _by_name(found: pl.DataFrame) -> TextTable:
    rows = [
        (one_line(name), day(first), count(streams), decimal(minutes, 0))
        for name, first, streams, minutes in found.head(SHOWN)
        .select("artist_name", "first_date", "streams", "minutes")
        .iter_rows()
    ]
    columns = [say(name) for name in ("Artist", "First streamed", "Streams", "Minutes")]
    caption = say("Artists streamed for the first time")
    return TextTable("discovered_artists", caption, columns, rows, data=found.drop("artist_id"))


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
    return TextTable("discovered_by_step", say("What each brought"), columns, rows, words=(0, 2), data=steps)


CHAPTER = Chapter(tell)
