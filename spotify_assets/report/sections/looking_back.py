"""On this day, milestones, and since when the artists of the top are known."""

from typing import Any

import polars as pl

from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.personal_queries import personal_figure
from spotify_assets.report.language import count, day, decimal, many, month_name, say
from spotify_assets.report.parts import Chapter, Section, TextTable, empty_section, one_line

ON_THIS_DAY = personal_figure(
    "on_this_day",
    "On this day",
    "one row per earlier year with music on the date of the last day of the period",
    "on this day",
)
MILESTONES = personal_figure(
    "milestones", "Milestones", "one row per round number of plays or hours reached", "milestones"
)
ACQUAINTANCES = personal_figure(
    "acquaintances", "First listens", "one row per artist of the top ten of the period", "first listens"
)
_MOST = 12
_YEAR = 365.25


def _on_this_day(figures: PersonalFigures) -> Section:
    section = empty_section(ON_THIS_DAY)
    found = figures["on_this_day"]
    last = min(figures.period.last, figures.listener.known.last)
    if found.is_empty():
        section.nothing = say("no music on this date in earlier years")
        return section
    section.remarks = [
        say("The date is {day} {month}, the last of the period.", day=last.day, month=month_name(last.month))
    ]
    rows = [
        (
            str(row["local_date"].year),
            many(row["years_ago"], "{n} year ago", "{n} years ago"),
            _track(row),
            count(row["plays"]),
            decimal(row["minutes"], 0),
        )
        for row in found.head(_MOST).iter_rows(named=True)
    ]
    columns = [say(name) for name in ("Year", "When", "Heard most", "Plays", "Minutes")]
    caption = say("The same date in earlier years")
    section.tables = [
        TextTable("on_this_day", caption, columns, rows, words=(0, 1, 2), minor=(1,), names=(2,), data=found)
    ]
    return section


def _milestones(figures: PersonalFigures) -> Section:
    section = empty_section(MILESTONES)
    found = figures["milestones"]
    if found.is_empty():
        section.nothing = say("no round number was reached")
        return section
    rows = [
        (_number(row), day(row["local_date"]), _track(row))
        for row in found.sort("local_date", descending=True, maintain_order=True)
        .head(_MOST)
        .iter_rows(named=True)
    ]
    columns = [say(name) for name in ("Reached", "On", "With")]
    caption = say("Round numbers, the newest first")
    section.tables = [
        TextTable("milestones", caption, columns, rows, words=(0, 1, 2), names=(2,), data=found)
    ]
    return section


def _number(row: dict[str, Any]) -> str:
    if row["kind"] == "hour":
        return many(row["number"], "{n} hour of listening", "{n} hours of listening")
    return many(row["number"], "the first play", "play number {n}")


def _acquaintances(figures: PersonalFigures) -> Section:
    section = empty_section(ACQUAINTANCES)
    found = figures["acquaintances"]
    if found.is_empty():
        section.nothing = say("no music was streamed")
        return section
    oldest = found.sort("first_date", "rank").row(0, named=True)
    if oldest["days_known"] >= _YEAR:
        section.remarks = [
            say(
                "{artist} is the oldest acquaintance of these: {years} years.",
                artist=one_line(oldest["artist_name"]),
                years=decimal(oldest["days_known"] / _YEAR, 0),
            )
        ]
    rows = [
        (
            f"{row['rank']}",
            one_line(row["artist_name"]),
            day(row["first_date"]),
            one_line(row["first_track_name"]),
            count(row["streams"]),
            _anniversary(figures, row),
        )
        for row in found.iter_rows(named=True)
    ]
    names = ("#", "Artist", "First streamed", "First track", "Streams ever", "Anniversary")
    columns = [say(name) for name in names]
    caption = say("Since when the artists of the top are known")
    section.tables = [
        TextTable(
            "first_listens", caption, columns, rows, words=(1, 3, 5), minor=(3, 4), names=(1,), data=found
        )
    ]
    return section


def _anniversary(figures: PersonalFigures, row: dict[str, Any]) -> str:
    """The last whole number of years that was reached in the period."""
    dates = pl.date_range(figures.period.first, figures.period.last, eager=True)
    first = row["first_date"]
    same = dates.filter(
        (dates.dt.month() == first.month) & (dates.dt.day() == first.day) & (dates.dt.year() > first.year)
    )
    if same.is_empty():
        return "–"
    years = same.dt.year().max() - first.year
    return many(years, "{n} year", "{n} years")


def _track(row: dict[str, Any]) -> str:
    return f"{one_line(row['track_name'])}\n{one_line(row['artist_name'])}"


DAY = Chapter(_on_this_day, (ON_THIS_DAY,))
NUMBERS = Chapter(_milestones, (MILESTONES,))
FIRSTS = Chapter(_acquaintances, (ACQUAINTANCES,))
