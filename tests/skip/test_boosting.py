"""The stored forest predicts what scikit-learn's own model predicts."""

import json

import numpy as np
import pytest

from spotify_assets.skip.boosting import Forest, fit, fit_classifier


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(1)
    matrix = random.normal(size=(4_000, 5)).astype(np.float32)
    matrix[random.random(matrix.shape) < 0.1] = np.nan
    matrix[:, 3] = random.integers(0, 4, 4_000)
    known = np.nan_to_num(matrix, nan=1.0)
    outcome = random.random(4_000) < 1 / (1 + np.exp(-known[:, 0] - known[:, 1] * known[:, 3]))
    return matrix, outcome


def test_its_probabilities_are_those_of_scikit_learn(rows):
    matrix, outcome = rows
    columns = [4, 1, 0, 3]
    reference = fit_classifier(matrix[:, columns], outcome).predict_proba(matrix[:, columns])[:, 1]
    np.testing.assert_allclose(fit(matrix, outcome, columns).predict(matrix), reference, rtol=1e-6)
    assert np.ptp(reference) > 0.3


def test_it_comes_back_from_json_and_predicts_the_same(rows):
    matrix, outcome = rows
    forest = fit(matrix, outcome, range(5))
    again = Forest.from_json(json.loads(json.dumps(forest.to_json(), allow_nan=False)))
    np.testing.assert_array_equal(again.predict(matrix), forest.predict(matrix))


def test_values_it_never_saw_unknown_are_still_predicted(rows):
    matrix, outcome = rows
    full = np.nan_to_num(matrix)
    forest = fit(full, outcome, range(5))
    assert np.isfinite(forest.predict(np.full((3, 5), np.nan, dtype=np.float32))).all()
