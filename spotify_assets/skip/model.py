"""The skip model: logistic regression of skipping on what a track sounds like and how popular it is.

It is made to be read, not to win: five standardised features, standard errors that respect that a user's
playbacks resemble each other, and a judgement on days that come after the ones it learnt from.

Formulas: cluster-robust covariance with its small-sample factor G/(G-1)·(n-1)/(n-k) and the t distribution
with G-1 degrees of freedom for G clusters: Cameron & Miller, "A Practitioner's Guide to Cluster-Robust
Inference", J. Human Resources 50 (2015), sections II.B, VI.D. Pseudo-R²: McFadden (1974), 1 - ln L / ln L0.
"""

import math
import warnings
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from spotify_assets.charts.skips import coefficient_plot
from spotify_assets.charts.theme import to_vega_lite
from spotify_assets.skip.insight import insight
from spotify_assets.skip.registry import LABEL
from spotify_assets.skip.threads import threads_for
from spotify_assets.tables import SKIP_MODEL, SKIP_MODEL_COEFFICIENTS

RULE_VERSION = "skip-logit-v1"
"""Version of the feature list and estimator; changes with either."""

MODEL_TERMS = ("danceability", "energy", "valence", "tempo", "popularity")
"""Features that the model uses, all from the catalogue."""

INTERCEPT = "intercept"
CONFIDENCE = 0.95
THRESHOLD = 0.5
"""Predicted probability from which a playback counts as predicted to be skipped."""

_LEAST_EIGENVALUE = 1e-8
"""Of the features' correlation matrix; below it one feature is a linear function of the others."""

_Floats = npt.NDArray[np.float64]


class NotEnoughData(ValueError):  # noqa: N818
    """A window does not hold what the model needs; the message says which one and what to do."""


@dataclass(frozen=True)
class Window:
    """A range of event dates, both ends included."""

    name: str
    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.name} window {self.first} to {self.last}"


@dataclass(frozen=True)
class Term:
    """One coefficient, in log-odds, with its cluster-robust standard error and 95 % interval."""

    name: str
    coefficient: float
    standard_error: float
    ci_low: float
    ci_high: float
    p_value: float

    @property
    def excludes_no_effect(self) -> bool:
        """Whether the 95 % interval of the coefficient leaves out 0."""
        return self.ci_low > 0 or self.ci_high < 0


@dataclass(frozen=True)
class FeatureTerm(Term):
    """The coefficient of a feature, per standard deviation; `mean` and `sd` are in the feature's own unit."""

    mean: float
    sd: float


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
    intercept: Term
    features: tuple[FeatureTerm, ...]

    def summary_row(self) -> pl.DataFrame:
        """The model's one row of `ml.skip_model`, with the insight and the plot."""
        title = f"What goes with skipping, {self.training.first} to {self.training.last}"
        row = {
            "cutoff_date": self.cutoff,
            "rule_version": RULE_VERSION,
            "train_from": self.training.first,
            "train_to": self.training.last,
            "test_from": self.test.first,
            "test_to": self.test.last,
            "train_rows": self.train_rows,
            "test_rows": self.test_rows,
            "incomplete_rows": self.incomplete_rows,
            "users": self.users,
            "base_rate": self.base_rate,
            "test_skip_rate": self.test_skip_rate,
            "auc": self.auc,
            "accuracy": self.accuracy,
            "base_accuracy": self.base_accuracy,
            "log_loss": self.log_loss,
            "base_log_loss": self.base_log_loss,
            "pseudo_r2": self.pseudo_r2,
            "insight": insight(self),
            "coefficient_plot": to_vega_lite(coefficient_plot(self.coefficients(), title)),
        }
        return pl.DataFrame([row], schema=SKIP_MODEL.polars_schema)

    def coefficients(self) -> pl.DataFrame:
        """The model's rows of `ml.skip_model_coefficients`: one per term, the intercept first."""
        rows = [
            {
                "cutoff_date": self.cutoff,
                "term": term.name,
                "coefficient": term.coefficient,
                "standard_error": term.standard_error,
                "ci_low": term.ci_low,
                "ci_high": term.ci_high,
                "p_value": term.p_value,
                "odds_ratio": math.exp(term.coefficient),
                "odds_ratio_low": math.exp(term.ci_low),
                "odds_ratio_high": math.exp(term.ci_high),
                "feature_mean": term.mean if isinstance(term, FeatureTerm) else None,
                "feature_sd": term.sd if isinstance(term, FeatureTerm) else None,
            }
            for term in (self.intercept, *self.features)
        ]
        return pl.DataFrame(rows, schema=SKIP_MODEL_COEFFICIENTS.polars_schema)


def windows(cutoff: date, *, training_days: int, test_days: int) -> tuple[Window, Window]:
    """The training window and the test window that follows it and ends with `cutoff`.

    Raises:
        ValueError: a window would have no day.
    """
    if training_days < 1 or test_days < 1:
        raise ValueError(
            f"training_days is {training_days} and test_days {test_days}: each window needs a day"
        )
    test_from = cutoff - timedelta(days=test_days - 1)
    train_from = test_from - timedelta(days=training_days)
    return Window("training", train_from, test_from - timedelta(days=1)), Window("test", test_from, cutoff)


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
    training, test = windows(cutoff, training_days=training_days, test_days=test_days)
    rows = features.filter(pl.col("event_date").is_between(training.first, test.last)).select(
        "event_id", "event_date", "user_id", LABEL, *(pl.col(term).cast(pl.Float64) for term in MODEL_TERMS)
    )
    # Sums of floats depend on their order, so the rows get one.
    complete = rows.filter(_all_known()).sort("event_id")
    train_rows = _of_window(complete, rows, training)
    test_rows = _of_window(complete, rows, test)

    mean, sd = _mean_and_sd(train_rows, training)
    with threads_for(train_rows.height):
        intercept, terms, log_likelihood = _fit(train_rows, training, mean, sd)
    probability = _predict((_design(test_rows) - mean) / sd, intercept, terms)

    base_rate = float(train_rows[LABEL].to_numpy().mean())
    return SkipModel(
        cutoff=cutoff,
        training=training,
        test=test,
        train_rows=train_rows.height,
        test_rows=test_rows.height,
        incomplete_rows=rows.height - complete.height,
        users=train_rows["user_id"].n_unique(),
        base_rate=base_rate,
        pseudo_r2=1 - log_likelihood / (-train_rows.height * _entropy(base_rate)),
        intercept=intercept,
        features=terms,
        **_judge(test_rows[LABEL].to_numpy(), probability, base_rate),
    )


