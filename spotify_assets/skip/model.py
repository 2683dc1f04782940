"""The skip model: logistic regression of skipping on what a track sounds like and how popular it is.

It is made to be read, not to win: five standardised features, standard errors that respect that a user's
playbacks resemble each other, and a judgement on days that come after the ones it learnt from.

The regression and its cluster-robust errors are those of `skip.logistic`, without its penalty: maximum
likelihood. Pseudo-R²: McFadden (1974), 1 - ln L / ln L0.
"""

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from spotify_assets.rows.window import Window
from spotify_assets.skip import logistic
from spotify_assets.skip.evaluation import THRESHOLD, Labels, clusters_of, log_loss_of
from spotify_assets.skip.logistic import Coefficient, Floats, Logistic
from spotify_assets.skip.registry import LABEL
from spotify_assets.skip.sampling import training_and_test
from spotify_assets.skip.threads import threads_for

RULE_VERSION = "skip-logit-v1"
"""Version of the feature list and estimator; changes with either."""

MODEL_TERMS = ("danceability", "energy", "valence", "tempo", "popularity")
"""Features that the model uses, all from the catalogue."""

TRAINING, TEST = "training", "test"
"""What the two windows are called."""


class NotEnoughData(ValueError):  # noqa: N818
    """A window does not hold what the model needs; the message says which one and what to do."""


@dataclass(frozen=True)
class SkipModel:
    """A trained skip model and how it did on the test window.

    Skip rates, AUC and accuracies are shares from 0 to 1, log losses nats per playback. The intercept is the
    log-odds of a skip where every feature is at its mean.
    """

    cutoff: date
    training: Window
    test: Window
    train_rows: int
    test_rows: int
    incomplete_rows: int
    users: int
    base_rate: float
    test_skip_rate: float
    auc: float
    accuracy: float
    base_accuracy: float
    log_loss: float
    base_log_loss: float
    pseudo_r2: float
    intercept: Coefficient
    features: tuple[Coefficient, ...]


def train_skip_model(
    features: pl.DataFrame, cutoff: date, *, training_days: int, test_days: int
) -> SkipModel:
    """Train the skip model on the days before the test window, and judge it on the test window.

    The test window is the last `test_days` days up to and including `cutoff`, the training window the
    `training_days` days before it, both by `event_date`. Playbacks with an unknown feature are left out and
    counted. Features are standardised by the mean and standard deviation (n - 1) of the training playbacks.
    The result does not depend on the order of the rows.

    Args:
        features: rows of `ml.model_features`; those outside both windows are ignored.
        cutoff: last day of data that the model is judged on.
        training_days: length of the training window in days.
        test_days: length of the test window in days.

    Raises:
        NotEnoughData: a window has no complete playback or only one outcome; the training window has fewer
            than two users, a constant feature, features that determine each other, or features that
            separate skips from the rest, so that no finite coefficient fits.
        ValueError: a window would have no day.
    """
    training, test = training_and_test(cutoff, training_days=training_days, test_days=test_days)
    rows = features.filter(_inside(Window(training.start, test.end))).select(
        "event_id", "event_date", "user_id", LABEL, *(pl.col(term).cast(pl.Float64) for term in MODEL_TERMS)
    )
    # Sums of floats depend on their order, so the rows get one.
    complete = rows.filter(_all_known()).sort("event_id")
    train_rows = _of_window(complete, rows, TRAINING, training)
    test_rows = _of_window(complete, rows, TEST, test)
    _require_variation(train_rows, training)
    with threads_for(train_rows.height):
        fitted = _fit(train_rows, training)
    learnt = train_rows[LABEL].to_numpy()
    base_rate = float(learnt.mean())
    intercept, *terms = fitted.terms
    return SkipModel(
        cutoff=cutoff,
        training=training,
        test=test,
        train_rows=train_rows.height,
        test_rows=test_rows.height,
        incomplete_rows=rows.height - complete.height,
        users=train_rows["user_id"].n_unique(),
        base_rate=base_rate,
        pseudo_r2=1 - log_loss_of(learnt, fitted.predict(_design(train_rows))) / _entropy(base_rate),
        intercept=intercept,
        features=tuple(terms),
        **_judge(test_rows[LABEL].to_numpy(), fitted.predict(_design(test_rows)), base_rate),
    )


def _all_known() -> pl.Expr:
    return pl.all_horizontal(pl.col(term).is_finite().fill_null(value=False) for term in MODEL_TERMS)


