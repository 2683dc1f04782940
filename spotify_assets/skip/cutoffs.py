"""Everything that one training cut-off gives: rows of the catalogue's tables, and plots with their words."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from spotify_assets.charts.skips import (
    calibration_plot,
    ladder_coefficient_plot,
    roc_plot,
    survival_plot,
)
from spotify_assets.skip import ladder as ladders
from spotify_assets.skip import popularity, report
from spotify_assets.skip.champions import Candidate, Judged, decide
from spotify_assets.skip.evaluation import auc_of, log_loss_of
from spotify_assets.skip.insight import survival_insight
from spotify_assets.skip.model import Window
from spotify_assets.skip.registry import LABEL
from spotify_assets.skip.survival import ALL, flag_agreement, skip_survival
from spotify_assets.tables import (
    FEATURE_DRIFT,
    MODEL_REGISTRY,
    POPULARITY_COEFFICIENTS,
    POPULARITY_MODEL,
    SKIP_CURVES,
    SKIP_FLAG_AGREEMENT,
    SKIP_LADDER,
    SKIP_LADDER_COEFFICIENTS,
    SKIP_PREDICTIONS,
    SKIP_SURVIVAL,
)

if TYPE_CHECKING:
    import altair as alt

    from spotify_assets.skip.ladder import Ladder

SKIP = "skip"
"""The target of the ladder's models in `ml.model_registry`."""

ENTRY_COLUMNS = tuple(name for name in MODEL_REGISTRY.column_names if name != "model")
"""Columns of the registry without the models' text, which is long."""


@dataclass(frozen=True)
class Plot:
    """A plot: its file name, title and what it says in words."""

    name: str
    title: str
    says: str
    chart: "alt.LayerChart"


@dataclass(frozen=True)
class Made:
    """Rows by table name, and plots."""

    rows: dict[str, pl.DataFrame]
    plots: list[Plot]

    def and_also(self, other: "Made") -> "Made":
        """Both, the rows of a table that both have one after the other."""
        names = [*self.rows, *(name for name in other.rows if name not in self.rows)]
        rows = {
            name: pl.concat([made.rows[name] for made in (self, other) if name in made.rows])
            for name in names
        }
        return Made(rows, [*self.plots, *other.plots])


@dataclass
class Registry:
    """The models of earlier cut-offs, those stored and those that this run made.

    `entries` gives the stored rows without their text, `read_text` the text of a stored model.
    """

    entries: Callable[[], pl.DataFrame]
    read_text: Callable[[str], str]
    made: list[pl.DataFrame] = field(default_factory=list)

    def earlier(self, target: str, estimator: str, cutoff: date) -> pl.DataFrame:
        """Entries of a target and estimator with earlier cut-offs."""
        rows = pl.concat([self.entries(), *self.made], how="diagonal").select(ENTRY_COLUMNS)
        return rows.filter(
            pl.col("target") == target, pl.col("estimator") == estimator, pl.col("cutoff_date") < cutoff
        )

    def text(self, model_id: str) -> str:
        """The text of a model."""
        for rows in self.made:
            found = rows.filter(pl.col("model_id") == model_id)["model"]
            if len(found):
                return str(found[0])
        return self.read_text(model_id)

    def enter(
        self,
        candidate: Candidate,
        judge: Callable[[str], Judged],
        *,
        cutoff: date,
        windows: tuple[Window, Window],
    ) -> tuple[pl.DataFrame, str]:
        """Compare a candidate with the models before it; its entry, and the id of the current model."""
        target, estimator, _ = candidate.model_id.split("/")
        verdict = decide(candidate, self.earlier(target, estimator, cutoff), judge)
        entry = report.registry_row(
            candidate,
            verdict,
            target=target,
            estimator=estimator,
            cutoff=cutoff,
            training=windows[0],
            test=windows[1],
        )
        self.made.append(entry)
        return entry, verdict.current_model_id


def skip_ladder(
    train: pl.DataFrame,
    test: pl.DataFrame,
    registry: Registry,
    *,
    cutoff: date,
    windows: tuple[Window, Window],
    sampled_from: int,
) -> Made:
    """The ladder of a cut-off, its models in the registry, and the predictions of the current one.

    Args:
        train: rows of `ml.model_features` to learn from.
        test: later rows to judge on.
        registry: the models of earlier cut-offs.
        cutoff: last day of the test rows.
        windows: the training and the test window.
        sampled_from: playbacks of both windows, of which the rows are all or a sample.

    Raises:
        TooLittleData: a window has too few rows, or one outcome only.
    """
    ladder = ladders.climb(train, test)
    test = test.sort("event_id")
    skipped = test[LABEL].to_numpy()

    def judge(model_id: str) -> Judged:
        probability = ladders.Model.from_json(registry.text(model_id)).predict(test)
        return log_loss_of(skipped, probability), auc_of(skipped, probability)

    entries, current = [], ""
    for estimator in (ladders.LOGISTIC, ladders.BOOSTING):
        rung = ladder.best(estimator)
        assert rung.model is not None  # the rungs of these estimators have one
        candidate = Candidate(
            model_id=f"{SKIP}/{estimator}/{cutoff}",
            rule_version=ladders.RULE_VERSION,
            log_loss=rung.measures["log_loss"].value,
            auc=rung.measures["auc"].value,
            model=rung.model.to_json(),
        )
        entry, current = registry.enter(candidate, judge, cutoff=cutoff, windows=windows)
        entries.append(entry)
    scored = report.prediction_rows(current, ladders.Model.from_json(registry.text(current)), test, cutoff)
    rows = {
        SKIP_LADDER.name: report.ladder_rows(ladder, cutoff, *windows, sampled_from),
        SKIP_LADDER_COEFFICIENTS.name: report.coefficient_rows(ladder, cutoff),
        FEATURE_DRIFT.name: report.drift_rows(ladder, cutoff),
        SKIP_CURVES.name: report.curve_rows(ladder, cutoff),
        SKIP_PREDICTIONS.name: scored,
        MODEL_REGISTRY.name: pl.concat(entries),
    }
    return Made(rows, _ladder_plots(ladder, rows, cutoff))


