"""From first to last play: the journey of each artist and track whose name stands in a table, one click away.

Here belongs: what is told of a name. Not here: where names stand (`TextTable.names`), and how it is shown.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.personal_queries import personal_figure
from spotify_assets.report.language import day, many, month_name, percent, say
from spotify_assets.report.parts import Section, one_line

LIVES = personal_figure(
    "lives",
    "From first to last play",
    "one row per track and artist that was ever played",
    "first to last play",
)
STEPS = personal_figure(
    "life_steps",
    "Streams of each over time",
    "one row per track and artist with at least five streams, and month or year with any",
    "streams of each over time",
)
FIGURES = (LIVES, STEPS)
_LEAST_PAUSE = 60
"""Days of a pause that is told."""


@dataclass(frozen=True)
class Life:
    """What is told of one name.

    Attributes:
        anchor: where it stands on the page.
        name: a track and its artist on two lines, or an artist.
        lines: sentences.
        bars: when, how many streams, and the share of the most of them.
    """

    anchor: str
    name: str
    lines: list[str]
    bars: list[tuple[str, int, float]]


def lives_of(figures: PersonalFigures, sections: Iterable[Section]) -> dict[str, Life]:
    """The journeys of all names in tables, by the name as it is written there.

    A name that two artists or two tracks share leads nowhere, because it does not say which of them it is.
    """
    tables = [table for section in sections for table in section.tables]
    named = {row[column] for table in tables for column in table.names for row in table.rows}
    found = [(_name(row), row) for row in figures["lives"].iter_rows(named=True)]
    often = Counter(name for name, _ in found)
    steps = figures["life_steps"].partition_by("kind", "id", as_dict=True)
    return {
        name: Life(f"life-{number}", name, _lines(row), _bars(steps.get((row["kind"], row["id"]))))
        for number, (name, row) in enumerate(found)
        if name in named and often[name] == 1
    }


def _name(row: dict[str, Any]) -> str:
    artist = one_line(row["artist_name"])
    return artist if row["kind"] == "artist" else f"{one_line(row['track_name'])}\n{artist}"


def _lines(row: dict[str, Any]) -> list[str]:
    lines = [
        say(
            "First played on {first}, last on {last}.",
            first=day(row["first_played"]),
            last=day(row["last_played"]),
        ),
        say(
            "{plays}, {streams}, {skipped} skipped.",
            plays=many(row["plays"], "{n} play", "{n} plays"),
            streams=many(row["streams"], "{n} stream", "{n} streams"),
            skipped=percent(row["skip_rate"]),
        ),
    ]
    if row["best_month"]:
        best = f"{month_name(row['best_month'].month)} {row['best_month'].year}"
        streams = many(row["streams_of_best_month"], "{n} stream", "{n} streams")
        lines.append(say("Most in {month}: {streams}.", month=best, streams=streams))
    if (row["longest_pause_days"] or 0) >= _LEAST_PAUSE:
        lines.append(say("Not played for {days} days in between.", days=row["longest_pause_days"]))
    return lines


def _bars(steps: pl.DataFrame | None) -> list[tuple[str, int, float]]:
    """Every step from the first to the last with streams, those without any too."""
    if steps is None:
        return []
    by_year = steps["bucket"][0] == "year"
    streams: dict[date, int] = dict(steps.select("starts_on", "streams").iter_rows())
    most = max(streams.values())
    every = pl.date_range(min(streams), max(streams), "1y" if by_year else "1mo", eager=True)
    return [
        (
            str(on.year) if by_year else f"{month_name(on.month)} {on.year}",
            streams.get(on, 0),
            streams.get(on, 0) / most,
        )
        for on in every
    ]
