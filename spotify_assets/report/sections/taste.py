"""Taste as the catalogue describes it: decades of release, moods, and what rose and fell."""

from functools import partial

import polars as pl

from spotify_assets.charts import taste
from spotify_assets.figures.personal import ASKED, PersonalFigures
from spotify_assets.figures.personal_queries import FIGURES
from spotify_assets.report.language import NOTHING, count, decimal, percent, points, say
from spotify_assets.report.parts import Chapter, Picture, Section, TextTable, empty_section, section_of
from spotify_assets.report.words import title_of, why_nothing


def _eras(figures: PersonalFigures) -> Section:
    section = section_of("eras")
    eras = figures["eras"]
    if eras.filter(pl.col("period") == ASKED, pl.col("decade").is_not_null()).is_empty():
        section.nothing = why_nothing(figures)
        return section
    section.pictures = [
        Picture("eras", say("Streams by decade of release"), eras, taste.eras, "streams", ("decade",))
    ]
    of_period = figures.of_period("eras")
    rows = [
        (f"{decade}s" if decade else say("unknown"), count(streams), decimal(minutes, 0), percent(share))
        for decade, streams, minutes, share in of_period.select(
            "decade", "streams", "minutes", "stream_share"
        ).iter_rows()
    ]
    columns = [say(name) for name in ("Decade", "Streams", "Minutes", "Share")]
    section.tables = [TextTable("eras", say("Numbers"), columns, rows, data=of_period, folded=True)]
    return section


def _moods(figures: PersonalFigures) -> Section:
    section = section_of("moods")
    moods = figures.of_period("moods")
    if not moods.filter(pl.col("mood") != "unknown")["streams"].sum():
        section.nothing = why_nothing(figures)
        return section
    section.pictures = [
        Picture(
            "moods",
            say("Share of streams"),
            figures["moods"],
            taste.moods,
            "stream_share",
            ("mood",),
            percent,
        ),
        Picture(
            "mood-grid",
            say("Streams by valence and energy"),
            figures["mood_grid"],
            taste.mood_map,
            "streams",
            ("valence_from", "energy_from"),
        ),
    ]
    rows = [(say(mood), count(streams), percent(share)) for mood, streams, share in moods.iter_rows()]
    columns = [say(name) for name in ("Mood", "Streams", "Share")]
    section.tables = [
        TextTable("moods", say("Numbers"), columns, rows, data=moods, folded=True),
        _audio(figures),
    ]
    return section


def _audio(figures: PersonalFigures) -> TextTable:
    names = ["Audio feature", "Mean"]
    if figures.compared:
        names += ["Before", "Change in standard deviations"]
    rows = []
    for row in figures["audio"].iter_rows(named=True):
        cells = [say(row["feature"].replace("_", " ")), _number(row["mean"])]
        if figures.compared:
            cells += [_number(row["mean_before"]), decimal(row["change_in_sd"], 2, signed=True)]
        rows.append(cells)
    return TextTable("audio", say("Audio features"), [say(one) for one in names], rows, data=figures["audio"])


def _shift(figures: PersonalFigures) -> Section | None:
    if figures.compared is None:
        return None
    section = section_of("shift")
    if not figures.totals()["streams"]:
        section.nothing = why_nothing(figures)
        return section
    distances = next(one for one in FIGURES if one.name == "distances")
    section.definition += f" {empty_section(distances).definition}"
    section.remarks = [say("Compared with {period}.", period=title_of(figures.compared))]
    rows = [(say(kind), decimal(distance, 2)) for kind, distance in figures["distances"].iter_rows()]
    columns = [say(name) for name in ("Of", "Distance")]
    section.tables = [TextTable("distances", say(distances.title), columns, rows, data=figures["distances"])]
    for kind, caption in (
        ("artist", "Artists whose share rose or fell most"),
        ("genre", "Genres whose share rose or fell most"),
    ):
        moved = figures["shift"].filter(pl.col("kind") == kind)
        if moved.height:
            draw = partial(taste.shift, kind=kind)
            section.pictures.append(
                Picture(f"shift-{kind}", say(caption), moved, draw, "change", ("name",), points)
            )
    return section


def _number(value: float | None) -> str:
    """A mean with three digits: tempo is in the hundreds, the others lie between 0 and 1."""
    if value is None:
        return NOTHING
    return decimal(value, 2 if abs(value) < 10 else 0)


ERAS, MOODS, SHIFT = Chapter(_eras), Chapter(_moods), Chapter(_shift)
