"""The insight says what the coefficients say."""

import math
from dataclasses import replace

import pytest

from spotify_assets.skip.insight import insight
from spotify_assets.skip.logistic import Coefficient
from spotify_assets.skip.model import MODEL_TERMS, SkipModel
from spotify_assets.skip.sampling import training_and_test
from tests.skip.simulation import CUTOFF


def term(name: str, coefficient: float, low: float, high: float, sd: float = 0.171) -> Coefficient:
    return Coefficient(name, coefficient, 0.1, low, high, p_value=0.5, mean=0.5, sd=sd)


def unclear(name: str) -> Coefficient:
    return term(name, 0.5, -0.1, 1.1)


def model_with(*features: Coefficient, auc: float = 0.5712, log_loss: float = 0.6701) -> SkipModel:
    training, test = training_and_test(CUTOFF, training_days=21, test_days=7)
    return SkipModel(
        cutoff=CUTOFF,
        training=training,
        test=test,
        train_rows=12_345,
        test_rows=4_000,
        incomplete_rows=0,
        users=67,
        base_rate=0.4,
        test_skip_rate=0.4,
        auc=auc,
        accuracy=0.6,
        base_accuracy=0.6,
        log_loss=log_loss,
        base_log_loss=0.6802,
        pseudo_r2=0.01,
        intercept=Coefficient("intercept", -0.4, 0.1, -0.6, -0.2, p_value=0.1, mean=None, sd=None),
        features=features,
    )


DANCEABLE = term("danceability", math.log(0.94), math.log(0.91), math.log(0.97))


def test_the_strongest_clear_feature_is_named_with_its_size_and_interval():
    said = insight(
        model_with(DANCEABLE, unclear("energy"), term("tempo", 0.03, 0.01, 0.05), unclear("popularity"))
    )
    assert said == (
        "Controlling for energy, tempo and popularity, a track one standard deviation (0.17) more danceable "
        "has 6 % lower odds of being skipped (95 % interval 3 to 9 %). On the following 7 days the model's "
        "AUC is 0.57 against 0.50 for guessing, and its log loss 0.670 against 0.680 for always predicting "
        "the skip rate it learnt from. This is association, not cause."
    )


@pytest.mark.parametrize(
    ("strongest", "said"),
    [
        (
            term("tempo", math.log(1.12), math.log(1.045), math.log(1.2), 29.4),
            "(29 BPM) faster has 12 % higher",
        ),
        (term("tempo", math.log(1.12), math.log(1.045), math.log(1.2), 29.4), "(95 % interval 4.5 to 20 %)"),
        (term("popularity", math.log(0.8), -0.4, -0.1, 21.2), "(21 points) more popular has 20 % lower odds"),
        (term("energy", math.log(2.5), math.log(2), math.log(3.1)), "2.5 times the odds of being skipped"),
        (term("energy", math.log(2.5), math.log(2), math.log(3.1)), "(95 % interval 2 to 3.1)"),
        (term("valence", math.log(0.4), math.log(0.3), math.log(0.5)), "more positive in mood has 0.4 times"),
    ],
)
def test_sizes_read_naturally(strongest, said):
    assert said in insight(model_with(unclear("danceability"), strongest))


@pytest.mark.parametrize("name", MODEL_TERMS)
def test_every_feature_of_the_model_has_words(name):
    others = [unclear(other) for other in MODEL_TERMS if other != name]
    assert "has 6 % lower odds" in insight(model_with(replace(DANCEABLE, term=name), *others))


def test_no_clear_feature_is_said_plainly():
    said = insight(model_with(unclear("danceability"), unclear("energy"), unclear("tempo")))
    assert said.startswith(
        "In 12,345 playbacks of 67 users, none of danceability, energy and tempo shows an association with "
        "skipping: every 95 % interval includes no effect."
    )


def test_a_model_no_better_than_guessing_is_said_to_be():
    said = insight(model_with(DANCEABLE, unclear("energy"), auc=0.497))
    assert "AUC is 0.50, no better than the 0.50 of guessing" in said


def test_a_log_loss_above_the_base_is_said_to_be():
    said = insight(model_with(DANCEABLE, unclear("energy"), log_loss=0.69))
    assert "but its log loss of 0.690 is no better than the 0.680" in said


def test_one_day_is_not_days():
    _, test = training_and_test(CUTOFF, training_days=21, test_days=1)
    assert "On the following day the" in insight(replace(model_with(DANCEABLE, unclear("energy")), test=test))
