"""Tracks and artists that filled days, and how it ended."""

from typing import Any

from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.personal_queries import personal_figure
from spotify_assets.report.language import count, day, many, say
from spotify_assets.report.parts import SHOWN, Chapter, Section, TextTable, empty_section, one_line

OBSESSIONS = personal_figure(
    "obsessions",
    "Obsessions",
    "one row per track or artist and stretch of dates that it filled, which ended in the period or later",
    "obsessions",
)


def tell(figures: PersonalFigures) -> Section:
    """Each with its dates, its streams, and how it ended."""
    section = empty_section(OBSESSIONS)
    found = figures["obsessions"]
    if found.is_empty():
        section.nothing = say("no track and no artist filled days")
        return section
    first = found.row(0, named=True)
    section.remarks = [
        say(
            "{what}: {streams} in {days}, {ending}.",
            what=_name(first).replace("\n", " · "),
            streams=many(first["streams"], "{n} stream", "{n} streams"),
            days=many((first["last_date"] - first["first_date"]).days + 1, "{n} day", "{n} days"),
            ending=_ending(first),
        )
    ]
    rows = [
        (
            _name(row),
            day(row["first_date"]),
            day(row["last_date"]),
            count(row["days"]),
            count(row["streams"]),
            _ending(row),
        )
        for row in found.head(SHOWN).iter_rows(named=True)
    ]
    names = ("Track or artist", "From", "To", "Days filled", "Streams", "How it ended")
    columns = [say(name) for name in names]
    section.tables = [
        TextTable(
            "obsessions",
            say("Those of most streams"),
            columns,
            rows,
            words=(0, 5),
            minor=(2, 3),
            names=(0,),
            data=found,
        )
    ]
    return section


def _name(row: dict[str, Any]) -> str:
    if row["kind"] == "artist":
        return one_line(row["artist_name"])
    return f"{one_line(row['track_name'])}\n{one_line(row['artist_name'])}"


def _ending(row: dict[str, Any]) -> str:
    if row["ending"] != "faded":
        return say(str(row["ending"]))
    return many(
        row["streams_after"],
        "faded: {n} stream in the three months after",
        "faded: {n} streams in the three months after",
    )


CHAPTER = Chapter(tell, (OBSESSIONS,))
