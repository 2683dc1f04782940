"""Model, audience, catalogue and quality show the numbers of `figures`, obey filters, and say what to do."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from spotify_assets.figures import audience, model
from spotify_assets.figures.view import Filters
from spotify_assets.settings import Settings
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.incidents import FILE
from spotify_assets.warehouse.streams import StreamedPartition, write_streams
from spotify_assets.warehouse.timings import STEPS, TimedStep, noted, write_steps
from tests.dashboard.pages import open_page, tiles
from tests.figures.recount import FEBRUARY, within
from tests.worked import CUTOFF, OLDER_CUTOFF

ADDRESS = {"from": str(FEBRUARY.first), "to": str(FEBRUARY.last)}
PAGES = ("model", "audience", "catalogue", "quality")


def said(app: AppTest) -> str:
    """All that a page says in words."""
    parts = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.success, *app.subheader]
    return "\n".join(str(part.value) for part in parts)


def database(data_dir: Path) -> Database:
    return Database(Settings(data_dir=data_dir, _env_file=None).serving_path)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_under_every_filter(worked, monkeypatch, page):
    app = open_page(page, worked, monkeypatch, **ADDRESS)
    assert not app.exception
    names = {"user", "genre", "artist", "country", "device"}
    for name in sorted(names):
        for box in (app.selectbox(key=other) for other in names - {name}):
            box.select(None)
        assert app.selectbox(key=name).options
        app.selectbox(key=name).select_index(0).run()
        assert not app.exception, name
        assert names & set(app.query_params) == {name}


@pytest.mark.slow
def test_model_shows_the_newest_cutoff_and_the_one_of_the_address(worked, monkeypatch):
    with database(worked).reader() as connection:
        auc = {
            cutoff: model.readable_model(connection, cutoff)["auc"].item()
            for cutoff in (CUTOFF, OLDER_CUTOFF)
        }
    app = open_page("model", worked, monkeypatch)
    assert tiles(app)["AUC"] == f"{auc[CUTOFF]:.3f}"
    app.selectbox(key="cutoff").select(str(OLDER_CUTOFF)).run()
    assert not app.exception
    assert app.query_params["cutoff"] == str(OLDER_CUTOFF)
    assert tiles(app)["AUC"] == f"{auc[OLDER_CUTOFF]:.3f}"
    assert "choose the newest one" in said(app)


def test_model_switches_between_its_coefficients(worked, monkeypatch):
    app = open_page("model", worked, monkeypatch, features="all features")
    assert not app.exception
    assert "Odds of a skip, all features" in said(app)


def test_model_tells_of_a_cutoff_that_nobody_trained(worked, monkeypatch):
    app = open_page("model", worked, monkeypatch, cutoff="yesterday'; drop table x")
    assert not app.exception
    assert "at which no model was trained" in said(app)


def test_model_without_a_model_says_what_to_run(published, monkeypatch):
    app = open_page("model", published, monkeypatch)
    assert not app.exception
    assert "No model was trained yet" in said(app)
    assert app.code[0].value == "spotify-assets materialize"


def test_audience_shows_means_of_the_period(worked, monkeypatch):
    app = open_page("audience", worked, monkeypatch, **ADDRESS)
    days = within(FEBRUARY, "local_date").group_by("local_date").agg(pl.col("user_id").n_unique())
    mean = days["user_id"].sum() / days.height
    assert tiles(app)["Daily active users"] == f"{mean:,.1f}"


def test_audience_says_which_filters_do_not_apply(worked, monkeypatch):
    app = open_page("audience", worked, monkeypatch, **ADDRESS)
    app.selectbox(key="genre").select_index(0).run()
    assert not app.exception
    assert "Not filtered by genre." in said(app)


@pytest.mark.slow
def test_audience_switches_cohorts_and_tells_of_garbage(worked, monkeypatch):
    assert "Who comes back, by month" in said(open_page("audience", worked, monkeypatch, cohorts="month"))
    app = open_page("audience", worked, monkeypatch, cohorts="decade")
    assert not app.exception
    assert "cohorts=decade" in said(app)
    assert "Who comes back, by week" in said(app)


def test_catalogue_says_why_there_are_no_followers(worked, monkeypatch):
    assert "Followers of artists are in no source" in said(open_page("catalogue", worked, monkeypatch))


@pytest.mark.slow
def test_catalogue_of_an_artist_that_nobody_heard_in_the_period_says_so(worked, monkeypatch):
    app = open_page("catalogue", worked, monkeypatch, **{"from": "2025-02-10", "to": "2025-02-10"})
    artists = app.selectbox(key="artist").options
    app.selectbox(key="artist").select_index(len(artists) - 1).run()
    assert not app.exception
    assert "widen the period" in said(app)


def test_quality_tells_what_is_broken_and_what_does_not_add_up(worked, monkeypatch):
    words = said(open_page("quality", worked, monkeypatch))
    assert "Failed\\: core\\_\\_tracks for 2025\\-04\\-01" in words
    assert "The books of raw.raw_events do not add up." in words
    assert "All 2 receipts add up" in words
    assert "1 of 3 checks pass; 2 that block fail." in words


def test_quality_without_any_of_it_says_what_to_do(published, monkeypatch):
    assert not (Settings(data_dir=published, _env_file=None).processed_dir / FILE).exists()
    app = open_page("quality", published, monkeypatch)
    words = said(app)
    assert not app.exception
    for hint in (
        "Nobody looked yet",
        "spotify-assets import FILE",
        "run spotify-assets check",
        "materialize",
    ):
        assert hint in words


def test_quality_names_a_file_that_is_none_of_ours(published, tmp_path, monkeypatch):
    serving = database(published).path
    monkeypatch.setattr(Settings, "processed_dir", property(lambda _: tmp_path))
    monkeypatch.setattr(Settings, "serving_path", property(lambda _: serving))
    (tmp_path / FILE).write_text("no list")
    app = open_page("quality", published, monkeypatch)
    assert not app.exception
    assert f"{FILE} cannot be read" in said(app)


def test_quality_shows_the_stream_where_there_is_one(published, tmp_path, monkeypatch):
    serving = database(published).path
    monkeypatch.setattr(Settings, "processed_dir", property(lambda _: tmp_path))
    monkeypatch.setattr(Settings, "serving_path", property(lambda _: serving))
    assert "The listening stream" not in said(open_page("quality", published, monkeypatch))
    told_at = datetime(2025, 3, 1, 12)  # noqa: DTZ001
    write_streams(tmp_path, [StreamedPartition("listening", 3, 1_000, 100, 12.3, 0.05, None, told_at)])
    app = open_page("quality", published, monkeypatch)
    assert not app.exception
    assert "The listening stream" in said(app)


def test_quality_shows_what_was_slow(published, tmp_path, monkeypatch):
    serving = database(published).path
    monkeypatch.setattr(Settings, "processed_dir", property(lambda _: tmp_path))
    monkeypatch.setattr(Settings, "serving_path", property(lambda _: serving))
    with noted(tmp_path, "top_100_tracks", "copy"):
        pass
    told_at = datetime(2025, 3, 1, 12)  # noqa: DTZ001
    write_steps(tmp_path, "run", told_at, [TimedStep("dbt", "marts/fact_listens", 12.5)])
    app = open_page("quality", published, monkeypatch)
    assert not app.exception
    for words in ("The slowest questions", "The slowest steps of the last run", "2025-03-01 12:00"):
        assert words in said(app)
    (tmp_path / STEPS).write_text("no steps")
    assert f"{STEPS} cannot be read" in said(open_page("quality", published, monkeypatch))


def test_pages_and_figures_have_the_same_numbers(worked, monkeypatch):
    app = open_page("audience", worked, monkeypatch, **ADDRESS, compare="none")
    with database(worked).reader() as connection:
        means = audience.active_means(connection, Filters(FEBRUARY)).row(0, named=True)
    assert tiles(app) == {
        "Daily active users": f"{means['daily_active_users']:,.1f}",
        "Monthly active users": f"{means['monthly_active_users']:,.1f}",
        "Stickiness": f"{means['stickiness']:.1%}",
        "Plays per user and day": f"{means['plays_per_active_user']:,.1f}",
    }
