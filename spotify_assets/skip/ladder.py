"""The ladder: what each group of features adds to predicting a skip, split by time.

It starts with two rules that learn next to nothing, the base rate and "the same as the previous outcome",
and then adds one group of features after another, for a model to be read (logistic regression) and one to
predict with (gradient boosting). Each rung is learnt from the training rows and judged on later ones.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from spotify_assets.skip import boosting, logistic
from spotify_assets.skip.encoding import Encoding
from spotify_assets.skip.evaluation import (
    Clusters,
    Estimate,
    Labels,
    clusters_of,
    judge,
    stability_index,
)
from spotify_assets.skip.logistic import Floats
from spotify_assets.skip.registry import FEATURES, GROUPS, LABEL, Feature
from spotify_assets.skip.threads import threads_for

RULE_VERSION = "skip-ladder-v2"
"""Version of the features, their encoding and the estimators; changes with any of them. The boosting of
v1 was scikit-learn's."""

Estimator = Literal["constant", "rule", "logistic", "gradient_boosting"]
BASE_RATE, REPEAT = "base_rate", "repeat_previous"
LOGISTIC: Estimator = "logistic"
BOOSTING: Estimator = "gradient_boosting"

FEW_USERS = 10
"""Below so many users, users by day are compared instead: the errors then say how days differ, not people."""
LEAST_ROWS = 200
"""Rows that both windows need; below, an evaluation is noise."""
SCORE = "score"

PREVIOUS = "previous_is_skip"


class TooLittleData(ValueError):  # noqa: N818
    """A window does not hold what the ladder needs; the message says which and what to do."""


