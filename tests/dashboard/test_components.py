"""What every page stands in: filters across pages, downloads, changes."""

from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from spotify_assets.dashboard.components import change
from spotify_assets.dashboard.text import csv
from tests.dashboard.pages import SECONDS


def _two_pages() -> None:
    import streamlit as st

    from spotify_assets.dashboard.app import PAGES, run

    run(PAGES[st.session_state.get("number", 0)])


@pytest.mark.slow
def test_filters_are_put_back_when_the_page_changes_and_only_then(
    published: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(published))
    app = AppTest.from_function(_two_pages, default_timeout=SECONDS)
    app.query_params["device"] = "mobile"
    app.run()

    app.query_params.clear()  # as Streamlit does when a page is chosen in the menu
    app.session_state["number"] = 2
    app.run()

    assert app.query_params["device"] == "mobile"
    assert app.selectbox(key="device").value == "mobile"

    app.query_params.clear()  # as the browser's way back does
    app.run()

    assert "device" not in app.query_params
    assert app.selectbox(key="device").value is None


def test_a_csv_runs_nothing_in_a_spreadsheet():
    rows = pl.DataFrame({"name": ["=1+1", "-x", "fine"], "n": [-1, 2, 3]})
    assert csv(rows).splitlines() == ["name,n", "'=1+1,-1", "'-x,2", "fine,3"]


@pytest.mark.parametrize(
    ("now", "before", "points", "said"),
    [
        (110, 100, False, "+10.0 %"),
        (50, 100, False, "-50.0 %"),
        (5, 0, False, None),
        (0.5, 0.45, True, "+5.0 points"),
        (None, 1, False, None),
        (1, None, True, None),
    ],
)
def test_a_change_is_told_in_words(now, before, points, said):
    assert change(now, before, points=points) == said