def _inside(window: Window) -> pl.Expr:
    return pl.col("event_date").is_between(window.start, window.end, closed="left")


def _of_window(complete: pl.DataFrame, rows: pl.DataFrame, name: str, window: Window) -> pl.DataFrame:
    """The complete playbacks of a window.

    Raises:
        NotEnoughData: there is none, or they all have one outcome.
    """
    selected = complete.filter(_inside(window))
    skips = int(selected[LABEL].sum())
    counted = (
        f"{name} window {window}: {selected.height} complete playbacks of "
        f"{selected['user_id'].n_unique()} users, {skips} of them skipped"
    )
    if selected.is_empty():
        left_out = rows.filter(_inside(window)).height
        remedy = (
            f"{left_out} playbacks lack one of {', '.join(MODEL_TERMS)}: load a catalogue snapshot that has "
            "their tracks"
            if left_out
            else "load listening events of these days, or choose a cut-off within the days that are loaded"
        )
        raise NotEnoughData(f"{counted}; {remedy}")
    if skips in (0, selected.height):
        raise NotEnoughData(
            f"{counted}; the model needs both outcomes: make the window longer "
            f"(SPOTIFY_{name.upper()}_DAYS) or load more listeners"
        )
    return selected


def _design(rows: pl.DataFrame) -> Floats:
    return rows.select(MODEL_TERMS).to_numpy()


def _counted(rows: pl.DataFrame, window: Window) -> str:
    users = rows["user_id"].n_unique()
    listeners = f"{users} user{'s' if users > 1 else ''}"
    return f"{TRAINING} window {window}: {rows.height} complete playbacks of {listeners}"


def _require_variation(rows: pl.DataFrame, window: Window) -> None:
    """Refuse training playbacks from which no error or no effect can be estimated.

    Raises:
        NotEnoughData: there is one user only, or a feature is constant.
    """
    if rows["user_id"].n_unique() < 2:
        raise NotEnoughData(
            f"{_counted(rows, window)}; the standard errors compare users, so at least 2 are needed: "
            "load the listening of another person, or generated listeners"
        )
    values = _design(rows)
    for column, term in enumerate(MODEL_TERMS):
        if values[:, column].min() == values[:, column].max():
            raise NotEnoughData(
                f"{_counted(rows, window)}; {term} is {values[0, column]:g} in all of them, so it has no "
                f"effect to estimate: check core.tracks.{term}, or make the window longer "
                "(SPOTIFY_TRAINING_DAYS)"
            )


def _fit(rows: pl.DataFrame, window: Window) -> Logistic:
    """The regression of the training playbacks.

    Raises:
        NotEnoughData: the features determine each other or separate the outcomes.
    """
    try:
        fitted = logistic.fit(
            _design(rows), rows[LABEL].to_numpy(), clusters_of(rows["user_id"]), MODEL_TERMS, ridge=0
        )
    except ArithmeticError as error:
        raise NotEnoughData(
            f"{_counted(rows, window)}, in which the features separate skips from the rest, so no finite "
            "coefficient fits: make the window longer (SPOTIFY_TRAINING_DAYS) or load more listeners"
        ) from error
    if len(fitted.kept) < len(MODEL_TERMS):
        raise NotEnoughData(
            f"{_counted(rows, window)}, in which {', '.join(MODEL_TERMS)} determine each other (there are "
            f"{rows.select(MODEL_TERMS).n_unique()} distinct tracks by these features): load more listening "
            "or check core.tracks"
        )
    return fitted


def _entropy(rate: float) -> float:
    """Mean log loss, in nats, of predicting `rate` where it is true."""
    return -(rate * math.log(rate) + (1 - rate) * math.log(1 - rate))


def _judge(skipped: Labels, probability: Floats, base_rate: float) -> dict[str, float]:
    """The measures of `SkipModel` that are taken on the test window."""
    from sklearn.metrics import accuracy_score, log_loss, roc_auc_score  # noqa: PLC0415

    always = np.full(len(skipped), base_rate)
    return {
        "test_skip_rate": float(skipped.mean()),
        "auc": float(roc_auc_score(skipped, probability)),
        "accuracy": float(accuracy_score(skipped, probability >= THRESHOLD)),
        "base_accuracy": float(accuracy_score(skipped, always >= THRESHOLD)),
        "log_loss": float(log_loss(skipped, probability)),
        "base_log_loss": float(log_loss(skipped, always)),
    }
