"""Ranks over time, artists' journeys from first to last play, and eras of taste found from the data."""

import polars as pl

from spotify_assets.charts import story as charts
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.personal_queries import personal_figure
from spotify_assets.report.language import NOTHING, count, month_name, percent, say
from spotify_assets.report.parts import Chapter, Picture, Section, TextTable, empty_section, one_line

RANKS = personal_figure(
    "ranks",
    "Ranks over time",
    "one row per artist of the top six and week, month or year of the period with streams of it",
    "ranks over time",
)
JOURNEYS = personal_figure(
    "journeys",
    "Journeys",
    "one row per artist of the top ten and month or quarter of all that is known",
    "journeys",
)
TASTE_ERAS = personal_figure(
    "taste_eras", "Eras of taste", "one row per era and artist that marks it", "eras of taste"
)


def _ranks(figures: PersonalFigures) -> Section:
    section = empty_section(RANKS)
    if figures["ranks"]["starts_on"].n_unique() < 2:
        section.nothing = say("the period is too short for a course of time")
        return section
    section.pictures = [
        Picture(
            "ranks",
            say("Rank of the artists of the top, the first one above"),
            figures["ranks"],
            charts.ranks,
            "rank",
            ("artist_name",),
            told=figures["ranks"].filter(pl.col("starts_on") == pl.col("starts_on").max()),
        )
    ]
    return section


def _journeys(figures: PersonalFigures) -> Section:
    section = empty_section(JOURNEYS)
    found = figures["journeys"]
    if found["starts_on"].n_unique() < 2:
        section.nothing = say("the period is too short for a course of time")
        return section
    caption = say("Streams of the artists of the top over all that is known")
    section.pictures = [
        Picture("journeys", caption, found, charts.journeys, "streams", ("artist_name", "starts_on"))
    ]
    heard = found.filter(pl.col("streams") > 0)
    steps = heard.group_by("rank", maintain_order=True).agg(
        pl.col("artist_name").first(),
        first=pl.col("starts_on").min(),
        best=pl.col("starts_on").sort_by("streams", "starts_on", descending=[True, False]).first(),
        most=pl.col("streams").max(),
        last=pl.col("starts_on").max(),
    )
    rows = [
        (str(rank), one_line(name), _month(first), _month(best), count(most), _month(last))
        for rank, name, first, best, most, last in steps.iter_rows()
    ]
    columns = [say(name) for name in ("#", "Artist", "First", "Most", "Streams then", "Last")]
    section.tables = [
        TextTable("journeys", say("Numbers"), columns, rows, words=(1,), names=(1,), data=found, folded=True)
    ]
    return section


def _month(on: object) -> str:
    return NOTHING if on is None else f"{month_name(on.month)} {on.year}"  # type: ignore[attr-defined]


def _eras(figures: PersonalFigures) -> Section:
    section = empty_section(TASTE_ERAS)
    found = figures["taste_eras"]
    if found["era"].n_unique() < 2:
        section.nothing = say("taste did not turn so far that eras could be told apart")
        return section
    rows = []
    for _, era in found.group_by("era", maintain_order=True):
        one = era.row(0, named=True)
        rows.append(
            (
                f"{_month(one['starts_on'])}\n– {_month(one['ends_on'])}",
                ", ".join(one_line(name) for name in era["artist_name"]),
                count(one["streams_of_era"]),
                percent(one["in_common_with_before"]),
            )
        )
    columns = [say(name) for name in ("When", "Artists that mark it", "Streams", "In common with before")]
    section.tables = [
        TextTable("taste_eras", say("Eras"), columns, rows, words=(0, 1), minor=(2,), data=found)
    ]
    return section


RANK, JOURNEY, ERA = (
    Chapter(_ranks, (RANKS,)),
    Chapter(_journeys, (JOURNEYS,)),
    Chapter(_eras, (TASTE_ERAS,)),
)