@dataclass(frozen=True)
class Model:
    """A fitted model of either kind with its encoding: all that scoring rows takes.

    It is stored as JSON: numbers, names and LightGBM's text, nothing that is executed when it is loaded.
    """

    estimator: Estimator
    encoding: Encoding
    fitted: logistic.Logistic | boosting.Boosted

    def predict(self, rows: pl.DataFrame) -> Floats:
        """Probability of a skip of each row of `ml.model_features`."""
        if isinstance(self.fitted, logistic.Logistic):
            return self.fitted.predict(self.encoding.linear(rows))
        return self.fitted.predict(self.encoding.trees(rows))

    def to_json(self) -> str:
        """The model as text."""
        stored = {
            "estimator": self.estimator,
            "encoding": self.encoding.to_json(),
            "fitted": self.fitted.to_json(),
        }
        return json.dumps(stored, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Model":
        """The model that `to_json` gave.

        Raises:
            StoredModelError: an earlier version stored it in another form.
        """
        stored: dict[str, Any] = json.loads(text)
        kind = logistic.Logistic if stored["estimator"] == LOGISTIC else boosting.Boosted
        return cls(
            stored["estimator"], Encoding.from_json(stored["encoding"]), kind.from_json(stored["fitted"])
        )


@dataclass(frozen=True)
class Rung:
    """One step of the ladder: how many columns it uses, its measures on the test rows, and its model.

    `probability` is that of each test row.
    """

    name: str
    estimator: Estimator
    columns: int
    measures: Mapping[str, Estimate]
    probability: Floats
    model: Model | None


@dataclass(frozen=True)
class Ladder:
    """Every rung, from the base rate up, and what they were learnt from and judged on.

    `cluster` is what the intervals compare: `user`, or `user and day` where there are fewer than ten users.
    `drift` is the population stability index of each feature, and of the last model's score, from the
    training to the test rows.
    """

    rungs: tuple[Rung, ...]
    train_rows: int
    test_rows: int
    clusters: int
    cluster: str
    skipped: Labels
    drift: pl.DataFrame

    def rung(self, name: str, estimator: Estimator) -> Rung:
        """One rung.

        Raises:
            KeyError: the ladder has no such rung.
        """
        for rung in self.rungs:
            if (rung.name, rung.estimator) == (name, estimator):
                return rung
        raise KeyError(f"{name} by {estimator}")

    def best(self, estimator: Estimator) -> Rung:
        """The last rung of an estimator, which has every feature."""
        return [rung for rung in self.rungs if rung.estimator == estimator][-1]


def climb(
    train: pl.DataFrame,
    test: pl.DataFrame,
    features: Mapping[str, Feature] = FEATURES,
    *,
    label: str = LABEL,
    user: str = "user_id",
    day: str = "event_date",
) -> Ladder:
    """Learn every rung from the training rows and judge it on the test rows, which come later.

    The result depends on the order of neither. A group none of whose features vary adds no rung.

    Args:
        train: rows to learn from, with the features, the label and the columns below.
        test: rows to judge on.
        features: what may be used, by name; the groups are added in the order of `registry.GROUPS`.
        label: column that is predicted.
        user: column whose values vary independently of each other, the clusters of the intervals.
        day: column that divides a single user's rows.

    Raises:
        TooLittleData: a window has too few rows, or one outcome only.
    """
    _require_both_outcomes(train, test, label)
    with threads_for(train.height):
        return _climb(train, test, features, label=label, user=user, day=day)


def _climb(
    train: pl.DataFrame,
    test: pl.DataFrame,
    features: Mapping[str, Feature],
    *,
    label: str,
    user: str,
    day: str,
) -> Ladder:
    train, test = (_ordered(rows, [user, day, label, *features]) for rows in (train, test))
    few = pl.concat([train[user], test[user]]).n_unique() < FEW_USERS
    train_clusters, test_clusters = (_clusters(rows, user, day, by_day=few) for rows in (train, test))
    learnt, skipped = train[label].to_numpy(), test[label].to_numpy()

    def judged(
        name: str, estimator: Estimator, probability: Floats, columns: int = 0, model: Model | None = None
    ) -> Rung:
        measures = judge(skipped, probability, test_clusters)
        return Rung(name, estimator, columns, measures, probability, model)

    rungs = [judged(BASE_RATE, "constant", np.full(test.height, learnt.mean()))]
    if PREVIOUS in features:
        rungs.append(judged(REPEAT, "rule", _repeat(train, test, label), 1))

    order = [f for group in GROUPS for f in features.values() if f.group == group]
    encoding = Encoding.learn(train, order)
    linear = encoding.linear(train), encoding.linear(test)
    trees = encoding.trees(train), encoding.trees(test)
    names = encoding.columns
    for group in _groups_of(encoding, features):
        at_linear, at_trees = _columns_up_to(encoding, features, group)
        read = logistic.fit(linear[0], learnt, train_clusters, names, columns=at_linear)
        model = Model(LOGISTIC, encoding, read)
        rungs.append(judged(group, LOGISTIC, read.predict(linear[1]), len(read.kept), model))
        boosted = boosting.fit(trees[0], learnt, at_trees)
        model = Model(BOOSTING, encoding, boosted)
        rungs.append(judged(group, BOOSTING, boosted.predict(trees[1]), len(at_trees), model))
    last = rungs[-1]
    score = last.model.fitted.predict(trees[0]) if last.model else np.full(train.height, learnt.mean())
    return Ladder(
        rungs=tuple(rungs),
        train_rows=train.height,
        test_rows=test.height,
        clusters=int(train_clusters.max()) + 1,
        cluster="user and day" if few else "user",
        skipped=skipped,
        drift=_drift(train, test, order, score, last.probability),
    )


def _require_both_outcomes(train: pl.DataFrame, test: pl.DataFrame, label: str) -> None:
    for name, rows in (("training", train), ("test", test)):
        skips = int(rows[label].sum())
        if rows.height < LEAST_ROWS or skips in (0, rows.height):
            raise TooLittleData(
                f"the {name} window has {rows.height:,} playbacks, {skips:,} of them skipped; the ladder "
                f"needs {LEAST_ROWS} and both outcomes: load more listening, or make the window longer "
                f"(SPOTIFY_{'TRAINING' if name == 'training' else 'TEST'}_DAYS)"
            )


def _ordered(rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """The rows in an order that follows from their content, because sums of floats depend on it."""
    first = [name for name in ("started_at", "event_id") if name in rows.columns]
    return rows.sort(first or list(columns)).select(list(dict.fromkeys(columns)))


def _clusters(rows: pl.DataFrame, user: str, day: str, *, by_day: bool) -> Clusters:
    if not by_day:
        return clusters_of(rows[user])
    return clusters_of(rows.select(pl.concat_str(user, day, separator=" "))[user])


def _repeat(train: pl.DataFrame, test: pl.DataFrame, label: str) -> Floats:
    """The training skip rate after a skip, after another outcome, and where the previous one is unknown."""
    rates = train.group_by(PREVIOUS).agg(pl.col(label).mean().alias("rate"))
    known = dict(rates.iter_rows())
    overall = float(train[label].mean())  # type: ignore[arg-type]
    previous = test[PREVIOUS].to_list()
    return np.array([known.get(value, overall) for value in previous])


def _groups_of(encoding: Encoding, features: Mapping[str, Feature]) -> list[str]:
    present = {features[encoded.name].group for encoded in encoding.features}
    return [group for group in GROUPS if group in present]


def _columns_up_to(
    encoding: Encoding, features: Mapping[str, Feature], group: str
) -> tuple[list[int], list[int]]:
    """Columns of the linear design, and of the matrix for trees, that a group and those before it have."""
    allowed = GROUPS[: GROUPS.index(group) + 1]
    linear: list[int] = []
    trees: list[int] = []
    start = 0
    for place, encoded in enumerate(encoding.features):
        width = len(encoded.columns)
        if features[encoded.name].group in allowed:
            linear += range(start, start + width)
            trees.append(place)
        start += width
    return linear, trees


def _drift(
    train: pl.DataFrame,
    test: pl.DataFrame,
    features: Sequence[Feature],
    train_score: Floats,
    test_score: npt.NDArray[np.float64],
) -> pl.DataFrame:
    """Stability index and share unknown of each feature, and of the score. One row each."""
    rows = [
        {
            "feature": feature.name,
            "psi": stability_index(*(_comparable(rows, feature) for rows in (train, test))),
            "train_unknown": train[feature.name].null_count() / train.height,
            "test_unknown": test[feature.name].null_count() / test.height,
        }
        for feature in features
    ]
    score = stability_index(pl.Series(train_score), pl.Series(test_score))
    rows.append({"feature": SCORE, "psi": score, "train_unknown": 0.0, "test_unknown": 0.0})
    return pl.DataFrame(rows)


def _comparable(rows: pl.DataFrame, feature: Feature) -> pl.Series:
    values = rows[feature.name]
    return values.cast(pl.String) if feature.kind in ("category", "flag") else values
