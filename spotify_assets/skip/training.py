"""Everything that one training cut-off gives: rows of the catalogue's tables."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl

from spotify_assets.rows.window import Window
from spotify_assets.skip import ladder as ladders
from spotify_assets.skip import popularity, report
from spotify_assets.skip.champions import Candidate, Judged, decide
from spotify_assets.skip.evaluation import auc_of, log_loss_of
from spotify_assets.skip.registry import LABEL
from spotify_assets.skip.survival import flag_agreement, skip_survival
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

SKIP = "skip"
"""The target of the ladder's models in `ml.model_registry`."""

ENTRY_COLUMNS = tuple(name for name in MODEL_REGISTRY.column_names if name != "model")
"""Columns of the registry without the models' text, which is long."""


Rows = Mapping[str, pl.DataFrame]
"""Rows by the name of the table that they are of."""


def both(one: Rows, other: Rows) -> Rows:
    """The rows of both, those of a table that both have one after the other."""
    return {
        name: pl.concat([rows[name] for rows in (one, other) if name in rows])
        for name in dict.fromkeys((*one, *other))
    }


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
) -> Rows:
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
    return {
        SKIP_LADDER.name: report.ladder_rows(ladder, cutoff, *windows, sampled_from),
        SKIP_LADDER_COEFFICIENTS.name: report.coefficient_rows(ladder, cutoff),
        FEATURE_DRIFT.name: report.drift_rows(ladder, cutoff),
        SKIP_CURVES.name: report.curve_rows(ladder, cutoff),
        SKIP_PREDICTIONS.name: scored,
        MODEL_REGISTRY.name: pl.concat(entries),
    }


def popularity_model(tracks: pl.DataFrame, registry: Registry, *, cutoff: date, most_tracks: int) -> Rows:
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

    snapshot = Window(model.snapshot, model.snapshot + timedelta(days=1))
    entry, _ = registry.enter(candidate, judge, cutoff=cutoff, windows=(snapshot, snapshot))
    return {
        POPULARITY_MODEL.name: report.popularity_rows(model, cutoff),
        POPULARITY_COEFFICIENTS.name: report.popularity_coefficient_rows(model, cutoff),
        MODEL_REGISTRY.name: entry,
    }


def survival(events: pl.DataFrame, genres: pl.DataFrame, *, cutoff: date) -> Rows:
    """The survival curves of a cut-off, and how far the export's skip flag agrees with the outcome.

    Args:
        events: rows of `core.listening_events` of both windows; `survival.NEEDED` are enough.
        genres: `track_id` and `genre`, one row per track and genre.
        cutoff: last day of the events.
    """
    first = pl.lit(cutoff).alias("cutoff_date")
    curves = skip_survival(events, genres).select(first, pl.all())
    agreement = flag_agreement(events).select(first, pl.all())
    return {SKIP_SURVIVAL.name: curves, SKIP_FLAG_AGREEMENT.name: agreement}
