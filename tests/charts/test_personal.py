"""Pictures of one listener: each holds the numbers of its figure, and is drawn at any width."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import altair as alt
import polars as pl
import pytest

from spotify_assets.charts import periods, taste
from spotify_assets.charts import personal as charts
from spotify_assets.charts.poster import poster
from spotify_assets.charts.theme import to_png
from spotify_assets.figures.personal import PersonalFigures, personal_figures
from spotify_assets.report.svg import inline_svg
from spotify_assets.settings import Settings
from spotify_assets.warehouse.database import Database
from tests.figures.one_listener import BEFORE, BUSIEST
from tests.figures.recount import FEBRUARY

DRAWN: dict[str, tuple[Callable[[pl.DataFrame], Any], str, int]] = {
    "listening time": (charts.listening_time, "timeline", FEBRUARY.days + BEFORE.days),
    "discoveries": (charts.discoveries, "timeline", FEBRUARY.days),
    "hours of the week": (charts.hours_of_week, "hours", 7 * 24),
    "calendar": (charts.calendar, "days", FEBRUARY.days),
    "tops by streams": (partial(charts.tops, name="track_name"), "tracks", charts.TOP),
    "tops by minutes": (partial(charts.tops, name="artist_name", by="minutes"), "artists", charts.TOP),
    "endings": (charts.endings, "skips", 14),
    "moods": (taste.moods, "moods", 8),
}
"""Charts with the figure that they draw and how many rows of it."""


@pytest.fixture(scope="module")
def figures(published: Path) -> PersonalFigures:
    with Database(Settings(data_dir=published, _env_file=None).serving_path).reader() as connection:
        return personal_figures(connection, BUSIEST, FEBRUARY, BEFORE)


def rows_of(chart: Any) -> list[dict[str, Any]]:
    [rows] = chart.to_dict()["datasets"].values()
    return list(rows)


@pytest.mark.parametrize("name", DRAWN)
def test_a_chart_holds_the_rows_of_its_figure(figures, name):
    draw, figure, rows = DRAWN[name]
    assert len(rows_of(draw(figures[figure]))) == rows


@pytest.mark.parametrize("width", [340, 720])
@pytest.mark.parametrize("name", DRAWN)
def test_a_drawing_is_as_wide_as_asked_and_takes_the_ink_of_its_page(figures, name, width):
    draw, figure, _ = DRAWN[name]
    drawing = inline_svg(draw(figures[figure]), width, "a", "what it shows")
    root = ElementTree.fromstring(drawing)
    assert float(root.get("width", "0")) <= width + 1
    assert "currentColor" in drawing
    assert "#222222" not in drawing


def test_a_drawing_tells_the_numbers_of_each_mark(figures):
    top = figures["tracks"].row(0, named=True)
    drawing = inline_svg(charts.tops(figures["tracks"], "track_name"), 720, "a", "tops")
    titles = [
        element.text for element in ElementTree.fromstring(drawing).iter() if element.tag.endswith("title")
    ]
    assert titles[0] is not None
    assert titles[0].startswith(f"Name: 1. {top['track_name']}")
    assert f"Minutes played: {top['minutes']:,.0f}" in titles[0]


def test_the_compared_period_is_laid_over_day_for_day(figures):
    rows = rows_of(charts.listening_time(figures["timeline"]))
    first = {row["who"]: row for row in rows if row["on"] == f"{FEBRUARY.first}T00:00:00"}
    assert first[periods.COMPARED]["starts_on"] == f"{BEFORE.first}T00:00:00"
    hours = figures.of_period("timeline")["minutes_listened"][0] / 60
    assert first[periods.ASKED]["hours"] == pytest.approx(hours)


def test_shares_of_what_rose_and_fell_are_in_points(figures):
    rows = rows_of(taste.shift(figures["shift"], "genre"))
    changes = figures["shift"].filter(pl.col("kind") == "genre")["change"]
    assert sorted(row["points"] for row in rows) == pytest.approx(sorted(changes * 100))


@pytest.mark.slow
def test_one_period_has_no_legend_of_two(published):
    with Database(Settings(data_dir=published, _env_file=None).serving_path).reader() as connection:
        alone = personal_figures(connection, BUSIEST, FEBRUARY)
    assert periods.COMPARED not in inline_svg(charts.listening_time(alone["timeline"]), 720, "a", "time")


@pytest.mark.slow
def test_the_poster_is_a_picture(figures):
    picture = to_png(poster("Listening", ["28 days"], figures.frames))
    assert picture.startswith(b"\x89PNG")


def titles_of(poster: alt.VConcatChart) -> list[str]:
    """The titles of the graphs that a poster has."""
    found: list[str] = []

    def walk(part: dict[str, Any]) -> None:
        if "mark" in part or "layer" in part:
            found.append(part["title"]["text"])
        for one in (*part.get("vconcat", []), *part.get("hconcat", [])):
            walk(one)

    walk(poster.to_dict(validate=False))
    return found


ALL = ["Listening time", "Artists", "Tracks", "Hours of the week", "Eras", "Moods"]


@pytest.mark.slow
def test_the_poster_leaves_out_what_the_period_has_nothing_of(figures):
    assert titles_of(poster("Listening", [], figures.frames)) == ALL
    unknown = {
        "eras": figures["eras"].with_columns(decade=pl.lit(None, pl.Int64)),
        "moods": figures["moods"].with_columns(mood=pl.lit("unknown")),
    }
    assert titles_of(poster("Listening", [], {**figures.frames, **unknown})) == ALL[:4]
    only_before = figures["eras"].with_columns(
        pl.when(pl.col("period") == "compared").then("streams").otherwise(0)
    )
    assert "Eras" not in titles_of(poster("Listening", [], {**figures.frames, "eras": only_before}))
    no_music = {name: figures[name].clear() for name in ("artists", "tracks", "eras", "moods")}
    assert titles_of(poster("Podcasts", [], {**figures.frames, **no_music})) == [ALL[0], ALL[3]]


def test_the_poster_of_nothing_is_a_picture_too(figures):
    nothing = {name: frame.clear() for name, frame in figures.frames.items()}
    assert to_png(poster("Nothing", [], nothing)).startswith(b"\x89PNG")
