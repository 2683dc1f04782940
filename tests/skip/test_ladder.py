"""The ladder: what each rung may use, that it knows nothing of the future, and that it can be stored."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from spotify_assets.skip.ladder import (
    BASE_RATE,
    BOOSTING,
    LOGISTIC,
    REPEAT,
    Ladder,
    Model,
    Rung,
    TooLittleData,
    climb,
)
from spotify_assets.skip.logistic import Coefficient, Logistic
from spotify_assets.skip.registry import FEATURES
from tests.skip.rows import IN_TEST, ends, feature_rows


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    return feature_rows(1)


@pytest.fixture(scope="module")
def ladder(rows: pl.DataFrame) -> Ladder:
    return climbed(rows)


def climbed(rows: pl.DataFrame) -> Ladder:
    return climb(rows.filter(~IN_TEST), rows.filter(IN_TEST))


def auc(ladder: Ladder, name: str, estimator: str) -> float:
    return ladder.rung(name, estimator).measures["auc"].value  # type: ignore[arg-type]


def terms_of(rung: Rung) -> tuple[Coefficient, ...]:
    assert rung.model is not None and isinstance(rung.model.fitted, Logistic)
    return rung.model.fitted.terms


def test_rungs_stand_in_order_from_the_base_rate_up(ladder):
    assert [(rung.name, rung.estimator) for rung in ladder.rungs] == [
        (BASE_RATE, "constant"),
        (REPEAT, "rule"),
        *(
            (group, estimator)
            for group in ("audio", "context", "start", "session", "history")
            for estimator in (LOGISTIC, BOOSTING)
        ),
    ]


def test_a_rung_uses_its_group_and_those_before_it(ladder):
    for name, allowed in (("audio", {"audio"}), ("start", {"audio", "context", "start"})):
        terms = terms_of(ladder.rung(name, LOGISTIC))
        used = {term.term.split(" ")[0] for term in terms} - {"intercept"}
        assert {FEATURES[one].group for one in used} == allowed


def test_knowing_more_of_what_matters_predicts_better(ladder):
    assert auc(ladder, BASE_RATE, "constant") == 0.5
    for estimator in (LOGISTIC, BOOSTING):
        assert auc(ladder, "start", estimator) < auc(ladder, "session", estimator) - 0.05
        assert auc(ladder, "session", estimator) < auc(ladder, "history", estimator)
        assert 0.5 < auc(ladder, "audio", estimator) < 0.62


def test_repeating_the_previous_outcome_predicts_the_training_rate_after_it(rows, ladder):
    train, test = rows.filter(~IN_TEST), rows.filter(IN_TEST)
    after_skip = train.filter(pl.col("previous_is_skip"))["is_skip"].mean()
    unknown = train.filter(pl.col("previous_is_skip").is_null())["is_skip"].mean()
    expected = [
        {True: after_skip, None: unknown}.get(previous)
        for previous in test.sort("started_at", "event_id")["previous_is_skip"]
    ]
    for got, wanted in zip(ladder.rung(REPEAT, "rule").probability, expected, strict=True):
        assert wanted is None or got == pytest.approx(wanted)


def test_the_order_of_the_rows_changes_nothing(rows, ladder):
    again = climbed(rows.sample(fraction=1, shuffle=True, seed=3))
    for one, other in zip(again.rungs, ladder.rungs, strict=True):
        assert one.measures == other.measures
    assert_frame_equal(again.drift, ladder.drift)


def test_the_test_rows_teach_nothing(rows, ladder):
    flipped = rows.with_columns(is_skip=pl.when(IN_TEST).then(~pl.col("is_skip")).otherwise("is_skip"))
    other = climbed(flipped)
    for name in ("audio", "history"):
        for estimator in (LOGISTIC, BOOSTING):
            np.testing.assert_array_equal(
                other.rung(name, estimator).probability, ladder.rung(name, estimator).probability
            )


@pytest.mark.slow
def test_shuffled_outcomes_cannot_be_predicted(rows):
    covered = 0
    for seed in range(4):
        labels = rows["is_skip"].sample(fraction=1, shuffle=True, seed=seed)
        shuffled = climbed(rows.with_columns(labels))
        for estimator in (LOGISTIC, BOOSTING):
            low, high = ends(shuffled.best(estimator).measures["auc"])
            covered += low <= 0.5 <= high
    # Eight intervals at 95 %: fewer than six hold 0.5 less than once in 100 times.
    assert covered >= 6


@pytest.mark.parametrize("estimator", [LOGISTIC, BOOSTING])
def test_a_stored_model_is_plain_text_and_scores_rows_as_before(rows, ladder, estimator):
    rung = ladder.best(estimator)
    text = rung.model.to_json()
    test = rows.filter(IN_TEST).sort("started_at", "event_id")
    np.testing.assert_allclose(Model.from_json(text).predict(test), rung.probability, rtol=1e-6)
    assert Model.from_json(text).to_json() == text


def test_few_users_are_compared_day_by_day(rows):
    two = rows.with_columns(
        user_id=pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("a")).otherwise(pl.lit("b"))
    )
    ladder = climbed(two)
    assert ladder.cluster == "user and day"
    assert ladder.clusters == 2 * rows.filter(~IN_TEST)["event_date"].n_unique()
    assert all(term.standard_error for term in terms_of(ladder.best(LOGISTIC)))


def test_drift_is_told_for_every_feature_and_the_score(rows, ladder):
    assert set(ladder.drift["feature"]) == {*FEATURES, "score"}
    moved = rows.with_columns(energy=pl.when(IN_TEST).then(pl.col("energy") / 3).otherwise("energy"))
    psi = dict(climbed(moved).drift.select("feature", "psi").iter_rows())
    assert psi["energy"] > 0.5
    assert psi["danceability"] < 0.05


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        (pl.col("event_date").is_null(), r"training window has 0 playbacks.*SPOTIFY_TRAINING_DAYS"),
        (~IN_TEST, r"test window has 0 playbacks.*SPOTIFY_TEST_DAYS"),
        (IN_TEST | pl.col("is_skip"), r"training window has .* playbacks, .* both outcomes"),
    ],
)
def test_what_is_lacking_is_said(rows, lacking, said):
    with pytest.raises(TooLittleData, match=said):
        climbed(rows.filter(lacking))


def test_an_unknown_rung_is_refused(ladder):
    with pytest.raises(KeyError, match="lyrics"):
        ladder.rung("lyrics", LOGISTIC)
