"""What a cut-off gives fits the catalogue's tables and agrees with itself; its words say its numbers."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from spotify_assets.assets.plots import plots_of
from spotify_assets.charts.theme import save
from spotify_assets.skip.sampling import training_and_test
from spotify_assets.skip.training import (
    ENTRY_COLUMNS,
    Registry,
    Rows,
    both,
    popularity_model,
    skip_ladder,
    survival,
)
from spotify_assets.tables import (
    FEATURE_DRIFT,
    MODEL_REGISTRY,
    POPULARITY_COEFFICIENTS,
    POPULARITY_MODEL,
    SKIP_CURVES,
    SKIP_LADDER,
    SKIP_LADDER_COEFFICIENTS,
    SKIP_PREDICTIONS,
    TABLES,
)
from spotify_assets.warehouse.store import conform
from tests.skip.rows import DAYS, FIRST, IN_TEST, TEST_DAYS, feature_rows
from tests.skip.test_popularity import catalogue
from tests.skip.test_survival import NO_GENRES, plays

CUTOFF = FIRST + timedelta(days=DAYS - 1)
WINDOWS = training_and_test(CUTOFF, training_days=DAYS - TEST_DAYS, test_days=TEST_DAYS)


def registry(*stored: pl.DataFrame) -> Registry:
    rows = pl.concat([MODEL_REGISTRY.empty(), *stored])
    return Registry(
        lambda: rows.select(ENTRY_COLUMNS), lambda name: str(rows.filter(model_id=name)["model"].item())
    )


def ladder_of(rows: pl.DataFrame, models: Registry, cutoff: date = CUTOFF) -> Rows:
    return skip_ladder(
        rows.filter(~IN_TEST),
        rows.filter(IN_TEST),
        models,
        cutoff=cutoff,
        windows=WINDOWS,
        sampled_from=2 * rows.height,
    )


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    return feature_rows(1)


@pytest.fixture(scope="module")
def made(rows: pl.DataFrame) -> Rows:
    popularity = popularity_model(catalogue(1), registry(), cutoff=CUTOFF, most_tracks=10_000)
    return both(ladder_of(rows, registry()), popularity)


def audited(made: Rows) -> Iterator[str]:
    """Names of the tables after their rows were found to fit the catalogue."""
    for name, rows in made.items():
        table = next(table for table in TABLES.values() if table.name == name)
        fitting = conform(rows, table, name)
        required = [column.name for column in table.columns if not column.nullable]
        assert fitting.select(required).null_count().sum_horizontal().item() == 0, name
        assert fitting.select(table.key).is_unique().all(), name
        for column in table.columns:
            values = fitting[column.name].drop_nulls()
            if column.minimum is not None and len(values):
                assert values.min() >= column.minimum, (name, column.name)  # type: ignore[operator]
            if column.maximum is not None and len(values):
                assert values.max() <= column.maximum, (name, column.name)  # type: ignore[operator]
            if column.accepted:
                assert set(values) <= set(column.accepted), (name, column.name)
        yield name


def test_rows_fit_the_catalogue(made):
    assert set(audited(made)) == {
        SKIP_LADDER.name,
        SKIP_LADDER_COEFFICIENTS.name,
        FEATURE_DRIFT.name,
        SKIP_CURVES.name,
        SKIP_PREDICTIONS.name,
        MODEL_REGISTRY.name,
        POPULARITY_MODEL.name,
        POPULARITY_COEFFICIENTS.name,
    }
    curves = survival(plays(1), NO_GENRES, cutoff=CUTOFF)
    assert set(audited(curves)) == {"skip_survival", "skip_flag_agreement"}


def test_predictions_are_the_mean_per_track_and_say_what_happened(rows, made):
    predictions = made[SKIP_PREDICTIONS.name]
    test = rows.filter(IN_TEST)
    assert predictions["playbacks"].sum() == test.height
    total = (predictions["skip_probability"] * predictions["playbacks"]).sum() / test.height
    assert total == pytest.approx(test["is_skip"].mean(), abs=0.03)
    rates = dict(test.group_by("track_id").agg(pl.col("is_skip").mean()).iter_rows())
    for track, rate in predictions.select("track_id", "skip_rate").iter_rows():
        assert rate == pytest.approx(rates[track])
    popular = dict(test.group_by("track_id").agg(pl.col("popularity").max()).iter_rows())
    assert dict(predictions.select("track_id", "popularity").iter_rows()) == popular


def test_curves_agree_with_the_measures_of_their_models(rows, made):
    curves, ladder = made[SKIP_CURVES.name], made[SKIP_LADDER.name]
    with_features = ladder.filter(pl.col("estimator").is_in(["logistic", "gradient_boosting"]))
    roc = curves.filter(curve="roc")
    assert roc.select("rung", "estimator").unique().height == with_features.height
    for model in with_features.iter_rows(named=True):
        points = roc.filter(rung=model["rung"], estimator=model["estimator"]).sort("point")
        assert points.select("x", "y").row(0) == (0, 0)
        assert points.select("x", "y").row(-1) == (1, 1)
        under = np.trapezoid(points["y"].to_numpy(), points["x"].to_numpy())
        assert under == pytest.approx(model["auc"], abs=0.01)
    calibration = curves.filter(curve="calibration")
    assert set(calibration["estimator"]) == {"logistic", "gradient_boosting"}
    for (estimator,), bins in calibration.group_by("estimator"):
        assert bins["playbacks"].sum() == rows.filter(IN_TEST).height
        error = ((bins["x"] - bins["y"]).abs() * bins["playbacks"]).sum() / bins["playbacks"].sum()
        [said] = ladder.filter(rung=bins["rung"][0], estimator=estimator)["calibration_error"]
        assert error == pytest.approx(said)


def test_a_later_model_is_compared_with_the_one_before_on_its_own_test_rows(rows, made):
    first = made[MODEL_REGISTRY.name]
    worse = feature_rows(1, learnable=False).with_columns(
        is_skip=pl.when(IN_TEST).then(rows["is_skip"]).otherwise("is_skip")
    )
    later = CUTOFF + timedelta(days=1)
    entries = ladder_of(worse, registry(first), later)[MODEL_REGISTRY.name]
    for entry in entries.iter_rows(named=True):
        before = first.filter(target="skip", estimator=entry["estimator"]).row(0, named=True)
        # The test rows are those of the first cut-off, so its model does there what it did.
        assert entry["previous_model_id"] == entry["challenged_model_id"] == before["model_id"]
        assert entry["previous_log_loss"] == pytest.approx(before["log_loss"], rel=1e-5)
        assert entry["previous_auc"] == pytest.approx(before["auc"], abs=1e-3)
        assert entry["log_loss"] > before["log_loss"]
        assert not entry["promoted"]
        assert entry["current_model_id"] == before["model_id"]


def test_the_current_model_scores_even_where_the_new_one_lost(rows, made):
    worse = feature_rows(1, learnable=False).with_columns(
        is_skip=pl.when(IN_TEST).then(rows["is_skip"]).otherwise("is_skip")
    )
    later = CUTOFF + timedelta(days=1)
    again = ladder_of(worse, registry(made[MODEL_REGISTRY.name]), later)[SKIP_PREDICTIONS.name]
    assert set(again["model_id"]) == {f"skip/gradient_boosting/{CUTOFF}"}


def test_insights_say_the_numbers_of_their_rows(made):
    ladder = made[SKIP_LADDER.name]
    for row in ladder.filter(pl.col("columns") > 1).iter_rows(named=True):
        assert (
            f"AUC of {row['auc']:.3f} (95 % interval {row['auc_low']:.3f} to {row['auc_high']:.3f})"
            in (row["insight"])
        )
    session = ladder.filter(rung="session", estimator="logistic")["insight"].item()
    start = ladder.filter(rung="start", estimator="logistic")["auc"].item()
    assert f"against {start:.3f} without it" in session
    assert "Controlling for the other" in session
    assert "one standard deviation more of previous_is_skip goes with" in session
    assert session.endswith("This is association, not cause.")
    popularity = made[POPULARITY_MODEL.name].filter(estimator="logistic")["insight"].item()
    assert "one standard deviation more of danceability goes with" in popularity
    assert "odds of the high rather than the low bucket" in popularity


def test_the_survival_insight_says_grades_bands_and_the_flag():
    curves = survival(plays(1), NO_GENRES, cutoff=CUTOFF)
    says = plots_of(curves, CUTOFF)[0].says
    end = curves["skip_survival"].filter(value="all", grade="end").row(0, named=True)
    assert "Of 2,000 playbacks" in says
    assert f"{100 * (1 - end['survival']):.0f} % before the end (95 % band " in says
    assert "flag says so of 33 % of the skips" in says or "flag says so of 34 % of the skips" in says


@pytest.mark.slow
def test_plots_become_files_that_carry_their_words(made, tmp_path):
    assert [plot.name for plot in plots_of(made, CUTOFF)] == [
        "skip_coefficients",
        "skip_roc",
        "skip_calibration",
    ]
    for plot in plots_of({**made, **survival(plays(1), NO_GENRES, cutoff=CUTOFF)}, CUTOFF):
        image = save(plot.chart, tmp_path, plot.name, plot.says)
        assert image.read_bytes().startswith(b"\x89PNG")
        specification = (tmp_path / f"{plot.name}.vl.json").read_text()
        assert plot.title in specification
        assert '"description"' in specification
    assert not list(tmp_path.glob(".*"))
