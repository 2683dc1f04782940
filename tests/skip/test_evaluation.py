"""Measures against their definitions, intervals against what they promise."""

import math

import numpy as np
import polars as pl
import pytest

from spotify_assets.skip.evaluation import (
    calibration_curve,
    clusters_of,
    judge,
    judge_classes,
    mean_average_accuracy,
    roc_curve,
    stability_index,
)
from tests.skip.rows import ends, width


def predictions(seed: int, *, rows: int = 3_000, users: int = 40, signal: float = 1.0):
    random = np.random.default_rng(seed)
    log_odds = signal * random.normal(size=rows)
    probability = 1 / (1 + np.exp(-log_odds))
    return random.random(rows) < probability, probability, random.integers(0, users, rows)


def test_measures_equal_their_definitions():
    skipped, p, clusters = predictions(1)
    measures = judge(skipped, p, clusters)
    above = p[skipped][:, None] - p[~skipped][None, :]
    assert measures["auc"].value == pytest.approx((above > 0).mean(), abs=1e-4)
    assert measures["log_loss"].value == pytest.approx(-np.log(np.where(skipped, p, 1 - p)).mean())
    assert measures["brier"].value == pytest.approx(((p - skipped) ** 2).mean())
    assert measures["accuracy"].value == pytest.approx(((p >= 0.5) == skipped).mean())
    order = np.argsort(p)
    distances = [abs(p[part].mean() - skipped[part].mean()) for part in np.array_split(order, 10)]
    assert measures["calibration_error"].value == pytest.approx(np.mean(distances), abs=2e-3)


def test_ties_count_half():
    skipped = np.array([True, False, True, False] * 50)
    assert judge(skipped, np.full(200, 0.5), np.arange(200) % 10)["auc"].value == 0.5


def test_intervals_hold_the_measure_and_are_those_of_a_bootstrap_by_user():
    skipped, p, clusters = predictions(2)
    measures = judge(skipped, p, clusters)
    random = np.random.default_rng(3)
    members = [np.flatnonzero(clusters == one) for one in range(40)]
    losses = -np.log(np.where(skipped, p, 1 - p))
    drawn = [
        losses[np.concatenate([members[one] for one in random.integers(0, 40, 40)])].mean()
        for _ in range(2_000)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975])
    found = measures["log_loss"]
    assert found.low == pytest.approx(low, abs=0.15 * (high - low))
    assert found.high == pytest.approx(high, abs=0.15 * (high - low))
    for estimate in measures.values():
        low, high = ends(estimate)
        assert low <= estimate.value <= high


def test_users_that_resemble_themselves_widen_the_interval():
    random = np.random.default_rng(4)
    users = np.repeat(np.arange(40), 100)
    rate = np.repeat(random.uniform(0.1, 0.9, 40), 100)
    skipped, p = random.random(4_000) < rate, np.full(4_000, 0.8)
    by_user = judge(skipped, p, users)["accuracy"]
    by_playback = judge(skipped, p, random.permutation(users))["accuracy"]
    assert width(by_user) > 2 * width(by_playback)


@pytest.mark.slow
def test_an_interval_covers_guessing_where_nothing_is_known():
    """Of 30 AUC intervals at 95 %, fewer than 24 hold 0.5 less than once in 1,000 times."""
    covered = 0
    for seed in range(30):
        random = np.random.default_rng(seed)
        skipped, p = random.random(1_000) < 0.4, random.random(1_000)
        auc = judge(skipped, p, random.integers(0, 100, 1_000))["auc"]
        low, high = ends(auc)
        covered += low <= 0.5 <= high
    assert covered >= 24


def test_one_cluster_has_no_interval_and_many_are_grouped():
    skipped, p, _ = predictions(5)
    assert judge(skipped, p, np.zeros(3_000, dtype=np.int64))["auc"].low is None
    many = judge(skipped, p, np.arange(3_000))["auc"]
    low, high = ends(many)
    assert low < many.value < high


def test_calibrated_predictions_have_a_small_calibration_error_and_shifted_ones_a_large_one():
    skipped, p, clusters = predictions(6, rows=20_000)
    assert judge(skipped, p, clusters)["calibration_error"].value < 0.015
    shifted = judge(skipped, np.clip(p + 0.1, 0, 1), clusters)["calibration_error"]
    assert shifted.value == pytest.approx(0.1, abs=0.02)
    curve = calibration_curve(skipped, p)
    assert curve["playbacks"].to_list() == [2_000] * 10
    assert curve["predicted"].is_sorted()


def test_the_roc_curve_has_the_area_of_the_auc():
    skipped, p, clusters = predictions(7)
    curve = roc_curve(skipped, p)
    x, y = curve["false_positive_rate"].to_numpy(), curve["true_positive_rate"].to_numpy()
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(y, x) == pytest.approx(judge(skipped, p, clusters)["auc"].value, abs=2e-3)


def test_several_classes_are_judged_as_two_are():
    skipped, p, clusters = predictions(8)
    two = judge(skipped, p, clusters)
    both = judge_classes(skipped.astype(np.int64), np.column_stack([1 - p, p]), clusters)
    for name in ("auc", "log_loss", "brier", "accuracy"):
        assert both[name].value == pytest.approx(two[name].value, abs=1e-3), name
        assert both[name].low == pytest.approx(two[name].low, abs=1e-3), name


def test_stability_index_equals_its_formula_and_is_zero_without_a_shift():
    before, after = pl.Series(["a"] * 60 + ["b"] * 40), pl.Series(["a"] * 30 + ["b"] * 70)
    expected = (0.3 - 0.6) * math.log(0.3 / 0.6) + (0.7 - 0.4) * math.log(0.7 / 0.4)
    assert stability_index(before, after) == pytest.approx(expected)
    assert stability_index(before, before) == 0


def test_stability_index_sees_numbers_shift_and_go_unknown():
    random = np.random.default_rng(9)
    before = pl.Series(random.normal(size=5_000))
    assert stability_index(before, pl.Series(random.normal(size=5_000))) < 0.02
    assert stability_index(before, pl.Series(random.normal(1, 1, 5_000))) > 0.5
    assert stability_index(before, pl.Series([None] * 2_500 + before[:2_500].to_list())) > 0.5


def test_mean_average_accuracy_is_that_of_the_papers_formula():
    correct = pl.DataFrame(
        {
            "session_id": ["a", "a", "a", "b", "b"],
            "session_position": [3, 1, 2, 6, 7],
            "correct": [True, True, False, False, True],
        }
    )
    # Session a: right, wrong, right: (1/1 + 0 + 2/3) / 3; session b: wrong, right: (0 + 1/2) / 2.
    assert mean_average_accuracy(correct) == pytest.approx(((5 / 9 + 1 / 4) / 2, 0.5))


def test_clusters_are_numbered_without_a_gap():
    assert clusters_of(pl.Series(["c", "a", "c", "b"])).tolist() == [2, 0, 2, 1]
