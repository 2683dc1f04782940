"""Judging predicted probabilities: measures with bootstrap intervals by user, calibration and drift.

Formulas: AUC with half weight for ties (Hanley & McNeil 1982); Brier score (Brier 1950); expected calibration
error over equally filled bins (Naeini et al. 2015); population stability index (Siddiqi 2006). The intervals
are percentile intervals of a bootstrap that draws users, not playbacks (Efron & Tibshirani 1993, ch. 13),
because one user's playbacks resemble each other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from spotify_assets.skip.logistic import Floats

THRESHOLD = 0.5
"""Predicted probability from which a playback counts as predicted to be skipped."""
REPETITIONS = 200
"""Bootstrap draws: the ends of a 95 % interval are then their fifth lowest and highest."""
MAX_CLUSTERS = 500
"""Users are drawn in at most so many groups: groups of users vary as users do, at a bounded cost."""
BINS = 10
"""Equally filled bins of the calibration curve and of the stability index."""
_LEAST_PROBABILITY = 1e-12
_SEED = 20_190_211
_LEAST_SHARE = 1e-4
"""Share that stands for an empty bin in the stability index, whose logarithm has no value at 0."""

Labels = npt.NDArray[np.bool_]
Clusters = npt.NDArray[np.int64]

MEASURES = ("auc", "log_loss", "brier", "accuracy", "calibration_error")


@dataclass(frozen=True)
class Estimate:
    """A measure on the test rows and its 95 % interval; the interval is None where there is one cluster."""

    value: float
    low: float | None
    high: float | None


def clusters_of(users: pl.Series) -> Clusters:
    """Number of each row's user, from 0, in the order of the users' ids."""
    numbers: Clusters = (users.rank("dense") - 1).cast(pl.Int64).to_numpy()
    return numbers


def judge(skipped: Labels, probability: Floats, clusters: Clusters) -> dict[str, Estimate]:
    """Every measure of `MEASURES`, with its interval.

    AUC is the probability that a skipped playback was ranked above another; log loss in nats; Brier score
    the mean squared error; accuracy at threshold 0.5; calibration error the mean distance between predicted
    and observed share over equally filled bins. On one outcome only, AUC is 0.5.
    """
    groups = clusters % MAX_CLUSTERS
    rows = _Rows.of(skipped, probability, groups)
    return _estimates(rows.measures, int(groups.max()) + 1)


def judge_classes(
    classes: npt.NDArray[np.int64], probability: Floats, clusters: Clusters
) -> dict[str, Estimate]:
    """The measures of `judge` for several classes: `probability` has a column for each.

    AUC, Brier score and calibration error are the means over the classes, each against the others; log loss
    is that of the class that occurs, and accuracy the share of rows whose likeliest class does.
    """
    groups = clusters % MAX_CLUSTERS
    count = int(groups.max()) + 1
    each = [_Rows.of(classes == k, probability[:, k], groups) for k in range(probability.shape[1])]
    likely = np.maximum(probability[np.arange(classes.size), classes], _LEAST_PROBABILITY)
    right = probability.argmax(axis=1) == classes
    sums = {
        "log_loss": np.bincount(groups, -np.log(likely), count),
        "accuracy": np.bincount(groups, right, count),
    }

    def measures(draws: Floats) -> dict[str, Floats]:
        found = [rows.measures(draws) for rows in each]
        size = draws @ np.bincount(groups, minlength=count)
        means = {name: np.mean([one[name] for one in found], axis=0) for name in MEASURES}
        return means | {name: draws @ total / size for name, total in sums.items()}

    return _estimates(measures, count)


def _estimates(measures: Callable[[Floats], dict[str, Floats]], count: int) -> dict[str, Estimate]:
    """Each measure with the interval that drawing from so many clusters gives."""
    values = {name: float(found[0]) for name, found in measures(np.ones((1, count))).items()}
    if count < 2:
        return {name: Estimate(values[name], None, None) for name in MEASURES}
    draws = measures(_draws(count))
    # Noise adds to a sum of absolute distances, so every draw's calibration error is too high by about as
    # much as their mean is above the measure itself.
    error = draws["calibration_error"]
    draws["calibration_error"] = np.maximum(0, error - (error.mean() - values["calibration_error"]))
    return {name: Estimate(values[name], *_interval(draws[name])) for name in MEASURES}


def mean_of(values: Floats, clusters: Clusters) -> Estimate:
    """The mean of the values, with its interval from drawing users."""
    groups = clusters % MAX_CLUSTERS
    count = int(groups.max()) + 1
    mean = float(values.mean())
    if count < 2:
        return Estimate(mean, None, None)
    draws = _draws(count)
    size = np.maximum(draws @ np.bincount(groups, minlength=count), 1)
    return Estimate(mean, *_interval(draws @ np.bincount(groups, values, count) / size))


def log_loss_of(skipped: Labels, probability: Floats) -> float:
    """Mean log loss in nats."""
    return float(_losses(skipped, probability).mean())


def auc_of(skipped: Labels, probability: Floats) -> float:
    """Probability that a skipped playback is ranked above another, ties by half; 0.5 on one outcome."""
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415

    return float(roc_auc_score(skipped, probability)) if 0 < skipped.sum() < skipped.size else 0.5


def calibration_curve(skipped: Labels, probability: Floats) -> pl.DataFrame:
    """Predicted and observed share of skips per equally filled bin. One row per bin, lowest first."""
    bins = _bins(probability)
    return (
        pl.DataFrame({"bin": bins, "predicted": probability, "observed": skipped.astype(np.float64)})
        .group_by("bin")
        .agg(pl.len().cast(pl.Int64).alias("playbacks"), pl.col("predicted", "observed").mean())
        .sort("bin")
    )


def roc_curve(skipped: Labels, probability: Floats, points: int = 100) -> pl.DataFrame:
    """False and true positive rates at up to so many thresholds, from (0, 0) to (1, 1)."""
    order = np.argsort(-probability, kind="stable")
    hits = skipped[order]
    # A threshold lies between different probabilities only, so that the order of ties cannot matter.
    ends = np.flatnonzero(np.append(np.diff(probability[order]) != 0, True))
    true = np.cumsum(hits)[ends] / max(1, hits.sum())
    false = np.cumsum(~hits)[ends] / max(1, (~hits).sum())
    chosen = np.unique(np.linspace(0, ends.size - 1, min(points, ends.size)).round().astype(int))
    return pl.DataFrame(
        {
            "false_positive_rate": np.append(0.0, false[chosen]),
            "true_positive_rate": np.append(0.0, true[chosen]),
        }
    )


def stability_index(expected: pl.Series, actual: pl.Series) -> float:
    """Population stability index of `actual` against `expected`; above 0.2 a shift is usually called large.

    Numbers are cut at the quantiles of `expected`; unknown values are a bin of their own. Texts and truth
    values are compared value by value.
    """
    if expected.dtype.is_numeric():
        known = expected.cast(pl.Float64).fill_nan(None).drop_nulls().to_numpy()
        cuts = np.unique(np.quantile(known, np.linspace(0, 1, BINS + 1)[1:-1])) if known.size else known
        expected, actual = _cut(expected, cuts), _cut(actual, cuts)
    counted = [
        series.cast(pl.String).fill_null("").value_counts(name="rows")
        for series in (expected.alias("value"), actual.alias("value"))
    ]
    both = counted[0].join(counted[1], on="value", how="full", coalesce=True).sort("value").fill_null(0)
    before, after = (
        np.maximum(both[name].to_numpy() / max(1, size), _LEAST_SHARE)
        for name, size in (("rows", len(expected)), ("rows_right", len(actual)))
    )
    return float(((after - before) * np.log(after / before)).sum())


def mean_average_accuracy(correct: pl.DataFrame) -> tuple[float, float]:
    """The measures of the MSSD challenge (arXiv:1901.09851), over the predicted tracks of sessions.

    Args:
        correct: one row per predicted track: `session_id`, `session_position` and `correct`.

    Returns:
        Mean average accuracy: per session the mean over its predicted tracks of (share correct up to the
        track) x (whether the track is correct); and the share of sessions whose first one is correct.
    """
    hit = pl.col("correct").cast(pl.Float64)
    up_to = hit.cum_sum().over("session_id") / (pl.int_range(pl.len()).over("session_id") + 1)
    per_session = (
        correct.sort("session_id", "session_position")
        .with_columns(weighted=up_to * hit)
        .group_by("session_id")
        .agg(pl.col("weighted").mean(), hit.first().alias("first"))
    )
    return float(per_session["weighted"].mean()), float(per_session["first"].mean())  # type: ignore[arg-type]


def _cut(values: pl.Series, cuts: Floats) -> pl.Series:
    numbers = values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    bins = np.where(np.isnan(numbers), -1, np.searchsorted(cuts, numbers, side="left"))
    return pl.Series(bins)


def _losses(skipped: Labels, probability: Floats) -> Floats:
    right = np.where(skipped, probability, 1 - probability)
    losses: Floats = -np.log(np.maximum(right, _LEAST_PROBABILITY))
    return losses


def _bins(probability: Floats) -> Clusters:
    cuts = np.quantile(probability, np.linspace(0, 1, BINS + 1)[1:-1])
    bins: Clusters = np.searchsorted(np.unique(cuts), probability, side="left").astype(np.int64)
    return bins


def _draws(count: int) -> Floats:
    """How often each cluster is drawn in each repetition; from a fixed seed, so that intervals repeat."""
    random = np.random.default_rng(_SEED)
    return random.multinomial(count, np.full(count, 1 / count), REPETITIONS).astype(np.float64)


def _interval(draws: Floats) -> tuple[float, float]:
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(low), float(high)


@dataclass(frozen=True)
class _Rows:
    """The test rows as sums per cluster, from which the measures of any draw of clusters follow.

    `skipped_by_rank` and `other_by_rank` count the playbacks of each cluster at each rank of the probability,
    so that the AUC of a draw needs no sorting.
    """

    sums: Mapping[str, Floats]
    skipped_by_rank: Floats
    other_by_rank: Floats
    predicted_by_bin: Floats
    observed_by_bin: Floats

    @classmethod
    def of(cls, skipped: Labels, probability: Floats, groups: Clusters) -> "_Rows":
        """The sums of each cluster; the clusters are numbered from 0 without a gap."""
        y = skipped.astype(np.float64)
        count = int(groups.max()) + 1

        def per_group(values: Floats) -> Floats:
            return np.bincount(groups, values, count).astype(np.float64)

        def per_cell(places: Clusters, values: Floats) -> Floats:
            width = int(places.max()) + 1
            sums = np.bincount(groups * width + places, values, count * width).astype(np.float64)
            return sums.reshape(count, width)

        ranks, bins = _ranks(probability), _bins(probability)
        return cls(
            sums={
                "rows": per_group(np.ones(y.size)),
                "log_loss": per_group(_losses(skipped, probability)),
                "brier": per_group((probability - y) ** 2),
                "accuracy": per_group(((probability >= THRESHOLD) == skipped).astype(np.float64)),
            },
            skipped_by_rank=per_cell(ranks, y),
            other_by_rank=per_cell(ranks, 1 - y),
            predicted_by_bin=per_cell(bins, probability),
            observed_by_bin=per_cell(bins, y),
        )

    def measures(self, draws: Floats) -> dict[str, Floats]:
        """Each measure for each draw: one value per row of `draws`."""
        rows = draws @ self.sums["rows"]
        distance = np.abs(draws @ (self.predicted_by_bin - self.observed_by_bin)).sum(axis=1)
        return {
            "auc": self._auc(draws),
            **{name: draws @ self.sums[name] / rows for name in ("log_loss", "brier", "accuracy")},
            "calibration_error": distance / rows,
        }

    def _auc(self, draws: Floats) -> Floats:
        skipped, other = draws @ self.skipped_by_rank, draws @ self.other_by_rank
        below = np.cumsum(other, axis=1) - other
        pairs = skipped.sum(axis=1) * other.sum(axis=1)
        better = (skipped * (below + other / 2)).sum(axis=1)
        area: Floats = np.divide(better, pairs, out=np.full(pairs.shape, 0.5), where=pairs > 0)
        return area


_RANKS = 4_096
"""Ranks that are told apart: with so many, AUC differs from the exact one by less than 0.0001."""


def _ranks(probability: Floats) -> Clusters:
    """Place of each probability among the distinct ones, or among `_RANKS` equally filled bins of them."""
    distinct = np.unique(probability)
    if distinct.size > _RANKS:
        distinct = np.unique(np.quantile(probability, np.linspace(0, 1, _RANKS)))
    ranks: Clusters = np.searchsorted(distinct, probability, side="left").astype(np.int64)
    return ranks
