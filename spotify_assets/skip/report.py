"""The models as rows of the catalogue's tables, with what they say in words."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import polars as pl

from spotify_assets.rows.window import Window
from spotify_assets.skip import ladder as ladders
from spotify_assets.skip.champions import Candidate, Verdict
from spotify_assets.skip.evaluation import MEASURES, Estimate, calibration_curve, roc_curve
from spotify_assets.skip.insight import insight, popularity_insight, rung_insight
from spotify_assets.skip.ladder import Ladder, Model, Rung
from spotify_assets.skip.logistic import Coefficient, Logistic
from spotify_assets.skip.model import RULE_VERSION as MODEL_RULE
from spotify_assets.skip.model import SkipModel
from spotify_assets.skip.popularity import RULE_VERSION as POPULARITY_RULE
from spotify_assets.skip.popularity import PopularityModel
from spotify_assets.tables import (
    FEATURE_DRIFT,
    MODEL_REGISTRY,
    POPULARITY_COEFFICIENTS,
    POPULARITY_MODEL,
    SKIP_CURVES,
    SKIP_LADDER,
    SKIP_LADDER_COEFFICIENTS,
    SKIP_MODEL,
    SKIP_MODEL_COEFFICIENTS,
    SKIP_PREDICTIONS,
)


def skip_model_row(model: SkipModel, plot: str) -> pl.DataFrame:
    """The one row of `ml.skip_model`; `plot` is that of its coefficients, as Vega-Lite."""
    row = {
        **{name: value for name, value in vars(model).items() if name in SKIP_MODEL.column_names},
        **_windows(model.training, model.test),
        "cutoff_date": model.cutoff,
        "rule_version": MODEL_RULE,
        "insight": insight(model),
        "coefficient_plot": plot,
    }
    return pl.DataFrame([row], schema=SKIP_MODEL.polars_schema)


def skip_model_coefficients(model: SkipModel) -> pl.DataFrame:
    """The rows of `ml.skip_model_coefficients`: one per term, the intercept first."""
    rows = [
        {
            "cutoff_date": model.cutoff,
            "feature_mean": row["column_mean"],
            "feature_sd": row["column_sd"],
            **row,
        }
        for row in _coefficients((model.intercept, *model.features))
    ]
    schema = SKIP_MODEL_COEFFICIENTS.polars_schema
    return pl.DataFrame([{name: row[name] for name in schema} for row in rows], schema=schema)


def ladder_rows(
    ladder: Ladder, cutoff: date, training: Window, test: Window, sampled_from: int
) -> pl.DataFrame:
    """The rows of `ml.skip_ladder`: one per rung and estimator."""
    rows = [
        {
            "cutoff_date": cutoff,
            "step": step,
            "rung": rung.name,
            "estimator": rung.estimator,
            "rule_version": ladders.RULE_VERSION,
            **_windows(training, test),
            "train_rows": ladder.train_rows,
            "test_rows": ladder.test_rows,
            "sampled_from": sampled_from,
            "cluster": ladder.cluster,
            "clusters": ladder.clusters,
            "columns": rung.columns,
            **_measures(rung.measures),
            "insight": rung_insight(ladder, rung),
        }
        for step, rung in enumerate(ladder.rungs, 1)
    ]
    return pl.DataFrame(rows, schema=SKIP_LADDER.polars_schema)


def coefficient_rows(ladder: Ladder, cutoff: date) -> pl.DataFrame:
    """The rows of `ml.skip_ladder_coefficients`: one per rung with a logistic regression and term."""
    rows = [
        {"cutoff_date": cutoff, "rung": rung.name, **row}
        for rung in ladder.rungs
        if rung.model and isinstance(rung.model.fitted, Logistic)
        for row in _coefficients(rung.model.fitted.terms)
    ]
    return pl.DataFrame(rows, schema=SKIP_LADDER_COEFFICIENTS.polars_schema)


def drift_rows(ladder: Ladder, cutoff: date) -> pl.DataFrame:
    """The rows of `ml.feature_drift`: one per feature, and the score."""
    return ladder.drift.select(pl.lit(cutoff).alias("cutoff_date"), pl.all()).cast(
        FEATURE_DRIFT.polars_schema
    )


def curve_rows(ladder: Ladder, cutoff: date) -> pl.DataFrame:
    """The rows of `ml.skip_curves`: ROC of each model with features, calibration of the last of each kind."""
    curves = []
    for rung in ladder.rungs:
        if rung.model is None:
            continue
        roc = roc_curve(ladder.skipped, rung.probability).select(
            x="false_positive_rate", y="true_positive_rate", playbacks=pl.lit(None, pl.Int64)
        )
        curves.append(_curve(roc, "roc", rung, cutoff))
        if rung is ladder.best(rung.estimator):
            bins = calibration_curve(ladder.skipped, rung.probability)
            calibration = bins.select("playbacks", x="predicted", y="observed")
            curves.append(_curve(calibration, "calibration", rung, cutoff))
    return pl.concat([SKIP_CURVES.empty(), *curves])


def _curve(points: pl.DataFrame, curve: str, rung: Rung, cutoff: date) -> pl.DataFrame:
    return points.select(
        pl.lit(cutoff).alias("cutoff_date"),
        pl.lit(curve).alias("curve"),
        pl.lit(rung.name).alias("rung"),
        pl.lit(rung.estimator).alias("estimator"),
        pl.int_range(pl.len()).alias("point"),
        "x",
        "y",
        "playbacks",
    ).cast(SKIP_CURVES.polars_schema)


def prediction_rows(model_id: str, model: Model, test: pl.DataFrame, cutoff: date) -> pl.DataFrame:
    """The rows of `ml.skip_predictions`: one per track of the test rows."""
    return (
        test.select("track_id", "is_skip", "popularity", score=pl.Series(model.predict(test)))
        .group_by("track_id")
        .agg(
            cutoff_date=pl.lit(cutoff),
            model_id=pl.lit(model_id),
            playbacks=pl.len(),
            skip_probability=pl.col("score").mean(),
            skip_rate=pl.col("is_skip").mean(),
            popularity=pl.col("popularity").max(),
        )
        .select(SKIP_PREDICTIONS.column_names)
        .cast(SKIP_PREDICTIONS.polars_schema)
        .sort("track_id")
    )


def registry_row(
    candidate: Candidate,
    verdict: Verdict,
    *,
    target: str,
    estimator: str,
    cutoff: date,
    training: Window,
    test: Window,
) -> pl.DataFrame:
    """The candidate's row of `ml.model_registry`."""
    row = {
        **asdict(candidate),
        **asdict(verdict),
        "target": target,
        "estimator": estimator,
        "cutoff_date": cutoff,
        **_windows(training, test),
    }
    known = {name: row[name] for name in MODEL_REGISTRY.column_names}
    return pl.DataFrame([known], schema=MODEL_REGISTRY.polars_schema)


