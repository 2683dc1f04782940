"""My listening: whose is asked for, and what is shown of them."""

import re
from typing import Any

import pytest
import streamlit as st

from spotify_assets.figures import opening
from spotify_assets.figures.view import month_of
from spotify_assets.report.recap import Asked, recap
from spotify_assets.settings import Settings
from spotify_assets.warehouse.database import Database
from tests.dashboard.pages import open_page, tiles
from tests.figures.one_listener import BEFORE, DECLARED, theirs
from tests.figures.recount import FEBRUARY

ADDRESS = {"from": str(FEBRUARY.first), "to": str(FEBRUARY.last)}


@pytest.mark.slow
@pytest.mark.parametrize("where", ["Listener", "Whose listening"], ids=["in the filters", "on the page"])
def test_among_several_listeners_one_is_to_be_chosen(where, published, monkeypatch):
    page = open_page("listener", published, monkeypatch, **ADDRESS)
    assert not page.exception
    assert "Choose one of the 25 listeners" in page.info[0].value

    next(box for box in page.selectbox if box.label == where).select(DECLARED).run()

    assert not page.exception
    assert tiles(page)["Streams"] == f"{theirs(DECLARED, FEBRUARY)['is_stream'].sum():,}"


def test_tops_are_told_by_streams_and_by_minutes(published, monkeypatch):
    page = open_page("listener", published, monkeypatch, user=DECLARED, **ADDRESS)
    assert not page.exception
    written = "".join(one.proto.body for one in page.get("html"))
    assert {"Top tracks", "Top tracks by minutes"} <= set(
        re.findall(r">([^<>]+)</(?:caption|summary)>", written)
    )


@pytest.mark.slow
def test_without_a_compared_period_nothing_rises_or_falls(published, monkeypatch):
    alone = open_page("listener", published, monkeypatch, user=DECLARED, compare="none", **ADDRESS)
    both = open_page("listener", published, monkeypatch, user=DECLARED, compare=str(BEFORE), **ADDRESS)
    assert not alone.exception
    assert not both.exception
    assert "What rose and fell" not in [one.value for one in alone.subheader]
    assert "What rose and fell" in [one.value for one in both.subheader]
    assert "America/Los_Angeles" in "".join(one.value for one in both.caption)


@pytest.mark.slow
def test_a_period_without_listening_says_so(published, monkeypatch):
    page = open_page(
        "listener", published, monkeypatch, user=DECLARED, **{"from": "2025-01-25", "to": "2025-01-25"}
    )
    assert not page.exception


@pytest.mark.slow
def test_the_page_opens_on_the_one_who_imported(published, monkeypatch):
    def owners(_connection: object) -> list[str]:
        return [DECLARED]

    monkeypatch.setattr(opening, "owners", owners)
    page = open_page("listener", published, monkeypatch)
    assert not page.exception
    with Database(Settings(data_dir=published, _env_file=None).serving_path).reader() as connection:
        days = opening.opening_period(connection, DECLARED)
    said = "".join(one.value for one in page.caption)
    assert f"Listener: {DECLARED}." in said
    assert f"{days.first} to {days.last}" in said
    assert int(tiles(page)["Plays"].replace(",", "")) > 0


def test_how_much_was_heard_stands_before_all_that_takes_longer(published, monkeypatch):
    page = open_page("listener", published, monkeypatch, user=DECLARED, **ADDRESS)
    assert not page.exception
    streams = f"{theirs(DECLARED, FEBRUARY)['is_stream'].sum():,}"
    assert f"of which {streams} were streams" in page.markdown[0].value
    kinds = [element.type for element in page.main]
    assert kinds.index("markdown") < min(kinds.index(kind) for kind in ("html", "metric", "vega_lite_chart"))


@pytest.mark.slow
def test_years_and_months_with_listening_are_offered(published, monkeypatch):
    page = open_page("listener", published, monkeypatch, user=DECLARED)
    offered = page.selectbox(key="preset").options
    assert "February 2025" in offered

    page.selectbox(key="preset").select("February 2025").run()

    assert not page.exception
    assert page.query_params["from"] == "2025-02-01"
    assert page.selectbox(key="preset").value == "February 2025"
    of_february = month_of(FEBRUARY.first)
    assert tiles(page)["Streams"] == f"{theirs(DECLARED, of_february)['is_stream'].sum():,}"


def test_headings_are_words_and_nothing_is_called_none(published, monkeypatch):
    page = open_page("listener", published, monkeypatch, user=DECLARED, compare="none", **ADDRESS)
    written = "".join(one.proto.body for one in page.get("html"))
    headings = re.findall(r"<th [^>]*>([^<]*)</th>", written)
    assert len(headings) > 40
    assert not [one for one in headings if "_" in one or not one]
    assert not re.findall(r">(?:None|nan|null)<", written)


def test_the_page_speaks_the_language_of_its_address(published, monkeypatch):
    page = open_page("listener", published, monkeypatch, user=DECLARED, language="de", **ADDRESS)
    assert not page.exception
    assert "Am meisten gehört" in [one.value for one in page.header]
    assert "Gehörte Stunden" in tiles(page)


@pytest.mark.slow
@pytest.mark.parametrize("compare", [None, "none"])
def test_the_recap_is_the_page_that_the_command_line_writes(published, monkeypatch, tmp_path, compare):
    offered: dict[str, Any] = {}
    monkeypatch.setattr(
        st, "download_button", lambda label, **options: offered.setdefault(label, options["data"])
    )
    parameters = {"user": DECLARED, **ADDRESS, **({"compare": compare} if compare else {})}
    page = open_page("listener", published, monkeypatch, **parameters)
    assert not page.exception
    serving = Database(Settings(data_dir=published, _env_file=None).serving_path)

    asked = Asked(DECLARED, FEBRUARY.first, FEBRUARY.last, alone=compare == "none")
    made = recap(serving, tmp_path / "recap.html", asked)

    assert offered["Recap as a page"]().encode() == made.page.read_bytes()
