"""What is shown of the models is what was stored of them, and who is popular and yet skipped is right."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import pytest

from spotify_assets.figures import model
from spotify_assets.figures.view import Filters, choices
from spotify_assets.settings import Settings
from spotify_assets.warehouse.database import Database
from tests.dbt import test_kpis as kpis
from tests.figures.recount import FEBRUARY, genres
from tests.worked import CUTOFF, OLDER_CUTOFF, predictions

VIEW = Filters(FEBRUARY)


@pytest.fixture
def connection(worked: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with Database(Settings(data_dir=worked, _env_file=None).serving_path).reader() as opened:
        yield opened


def stored(connection: duckdb.DuckDBPyConnection, table: str) -> pl.DataFrame:
    rows: pl.DataFrame = connection.sql(f"from ml.{table}").pl()
    return rows


def test_cutoffs_are_listed_newest_first(connection):
    assert model.cutoffs(connection) == [CUTOFF, OLDER_CUTOFF]
    assert model.ladder_cutoffs(connection) == [CUTOFF]


def test_a_cutoff_shows_its_own_model(connection):
    for cutoff in (CUTOFF, OLDER_CUTOFF):
        [row] = model.readable_model(connection, cutoff).to_dicts()
        assert row["test_to"] == cutoff
        terms = model.coefficients(connection, cutoff)
        assert set(terms["cutoff_date"]) == {cutoff}
        assert "intercept" in terms["term"]
    assert model.models_over_time(connection)["cutoff_date"].to_list() == [OLDER_CUTOFF, CUTOFF]


def test_ladder_goes_up_in_steps_and_its_last_coefficients_have_all_features(connection):
    rungs = model.ladder(connection, CUTOFF)
    assert rungs["step"].to_list() == list(range(1, rungs.height + 1))
    terms = model.ladder_coefficients(connection, CUTOFF)
    columns = rungs.filter(rung="history", estimator="logistic")["columns"].item()
    assert terms.filter(pl.col("term") != "intercept").height == columns


def test_curves_are_one_per_rung_in_the_order_of_the_ladder(connection):
    rungs = model.ladder(connection, CUTOFF).filter(estimator="gradient_boosting")["rung"].to_list()
    roc = model.roc(connection, CUTOFF)
    assert roc["rung"].unique(maintain_order=True).to_list() == rungs
    for _, curve in roc.group_by("rung", maintain_order=True):
        assert curve["false_positive_rate"].is_sorted()
        assert curve["true_positive_rate"].is_sorted()
    bins = model.calibration(connection, CUTOFF)
    assert set(bins["rung"]) == {"logistic", "gradient_boosting"}
    judged = model.ladder(connection, CUTOFF)["test_rows"][0]
    assert bins.group_by("rung").agg(pl.col("playbacks").sum())["playbacks"].to_list() == [judged] * 2


def test_drift_puts_the_furthest_first(connection):
    found = model.drift(connection, CUTOFF)
    assert found["psi"].is_sorted(descending=True)
    assert found.height == stored(connection, "feature_drift").height


def popular_and_skipped() -> pl.DataFrame:
    """The planted predictions, judged by the definition: enough playbacks, top quarter of both."""
    totals = kpis.track_totals().sort("track_rank", nulls_last=True)
    known = totals.select("track_id", "popularity").drop_nulls()
    judged = predictions(known).filter(pl.col("playbacks") >= model.LEAST_PLAYBACKS)
    high = [
        pl.col(name) >= pl.col(name).quantile(0.75, "linear") for name in ("skip_probability", "popularity")
    ]
    return judged.with_columns(is_both=pl.all_horizontal(high))


def test_popular_and_skipped_are_the_top_quarters_of_both(connection):
    expected = popular_and_skipped()
    found = model.popular_and_skipped(connection, CUTOFF, VIEW)
    assert 0 < expected["is_both"].sum() < expected.height
    assert dict(found.select("track_id", "is_both").iter_rows()) == dict(
        expected.select("track_id", "is_both").iter_rows()
    )
    assert found["is_both"].is_sorted(descending=True)
    names = dict(kpis.track_totals().select("track_id", "track_name").iter_rows())
    assert [names[track] for track in found["track_id"]] == found["track_name"].to_list()


@pytest.mark.parametrize("name", ["genre", "artist_id"])
def test_genre_and_artist_choose_among_the_judged_tracks(connection, name):
    offered = choices(connection)
    value = next(iter(getattr(offered, name)))
    if name == "genre":
        own = set(genres().filter(pl.col("genre") == value)["track"])
    else:
        artist = offered.artist_id[value]
        own = set(kpis.track_totals().filter(pl.col("primary_artist_name") == artist)["track_id"])
    expected = popular_and_skipped().filter(pl.col("track_id").is_in(own))
    found = model.popular_and_skipped(connection, CUTOFF, replace(VIEW, **{name: value}))
    assert expected.height > 0
    assert dict(found.select("track_id", "is_both").iter_rows()) == dict(
        expected.select("track_id", "is_both").iter_rows()
    )


def test_without_models_there_are_no_rows(tmp_path: Path):
    with duckdb.connect(str(tmp_path / "empty.duckdb")) as empty:
        assert model.cutoffs(empty) == model.ladder_cutoffs(empty) == []
        assert model.models_over_time(empty).is_empty()
        for figure in (model.readable_model, model.ladder, model.roc, model.calibration, model.drift):
            assert figure(empty, CUTOFF).is_empty()
        assert model.popular_and_skipped(empty, CUTOFF, VIEW).is_empty()