def popularity_rows(model: PopularityModel, cutoff: date) -> pl.DataFrame:
    """The rows of `ml.popularity_model`: one per estimator."""
    rows = [
        {
            "cutoff_date": cutoff,
            "estimator": estimator,
            "rule_version": POPULARITY_RULE,
            "snapshot_date": model.snapshot,
            "train_rows": model.train_rows,
            "test_rows": model.test_rows,
            "artists": model.artists,
            "middle_from": model.cuts[0],
            "high_from": model.cuts[1],
            **_measures(measures),
            "insight": popularity_insight(model, estimator),
        }
        for estimator, measures in model.measures.items()
    ]
    return pl.DataFrame(rows, schema=POPULARITY_MODEL.polars_schema)


def popularity_coefficient_rows(model: PopularityModel, cutoff: date) -> pl.DataFrame:
    """The rows of `ml.popularity_coefficients`: one per bucket and term."""
    rows = [
        {"cutoff_date": cutoff, "bucket": bucket, **row}
        for bucket, terms in model.terms.items()
        for row in _coefficients(terms)
    ]
    return pl.DataFrame(rows, schema=POPULARITY_COEFFICIENTS.polars_schema)


def _windows(training: Window, test: Window) -> dict[str, date]:
    return {
        "train_from": training.start,
        "train_to": training.end - timedelta(days=1),
        "test_from": test.start,
        "test_to": test.end - timedelta(days=1),
    }


def _measures(measures: Mapping[str, Estimate]) -> dict[str, float | None]:
    row: dict[str, float | None] = {}
    for name in MEASURES:
        estimate = measures[name]
        row |= {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
    return row


def _coefficients(terms: Sequence[Coefficient]) -> Iterator[dict[str, Any]]:
    for term in terms:
        yield {
            "term": term.term,
            "coefficient": term.coefficient,
            "standard_error": term.standard_error,
            "ci_low": term.ci_low,
            "ci_high": term.ci_high,
            "p_value": term.p_value,
            "odds_ratio": math.exp(term.coefficient),
            "odds_ratio_low": None if term.ci_low is None else math.exp(term.ci_low),
            "odds_ratio_high": None if term.ci_high is None else math.exp(term.ci_high),
            "column_mean": term.mean,
            "column_sd": term.sd,
        }