def popularity_model(tracks: pl.DataFrame, registry: Registry, *, cutoff: date, most_tracks: int) -> Made:
    """The popularity model of a cut-off, with the logistic one in the registry.

    Args:
        tracks: rows of `core.tracks` as of the cut-off.
        registry: the models of earlier cut-offs.
        cutoff: the day.
        most_tracks: how many tracks to use at most.

    Raises:
        TooFewTracks: the catalogue does not hold what the model needs.
    """
    model = popularity.train_popularity_model(tracks, most_tracks=most_tracks)
    measures = model.measures[ladders.LOGISTIC]
    candidate = Candidate(
        model_id=f"{popularity.TARGET}/{ladders.LOGISTIC}/{cutoff}",
        rule_version=popularity.RULE_VERSION,
        log_loss=measures["log_loss"].value,
        auc=measures["auc"].value,
        model=model.logit.to_json(),
    )

    def judge(model_id: str) -> Judged:
        found = model.judge(popularity.Multinomial.from_json(registry.text(model_id)))
        return found["log_loss"].value, found["auc"].value

    snapshot = Window("snapshot", model.snapshot, model.snapshot)
    entry, _ = registry.enter(candidate, judge, cutoff=cutoff, windows=(snapshot, snapshot))
    rows = {
        POPULARITY_MODEL.name: report.popularity_rows(model, cutoff),
        POPULARITY_COEFFICIENTS.name: report.popularity_coefficient_rows(model, cutoff),
        MODEL_REGISTRY.name: entry,
    }
    return Made(rows, [])


def survival(events: pl.DataFrame, genres: pl.DataFrame, *, cutoff: date) -> Made:
    """The survival curves of a cut-off, and how far the export's skip flag agrees with the outcome.

    Args:
        events: rows of `core.listening_events` of both windows; `survival.NEEDED` are enough.
        genres: `track_id` and `genre`, one row per track and genre.
        cutoff: last day of the events.
    """
    first = pl.lit(cutoff).alias("cutoff_date")
    curves = skip_survival(events, genres).select(first, pl.all())
    agreement = flag_agreement(events).select(first, pl.all())
    rows = {SKIP_SURVIVAL.name: curves, SKIP_FLAG_AGREEMENT.name: agreement}
    says = survival_insight(curves, agreement)
    plots = [
        Plot(f"skip_survival_{dimension}", title, says, survival_plot(chosen, title))
        for dimension, title in (
            (ALL, f"When listeners skip, up to {cutoff}"),
            ("device", f"When listeners skip, by device, up to {cutoff}"),
            ("position", f"When listeners skip, by position in the session, up to {cutoff}"),
        )
        if not (chosen := curves.filter(pl.col("dimension") == dimension)).is_empty()
    ]
    return Made(rows, plots)


def _ladder_plots(ladder: "Ladder", rows: dict[str, pl.DataFrame], cutoff: date) -> list[Plot]:
    """Coefficients of the last logistic regression, ROC curves, and calibration of both last models."""
    best = {estimator: ladder.best(estimator) for estimator in (ladders.LOGISTIC, ladders.BOOSTING)}
    steps = rows[SKIP_LADDER.name]
    says = {
        estimator: steps.filter(pl.col("rung") == rung.name, pl.col("estimator") == estimator)["insight"][0]
        for estimator, rung in best.items()
    }
    curves = rows[SKIP_CURVES.name]
    roc = curves.filter(pl.col("curve") == "roc", pl.col("estimator") == ladders.BOOSTING).select(
        "rung", false_positive_rate="x", true_positive_rate="y"
    )
    calibration = curves.filter(pl.col("curve") == "calibration").select(
        rung="estimator", predicted="x", observed="y"
    )
    terms = rows[SKIP_LADDER_COEFFICIENTS.name].filter(pl.col("rung") == best[ladders.LOGISTIC].name)
    made = []
    title = f"Odds of a skip, all features, model of {cutoff}"
    if terms["ci_low"].null_count() == 0:
        largest = ladder_coefficient_plot(terms, title)
        made.append(Plot("skip_coefficients", title, says[ladders.LOGISTIC], largest))
    title = f"Ranking skips, gradient boosting, model of {cutoff}"
    made.append(Plot("skip_roc", title, says[ladders.BOOSTING], roc_plot(roc, title)))
    title = f"Predicted and observed skips, models of {cutoff}"
    return [
        *made,
        Plot("skip_calibration", title, says[ladders.BOOSTING], calibration_plot(calibration, title)),
    ]
