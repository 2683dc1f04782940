"""Gradient boosting finds what was planted, is the same for the same rows, and comes back from its text."""

import json

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss, roc_auc_score

from spotify_assets.skip.boosting import Boosted, StoredModelError, fit

TRAIN, TEST = slice(0, 8_000), slice(8_000, None)


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(1)
    matrix = random.normal(size=(12_000, 5)).astype(np.float32)
    matrix[random.random(matrix.shape) < 0.1] = np.nan
    matrix[:, 3] = random.integers(0, 4, len(matrix))
    known = np.nan_to_num(matrix, nan=1.0)
    probability = 1 / (1 + np.exp(-known[:, 0] - known[:, 1] * known[:, 3]))
    return matrix, random.random(len(matrix)) < probability, probability


def test_it_predicts_rows_it_has_not_seen_as_well_as_scikit_learns_boosting(rows):
    matrix, outcome, planted = rows
    columns = [4, 1, 0, 3]
    ours = fit(matrix[TRAIN], outcome[TRAIN], columns).predict(matrix[TEST])
    reference = (
        HistGradientBoostingClassifier(
            learning_rate=0.08,
            max_iter=16,
            max_leaf_nodes=15,
            min_samples_leaf=100,
            l2_regularization=1,
            early_stopping=False,
            random_state=0,
        )
        .fit(matrix[TRAIN][:, columns], outcome[TRAIN])
        .predict_proba(matrix[TEST][:, columns])[:, 1]
    )
    best = roc_auc_score(outcome[TEST], planted[TEST])
    assert best - 0.05 < roc_auc_score(outcome[TEST], ours) < best + 0.005
    assert log_loss(outcome[TEST], ours) == pytest.approx(log_loss(outcome[TEST], reference), abs=0.005)
    assert np.ptp(ours) > 0.3


def test_the_same_rows_give_the_same_text(rows):
    matrix, outcome, _ = rows
    assert fit(matrix, outcome, range(5)) == fit(matrix.copy(), outcome, range(5))


def test_it_uses_the_columns_it_was_given_only(rows):
    matrix, outcome, _ = rows
    boosted = fit(matrix, outcome, [1, 3])
    others = matrix.copy()
    others[:, [0, 2, 4]] = 9.0
    np.testing.assert_array_equal(boosted.predict(others), boosted.predict(matrix))


def test_it_comes_back_from_json_and_predicts_the_same(rows):
    matrix, outcome, _ = rows
    boosted = fit(matrix, outcome, range(5))
    again = Boosted.from_json(json.loads(json.dumps(boosted.to_json(), allow_nan=False)))
    assert again == boosted
    np.testing.assert_array_equal(again.predict(matrix), boosted.predict(matrix))


def test_values_it_never_saw_unknown_are_still_predicted(rows):
    matrix, outcome, _ = rows
    boosted = fit(np.nan_to_num(matrix), outcome, range(5))
    assert np.isfinite(boosted.predict(np.full((3, 5), np.nan, dtype=np.float32))).all()


@pytest.mark.parametrize(
    "stored",
    [
        {"columns": [0], "baseline": 0.1, "trees": []},
        {"columns": [0], "lightgbm": None},
        {"columns": [0], "lightgbm": ""},
        {"columns": [0], "lightgbm": "gASVCgAAAAAAAAB9lIwBYZRLAXMu"},
    ],
)
def test_a_model_of_an_earlier_version_is_refused_with_what_to_do(stored):
    with pytest.raises(StoredModelError, match=r"earlier versions.* materialise ml/skip_ladder"):
        Boosted.from_json(stored)
