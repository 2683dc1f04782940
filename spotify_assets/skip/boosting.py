"""Gradient boosting, the model that predicts: scikit-learn fits it, plain numbers store it.

A stored forest is arrays of nodes as JSON. Nothing in it is executed when it is loaded, unlike a pickle.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from spotify_assets.skip.logistic import Floats, Matrix, sigmoid
from spotify_assets.skip.threads import threads_for

MOST_TREES, LEAST_TREES = 100, 10
ROWS_PER_TREE = 500
"""Training rows for each tree up to the most: few rows do not bear many trees."""
_CHUNK = 65_536
_LEAF = -1


@dataclass(frozen=True)
class Tree:
    """One regression tree; `feature` is -1 at a leaf, where `value` is added. Children come after parents."""

    feature: npt.NDArray[np.int64]
    threshold: Floats
    unknown_left: npt.NDArray[np.bool_]
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    value: Floats

    def add_to(self, rows: Matrix, log_odds: Floats) -> None:
        """Add the tree's values to the log-odds of each row."""
        node = np.zeros(rows.shape[0], dtype=np.int64)
        active = np.flatnonzero(self.feature[node] >= 0)
        while active.size:
            at = node[active]
            values = rows[active, self.feature[at]]
            left = np.where(np.isnan(values), self.unknown_left[at], values <= self.threshold[at])
            node[active] = np.where(left, self.left[at], self.right[at])
            active = active[self.feature[node[active]] >= 0]
        log_odds += self.value[node]


@dataclass(frozen=True)
class Forest:
    """A fitted model: the sum of its trees and a baseline are the log-odds.

    `columns` are those of the matrix for trees that it uses, in the order of the trees' features.
    """

    columns: tuple[int, ...]
    baseline: float
    trees: tuple[Tree, ...]

    def predict(self, matrix: Matrix) -> Floats:
        """Probability of the outcome, per row."""
        log_odds = np.full(matrix.shape[0], self.baseline)
        for start in range(0, matrix.shape[0], _CHUNK):
            rows = slice(start, start + _CHUNK)
            part = np.ascontiguousarray(matrix[rows][:, list(self.columns)])
            for tree in self.trees:
                tree.add_to(part, log_odds[rows])
        return sigmoid(log_odds)

    def to_json(self) -> dict[str, Any]:
        """The forest as JSON types. An infinite threshold, which sends every known value left, is null."""
        return {
            "columns": list(self.columns),
            "baseline": self.baseline,
            "trees": [
                {
                    "feature": tree.feature.tolist(),
                    "threshold": [t if math.isfinite(t) else None for t in tree.threshold.tolist()],
                    "unknown_left": tree.unknown_left.astype(int).tolist(),
                    "left": tree.left.tolist(),
                    "right": tree.right.tolist(),
                    "value": tree.value.tolist(),
                }
                for tree in self.trees
            ],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Forest":
        """The forest that `to_json` gave."""
        trees = tuple(
            Tree(
                feature=np.array(tree["feature"], np.int64),
                threshold=np.array([math.inf if t is None else t for t in tree["threshold"]]),
                unknown_left=np.array(tree["unknown_left"], bool),
                left=np.array(tree["left"], np.int64),
                right=np.array(tree["right"], np.int64),
                value=np.array(tree["value"], np.float64),
            )
            for tree in stored["trees"]
        )
        return cls(tuple(stored["columns"]), float(stored["baseline"]), trees)


def fit_classifier(matrix: Matrix, classes: npt.NDArray[Any]) -> Any:
    """scikit-learn's estimator, fitted; the same rows give the same trees.

    Trees are small, and there is no early stopping: its random validation rows would not lie after the
    training ones.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415

    estimator = HistGradientBoostingClassifier(
        learning_rate=0.08,
        max_iter=min(MOST_TREES, max(LEAST_TREES, classes.size // ROWS_PER_TREE)),
        max_leaf_nodes=15,
        min_samples_leaf=100,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=0,
    )
    with threads_for(classes.size):
        return estimator.fit(matrix, classes)


def fit(matrix: Matrix, outcome: npt.NDArray[np.bool_], columns: Sequence[int]) -> Forest:
    """Fit the model on some columns of the matrix for trees; the same rows give the same forest."""
    fitted = fit_classifier(matrix[:, list(columns)], outcome)
    return Forest(
        columns=tuple(columns),
        baseline=float(fitted._baseline_prediction.ravel()[0]),
        trees=tuple(_tree(predictors[0].nodes) for predictors in fitted._predictors),
    )


def _tree(nodes: npt.NDArray[Any]) -> Tree:
    """A tree from the nodes that scikit-learn keeps (its `PREDICTOR_RECORD_DTYPE`)."""
    is_leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        feature=np.where(is_leaf, _LEAF, nodes["feature_idx"]).astype(np.int64),
        threshold=nodes["num_threshold"].astype(np.float64),
        unknown_left=nodes["missing_go_to_left"].astype(bool),
        left=nodes["left"].astype(np.int64),
        right=nodes["right"].astype(np.int64),
        value=nodes["value"].astype(np.float64),
    )
