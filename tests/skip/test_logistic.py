"""The ladder's logistic regression against a computation of its own and planted coefficients."""

import json

import numpy as np
import pytest
from statsmodels.discrete.discrete_model import Logit

from spotify_assets.skip.logistic import Logistic, fit


def planted(seed: int, *, rows: int = 3_000, clusters: int = 40):
    random = np.random.default_rng(seed)
    design = random.normal([0, 5, -2], [1, 2, 0.5], (rows, 3)).astype(np.float32)
    log_odds = 0.4 + 0.8 * design[:, 0] - 0.3 * (design[:, 1] - 5)
    outcome = random.random(rows) < 1 / (1 + np.exp(-log_odds))
    return design, outcome, random.integers(0, clusters, rows)


def test_without_a_penalty_it_equals_statsmodels_in_coefficients_errors_and_intervals():
    design, outcome, clusters = planted(1)
    fitted = fit(design, outcome, clusters, ["a", "b", "c"], ridge=0)

    x = design.astype(float)
    standardised = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    reference = Logit(outcome.astype(float), np.column_stack([np.ones(len(x)), standardised])).fit(
        disp=False, cov_type="cluster", cov_kwds={"groups": clusters}, use_t=True
    )
    got = np.array([[t.coefficient, t.standard_error, t.ci_low, t.ci_high, t.p_value] for t in fitted.terms])
    expected = np.column_stack([reference.params, reference.bse, reference.conf_int(), reference.pvalues])
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-9)
    assert [t.term for t in fitted.terms] == ["intercept", "a", "b", "c"]
    np.testing.assert_allclose(fitted.predict(design), reference.predict(), rtol=1e-4)


def test_the_penalty_moves_coefficients_of_thousands_of_rows_by_a_fraction_of_their_error():
    design, outcome, clusters = planted(2)
    with_penalty, without = (fit(design, outcome, clusters, ["a", "b", "c"], ridge=r) for r in (1, 0))
    for one, other in zip(with_penalty.terms, without.terms, strict=True):
        assert other.standard_error is not None
        assert abs(one.coefficient - other.coefficient) < 0.1 * other.standard_error


def test_columns_that_repeat_others_or_never_vary_are_left_out():
    design, outcome, clusters = planted(3)
    doubled = np.column_stack([design[:, 0], np.full(len(design), 7), 2 * design[:, 0] + 1, design[:, 1]])
    fitted = fit(doubled.astype(np.float32), outcome, clusters, ["a", "constant", "again", "b"])
    assert [t.term for t in fitted.terms] == ["intercept", "a", "b"]
    assert fitted.kept == (0, 3)


def test_outcomes_that_a_column_separates_give_finite_coefficients():
    design, _, clusters = planted(4)
    fitted = fit(design, design[:, 0] > 0, clusters, ["a", "b", "c"])
    assert 3 < fitted.terms[1].coefficient < 50
    with pytest.raises(ArithmeticError, match="do not settle"):
        fit(design, design[:, 0] > 0, clusters, ["a", "b", "c"], ridge=0)


def test_outcomes_that_a_rare_value_separates_settle_with_a_penalty_only():
    design, outcome, clusters = planted(7)
    rare = np.arange(len(design)) % 10 == 7
    separated = np.column_stack([design[:, 0], rare]).astype(np.float32)
    fitted = fit(separated, outcome | rare, clusters, ["a", "rare"])
    assert 0 < fitted.terms[2].coefficient < 50
    with pytest.raises(ArithmeticError, match="a, rare do not settle"):
        fit(separated, outcome | rare, clusters, ["a", "rare"], ridge=0)


def test_one_cluster_gives_coefficients_without_errors():
    design, outcome, _ = planted(5)
    fitted = fit(design, outcome, np.zeros(len(design), dtype=np.int64), ["a", "b", "c"])
    assert [t.standard_error for t in fitted.terms] == [None] * 4
    assert fitted.terms[1].coefficient > 0.5


def test_a_model_comes_back_from_json_and_predicts_the_same():
    design, outcome, clusters = planted(6)
    fitted = fit(design, outcome, clusters, ["a", "b", "c"])
    again = Logistic.from_json(json.loads(json.dumps(fitted.to_json())))
    np.testing.assert_array_equal(again.predict(design), fitted.predict(design))


def test_intervals_hold_what_was_planted_in_most_repetitions():
    """60 repetitions of two coefficients: fewer than 104 of 120 happen once in 10,000 times at 95 %."""
    inside = 0
    for seed in range(60):
        design, outcome, clusters = planted(100 + seed, rows=1_000)
        fitted = fit(design, outcome, clusters, ["a", "b", "c"])
        for term, effect in ((fitted.terms[1], 0.8), (fitted.terms[2], -0.3)):
            assert term.sd is not None and term.ci_low is not None and term.ci_high is not None
            inside += term.ci_low <= effect * term.sd <= term.ci_high
    assert inside >= 104
