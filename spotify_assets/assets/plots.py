"""The plots of a training cut-off with their words, drawn from the rows that it made.

Not here: how a plot looks (`charts`), and what a model says (`skip.insight`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from spotify_assets.charts.skips import (
    calibration_plot,
    coefficient_plot,
    ladder_coefficient_plot,
    roc_plot,
    survival_plot,
)
from spotify_assets.charts.theme import to_vega_lite
from spotify_assets.skip.insight import survival_insight
from spotify_assets.skip.report import skip_model_coefficients, skip_model_row
from spotify_assets.tables import (
    SKIP_CURVES,
    SKIP_FLAG_AGREEMENT,
    SKIP_LADDER,
    SKIP_LADDER_COEFFICIENTS,
    SKIP_SURVIVAL,
)

if TYPE_CHECKING:
    import altair as alt

    from spotify_assets.skip.model import SkipModel

READ, PREDICTS = "logistic", "gradient_boosting"
"""The estimator that is made to be read, and the one that predicts."""
_DIMENSIONS = (("all", ""), ("device", ", by device"), ("position", ", by position in the session"))


@dataclass(frozen=True)
class Plot:
    """A plot: its file name, title and what it says in words."""

    name: str
    title: str
    says: str
    chart: "alt.LayerChart"


def skip_model_summary(model: "SkipModel") -> pl.DataFrame:
    """The one row of `ml.skip_model`, with the plot of the model's coefficients as Vega-Lite."""
    plot = coefficient_plot(skip_model_coefficients(model), f"What goes with skipping, {model.training}")
    return skip_model_row(model, to_vega_lite(plot))


def plots_of(rows: Mapping[str, pl.DataFrame], cutoff: date) -> list[Plot]:
    """The plots of the tables of one cut-off that are among the rows."""
    return [
        *(_ladder(rows, cutoff) if SKIP_LADDER.name in rows else []),
        *(_survival(rows, cutoff) if SKIP_SURVIVAL.name in rows else []),
    ]


def _ladder(rows: Mapping[str, pl.DataFrame], cutoff: date) -> list[Plot]:
    """Coefficients of the last logistic regression, ROC curves, and calibration of both last models."""
    best = {
        estimator: steps.row(-1, named=True)
        for (estimator,), steps in rows[SKIP_LADDER.name].sort("step").group_by("estimator")
    }
    curves = rows[SKIP_CURVES.name]
    terms = rows[SKIP_LADDER_COEFFICIENTS.name].filter(pl.col("rung") == best[READ]["rung"])
    made = []
    if terms["ci_low"].null_count() == 0:
        title = f"Odds of a skip, all features, model of {cutoff}"
        largest = ladder_coefficient_plot(terms, title)
        made.append(Plot("skip_coefficients", title, best[READ]["insight"], largest))
    says = best[PREDICTS]["insight"]
    roc = curves.filter(pl.col("curve") == "roc", pl.col("estimator") == PREDICTS).select(
        "rung", false_positive_rate="x", true_positive_rate="y"
    )
    title = f"Ranking skips, gradient boosting, model of {cutoff}"
    made.append(Plot("skip_roc", title, says, roc_plot(roc, title)))
    calibration = curves.filter(pl.col("curve") == "calibration").select(
        rung="estimator", predicted="x", observed="y"
    )
    title = f"Predicted and observed skips, models of {cutoff}"
    return [*made, Plot("skip_calibration", title, says, calibration_plot(calibration, title))]


def _survival(rows: Mapping[str, pl.DataFrame], cutoff: date) -> list[Plot]:
    """Survival curves of everything, by device and by position."""
    curves = rows[SKIP_SURVIVAL.name]
    says = survival_insight(curves, rows[SKIP_FLAG_AGREEMENT.name])
    made = []
    for dimension, by in _DIMENSIONS:
        chosen = curves.filter(pl.col("dimension") == dimension)
        if not chosen.is_empty():
            title = f"When listeners skip{by}, up to {cutoff}"
            made.append(Plot(f"skip_survival_{dimension}", title, says, survival_plot(chosen, title)))
    return made
