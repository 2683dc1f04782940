"""Every page under every filter, and what it says when there is nothing to show."""

import re
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest

from spotify_assets.dashboard.app import PAGES
from spotify_assets.figures.view import choices
from spotify_assets.settings import Settings
from tests.dashboard.pages import open_page, tiles
from tests.figures.recount import FEBRUARY, within

ADDRESS = {"from": str(FEBRUARY.first), "to": str(FEBRUARY.last)}
MODULES = [page.module for page in PAGES]
TABLES_OF_MODELS = (
    "select table_name from information_schema.tables where table_schema = 'ml' "
    "and table_name <> 'unusual_listening'"
)
OWN = ("overview", "tracks", "genres", "skips", "places")
"""Pages whose every chart has listening to show."""


@pytest.fixture(scope="module")
def values(published: Path) -> dict[str, str]:
    """A value of each filter that somebody listened with."""
    rows = within(FEBRUARY)
    serving = Settings(data_dir=published, _env_file=None).serving_path
    with duckdb.connect(str(serving), read_only=True) as connection:
        offered = choices(connection)
    return {
        "user": str(rows["user_id"].min()),
        "country": str(rows["country"].value_counts(sort=True)["country"][0]),
        "device": str(rows["device"].value_counts(sort=True)["device"][0]),
        "genre": next(iter(offered.genre)),
        "artist": next(iter(offered.artist_id)),
    }


@pytest.mark.parametrize("name", ["user", "country", "device", "genre", "artist"])
@pytest.mark.parametrize("module", OWN)
def test_a_page_obeys_a_filter(module, name, values, published, monkeypatch):
    app = open_page(module, published, monkeypatch, **ADDRESS, **{name: values[name]})

    assert not app.exception
    assert not app.warning
    assert not app.info
    assert app.selectbox(key=name).value == values[name]


@pytest.mark.parametrize("module", MODULES)
def test_a_page_without_filters_shows_itself(module, published, monkeypatch):
    app = open_page(module, published, monkeypatch)
    assert not app.exception
    assert not app.warning
    assert app.title


@pytest.mark.parametrize("module", MODULES)
def test_garbage_in_the_address_is_told(module, published, monkeypatch):
    app = open_page(
        module, published, monkeypatch, **{"from": "x", "to": "y", "compare": "z", "user": "'; drop table"}
    )
    assert not app.exception
    assert len(app.warning) == 4


@pytest.mark.parametrize("module", MODULES)
def test_where_nothing_is_published_the_page_says_what_to_do(module, tmp_path, monkeypatch):
    app = open_page(module, tmp_path, monkeypatch)
    assert not app.exception
    assert [code.value for code in app.code] == ["spotify-assets demo"]


@pytest.mark.parametrize("module", MODULES)
def test_where_no_marts_are_published_the_page_says_what_to_do(module, tmp_path, monkeypatch):
    serving = Settings(data_dir=tmp_path, _env_file=None).serving_path
    serving.parent.mkdir(parents=True)
    duckdb.connect(str(serving)).close()

    app = open_page(module, tmp_path, monkeypatch)

    assert not app.exception
    assert [code.value for code in app.code] == ["spotify-assets materialize"]


@pytest.mark.parametrize("module", MODULES)
def test_where_no_model_is_published_yet_a_page_shows_all_but_models(
    module, published, tmp_path, monkeypatch
):
    copy = Settings(data_dir=tmp_path, _env_file=None).serving_path
    copy.parent.mkdir(parents=True)
    shutil.copyfile(Settings(data_dir=published, _env_file=None).serving_path, copy)
    with duckdb.connect(str(copy)) as connection:
        for (name,) in connection.execute(TABLES_OF_MODELS).fetchall():
            connection.execute(f"drop table ml.{name}")

    app = open_page(module, tmp_path, monkeypatch, **ADDRESS)

    assert not app.exception
    assert not app.warning
    said = " ".join(info.value for info in app.info)
    assert ("a run trains models last" in said) == (module == "model")
    assert "lacks what this page shows" not in said


def test_a_listener_who_was_silent_gets_an_empty_state(published, monkeypatch):
    users = within(FEBRUARY)
    quiet = users.group_by("user_id", "event_date").len().sort("event_date", "user_id")
    user = str(quiet["user_id"][0])
    active = set(users.filter(pl.col("user_id") == user)["event_date"])
    silent = next(d for d in users["event_date"].unique().sort() if d not in active)

    app = open_page("genres", published, monkeypatch, user=user, **{"from": str(silent), "to": str(silent)})

    assert not app.exception
    assert any("widen it" in info.value for info in app.info)


def test_filters_are_changed_by_widgets_and_stay_in_the_address(values, published, monkeypatch):
    app = open_page("overview", published, monkeypatch, **ADDRESS)

    for name, value in values.items():
        app.selectbox(key=name).select(value).run()
        assert app.query_params[name] == value
        app.selectbox(key=name).select(None).run()
        assert name not in app.query_params
    app.selectbox(key="comparison").select("none").run()
    assert app.query_params["compare"] == "none"
    assert not any(metric.delta for metric in app.metric)
    app.selectbox(key="span").select("All days").run()
    assert tiles(app)["Streams"] == f"{streams_of_all():,}"
    app.button[0].click().run()
    assert dict(app.query_params) == {}


def streams_of_all() -> int:
    from tests.figures.recount import playbacks

    return int(playbacks()["is_stream"].sum())


def test_a_change_of_days_is_in_the_address(published, monkeypatch):
    app = open_page("overview", published, monkeypatch)
    app.date_input(key="days").set_value((FEBRUARY.first, FEBRUARY.last)).run()
    assert (app.query_params["from"], app.query_params["to"]) == (str(FEBRUARY.first), str(FEBRUARY.last))
    assert tiles(app)["Streams"] == f"{int(within(FEBRUARY)['is_stream'].sum()):,}"


def test_one_artist_has_an_address(values, published, monkeypatch):
    app = open_page("tracks", published, monkeypatch, of="Artists", id=values["artist"], **ADDRESS)
    alone = open_page("overview", published, monkeypatch, artist=values["artist"], **ADDRESS)

    assert not app.exception
    for number in ("Streams", "Minutes heard", "Skip rate"):
        assert tiles(app)[number] == tiles(alone)[number]


def test_an_unknown_track_in_the_address_is_told(published, monkeypatch):
    app = open_page("tracks", published, monkeypatch, id="nothing")
    assert not app.exception
    assert "id=nothing" in app.warning[0].value


def test_a_switch_of_a_page_is_in_its_address(published, monkeypatch):
    app = open_page("tracks", published, monkeypatch, by="Minutes", of="Albums")
    assert not app.exception
    assert any("albums by minutes" in header.value for header in app.subheader)
    wrong = open_page("tracks", published, monkeypatch, by="Hours")
    assert not wrong.exception
    assert "by=Hours" in wrong.warning[0].value


@pytest.mark.parametrize("module", [*OWN, "audience", "catalogue"])
def test_numbers_in_words_stand_before_everything_that_is_drawn(module, published, monkeypatch):
    app = open_page(module, published, monkeypatch)
    kinds = [element.type for element in app.main]
    drawn = [
        place for place, kind in enumerate(kinds) if kind in {"metric", "vega_lite_chart", "arrow_data_frame"}
    ]

    assert re.search(r"\d", app.markdown[0].value)
    assert drawn
    assert kinds.index("markdown") < drawn[0]