def _all_known() -> pl.Expr:
    return pl.all_horizontal(pl.col(term).is_finite().fill_null(value=False) for term in MODEL_TERMS)


def _of_window(complete: pl.DataFrame, rows: pl.DataFrame, window: Window) -> pl.DataFrame:
    """The complete playbacks of a window.

    Raises:
        NotEnoughData: there is none, or they all have one outcome.
    """
    inside = pl.col("event_date").is_between(window.first, window.last)
    selected = complete.filter(inside)
    skips = int(selected[LABEL].sum())
    counted = (
        f"{window}: {selected.height} complete playbacks of {selected['user_id'].n_unique()} users, "
        f"{skips} of them skipped"
    )
    if selected.is_empty():
        left_out = rows.filter(inside).height
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
            f"(SPOTIFY_{'TRAINING' if window.name == 'training' else 'TEST'}_DAYS) or load more listeners"
        )
    return selected


def _design(rows: pl.DataFrame) -> _Floats:
    return rows.select(MODEL_TERMS).to_numpy()


def _mean_and_sd(rows: pl.DataFrame, window: Window) -> tuple[_Floats, _Floats]:
    """Mean and standard deviation (n - 1) of each feature over the training playbacks.

    Raises:
        NotEnoughData: there is one user only, or a feature is constant.
    """
    users = rows["user_id"].n_unique()
    if users < 2:
        raise NotEnoughData(
            f"{window}: {rows.height} complete playbacks of {users} user; the standard errors compare users, "
            "so at least 2 are needed: load the listening of another person, or generated listeners"
        )
    values = _design(rows)
    for column, term in enumerate(MODEL_TERMS):
        if values[:, column].min() == values[:, column].max():
            raise NotEnoughData(
                f"{window}: {term} is {values[0, column]:g} in all {rows.height} complete playbacks of "
                f"{users} users, so it has no effect to estimate: check core.tracks.{term}, or make the "
                "window longer (SPOTIFY_TRAINING_DAYS)"
            )
    return values.mean(axis=0), values.std(axis=0, ddof=1)


def _fit(
    rows: pl.DataFrame, window: Window, mean: _Floats, sd: _Floats
) -> tuple[Term, tuple[FeatureTerm, ...], float]:
    """The intercept, the features' terms, and the log-likelihood of the training playbacks.

    Raises:
        NotEnoughData: the features determine each other or separate the outcomes.
    """
    from statsmodels.discrete.discrete_model import Logit  # noqa: PLC0415

    standardised = (_design(rows) - mean) / sd
    counted = f"{window}: {rows.height} complete playbacks of {rows['user_id'].n_unique()} users"
    correlation = standardised.T @ standardised / rows.height
    if np.linalg.eigvalsh(correlation).min() < _LEAST_EIGENVALUE:
        raise NotEnoughData(
            f"{counted}, in which {', '.join(MODEL_TERMS)} determine each other (there are "
            f"{rows.select(MODEL_TERMS).n_unique()} distinct tracks by these features): load more listening "
            "or check core.tracks"
        )
    design = np.column_stack([np.ones(rows.height), standardised])
    with warnings.catch_warnings():
        # Whatever statsmodels warns of on the way is judged below by whether it converged.
        warnings.simplefilter("ignore")
        fitted = Logit(rows[LABEL].to_numpy().astype(np.float64), design).fit(
            disp=False,
            cov_type="cluster",
            cov_kwds={"groups": rows["user_id"].rank("dense").to_numpy()},
            use_t=True,
        )
    if not fitted.mle_retvals["converged"]:
        raise NotEnoughData(
            f"{counted}, in which the features separate skips from the rest, so no finite coefficient fits: "
            "make the window longer (SPOTIFY_TRAINING_DAYS) or load more listeners"
        )
    estimates = np.column_stack(
        [fitted.params, fitted.bse, fitted.conf_int(alpha=1 - CONFIDENCE), fitted.pvalues]
    ).tolist()
    terms = tuple(
        FeatureTerm(name, *estimate, *moments)
        for name, estimate, moments in zip(
            MODEL_TERMS, estimates[1:], np.column_stack([mean, sd]).tolist(), strict=True
        )
    )
    return Term(INTERCEPT, *estimates[0]), terms, float(fitted.llf)


def _predict(standardised: _Floats, intercept: Term, terms: tuple[FeatureTerm, ...]) -> _Floats:
    """Predicted probability of a skip, per playback."""
    log_odds = intercept.coefficient + standardised @ np.array([term.coefficient for term in terms])
    probability: _Floats = np.exp(-np.logaddexp(0.0, -log_odds))
    return probability


def _entropy(rate: float) -> float:
    """Mean log loss, in nats, of predicting `rate` where it is true."""
    return -(rate * math.log(rate) + (1 - rate) * math.log(1 - rate))


def _judge(skipped: npt.NDArray[np.bool_], probability: _Floats, base_rate: float) -> dict[str, float]:
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
