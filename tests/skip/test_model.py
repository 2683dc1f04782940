"""The skip model against planted truths and computations of its own figures that share no code with it."""

import math
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from spotify_assets.skip.logistic import Coefficient
from spotify_assets.skip.model import MODEL_TERMS, NotEnoughData, SkipModel, train_skip_model
from spotify_assets.skip.report import skip_model_coefficients, skip_model_row
from spotify_assets.skip.sampling import training_and_test
from spotify_assets.tables import SKIP_MODEL, SKIP_MODEL_COEFFICIENTS
from tests.skip.simulation import CUTOFF, NO_EFFECTS, PLANTED, TEST_DAYS, TRAINING_DAYS, simulated

TEST_FROM = CUTOFF - timedelta(days=TEST_DAYS - 1)
IN_TEST = pl.col("event_date") >= TEST_FROM
REPETITIONS = 60


def trained(features: pl.DataFrame) -> SkipModel:
    return train_skip_model(features, CUTOFF, training_days=TRAINING_DAYS, test_days=TEST_DAYS)


@pytest.fixture(scope="module")
def features() -> pl.DataFrame:
    return simulated(1, likeness=0.2)


@pytest.fixture(scope="module")
def model(features: pl.DataFrame) -> SkipModel:
    return trained(features)


def design(rows: pl.DataFrame, training: pl.DataFrame) -> np.ndarray:
    columns = [
        (rows[name].to_numpy() - training[name].to_numpy().mean()) / np.std(training[name].to_numpy(), ddof=1)
        for name in MODEL_TERMS
    ]
    return np.column_stack([np.ones(rows.height), *columns])


def newton(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Maximum likelihood by Newton's method: coefficients and inverse of the information matrix."""
    beta = np.zeros(x.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-x @ beta))
        bread = np.linalg.inv((x * (p * (1 - p))[:, None]).T @ x)
        beta = beta + bread @ x.T @ (y - p)
    return beta, bread


def t_tail(x: float, degrees: int) -> float:
    """Probability that Student's t exceeds x, by integrating its density (substituting tan u for x)."""
    scale = math.gamma((degrees + 1) / 2) / math.sqrt(degrees * math.pi) / math.gamma(degrees / 2)
    u = np.linspace(math.atan(x), math.pi / 2, 200_001)[:-1]
    density = scale * (1 + np.tan(u) ** 2 / degrees) ** (-(degrees + 1) / 2) / np.cos(u) ** 2
    return float(np.trapezoid(density, u))


def binomial_bounds(trials: int, share: float) -> tuple[float, float]:
    """Shares that a binomial count exceeds or falls short of with a probability of 1 in 1,000 each."""
    mass = [math.comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(trials + 1)]
    below = np.cumsum(mass)
    low, high = np.searchsorted(below, [0.001, 0.999])
    return low / trials, high / trials


def interval(term: Coefficient) -> tuple[float, float]:
    assert term.ci_low is not None and term.ci_high is not None
    return term.ci_low, term.ci_high


def share_in_interval(*, robust: bool) -> float:
    """Share of intervals, over repetitions and features, that hold the planted effect."""
    inside = 0
    for seed in range(REPETITIONS):
        features = simulated(seed, rows=1500, users=50, likeness=0.25)
        model = trained(features)
        training = features.filter(~IN_TEST)
        _, bread = newton(design(training, training), training["is_skip"].to_numpy().astype(float))
        naive = 1.96 * np.sqrt(np.diag(bread))[1:]
        for term, half in zip(model.features, naive, strict=True):
            assert term.sd is not None
            planted = PLANTED[term.term] * term.sd
            low, high = interval(term) if robust else (term.coefficient - half, term.coefficient + half)
            inside += low <= planted <= high
    return inside / (REPETITIONS * len(MODEL_TERMS))


@pytest.mark.slow
def test_95_percent_of_the_intervals_hold_the_planted_effects():
    trials = REPETITIONS * len(MODEL_TERMS)
    low, high = binomial_bounds(trials, 0.95)
    assert low <= share_in_interval(robust=True) <= high


@pytest.mark.slow
def test_intervals_that_ignore_the_users_would_miss_them():
    trials = REPETITIONS * len(MODEL_TERMS)
    assert share_in_interval(robust=False) < binomial_bounds(trials, 0.95)[0]


def test_coefficients_and_their_errors_equal_a_sandwich_computed_by_hand(features, model):
    training = features.filter(~IN_TEST)
    x, y = design(training, training), training["is_skip"].to_numpy().astype(float)
    beta, bread = newton(x, y)
    residual = y - 1 / (1 + np.exp(-x @ beta))
    meat = np.zeros((x.shape[1], x.shape[1]))
    users = training["user_id"].to_numpy()
    clusters = sorted(set(users))
    for user in clusters:
        score = x[users == user].T @ residual[users == user]
        meat += np.outer(score, score)
    n, k, g = *x.shape, len(clusters)
    covariance = bread @ meat @ bread * g / (g - 1) * (n - 1) / (n - k)
    errors = np.sqrt(np.diag(covariance))

    got = skip_model_coefficients(model)
    assert got["term"].to_list() == ["intercept", *MODEL_TERMS]
    for column, expected in {
        "coefficient": beta,
        "standard_error": errors,
        "p_value": [2 * t_tail(abs(z), g - 1) for z in beta / errors],
        "odds_ratio": np.exp(beta),
        "odds_ratio_low": np.exp(got["ci_low"].to_numpy()),
        "odds_ratio_high": np.exp(got["ci_high"].to_numpy()),
    }.items():
        np.testing.assert_allclose(got[column].to_numpy(), expected, rtol=1e-6, err_msg=column)
    for end, sign in (("ci_low", -1), ("ci_high", 1)):
        for z in sign * (got[end].to_numpy() - beta) / errors:
            assert t_tail(z, g - 1) == pytest.approx(0.025, rel=1e-6)


def test_measures_equal_their_definitions(features, model):
    training, test = features.filter(~IN_TEST), features.filter(IN_TEST)
    beta = skip_model_coefficients(model)["coefficient"].to_numpy()
    p = 1 / (1 + np.exp(-design(test, training) @ beta))
    skip = test["is_skip"].to_numpy()
    base = training["is_skip"].mean()

    above = p[skip][:, None] - p[~skip][None, :]
    assert model.auc == pytest.approx(((above > 0) + 0.5 * (above == 0)).mean())
    assert model.accuracy == pytest.approx(((p >= 0.5) == skip).mean())
    assert model.base_accuracy == pytest.approx((skip == (base >= 0.5)).mean())
    assert model.log_loss == pytest.approx(-np.log(np.where(skip, p, 1 - p)).mean())
    assert model.base_log_loss == pytest.approx(-np.log(np.where(skip, base, 1 - base)).mean())
    assert model.base_rate == pytest.approx(base)
    assert model.test_skip_rate == pytest.approx(skip.mean())

    fitted = 1 / (1 + np.exp(-design(training, training) @ beta))
    learnt = training["is_skip"].to_numpy()
    log_likelihood = np.log(np.where(learnt, fitted, 1 - fitted)).sum()
    without_features = np.log(np.where(learnt, base, 1 - base)).sum()
    assert model.pseudo_r2 == pytest.approx(1 - log_likelihood / without_features)


def test_rows_and_users_are_counted(features, model):
    training = features.filter(~IN_TEST)
    assert (model.train_rows, model.test_rows) == (training.height, features.height - training.height)
    assert model.users == training["user_id"].n_unique()
    assert model.incomplete_rows == 0


def test_the_tables_have_the_columns_of_the_catalogue(model):
    summary, coefficients = skip_model_row(model, "{}"), skip_model_coefficients(model)
    assert summary.schema == SKIP_MODEL.polars_schema
    assert summary.height == 1
    assert coefficients.schema == SKIP_MODEL_COEFFICIENTS.polars_schema
    for table, frame in ((SKIP_MODEL, summary), (SKIP_MODEL_COEFFICIENTS, coefficients)):
        required = [column.name for column in table.columns if not column.nullable]
        assert frame.select(required).null_count().sum_horizontal().item() == 0


def test_the_order_of_the_rows_changes_nothing(features, model):
    again = trained(features.sample(fraction=1, shuffle=True, seed=5))
    assert again == model
    assert_frame_equal(skip_model_row(again, "{}"), skip_model_row(model, "{}"), check_exact=True)


@pytest.mark.slow
def test_shuffled_labels_cannot_be_predicted(features):
    for seed in range(20):
        labels = features["is_skip"].sample(fraction=1, shuffle=True, seed=seed)
        model = trained(features.with_columns(labels))
        skips = model.test_skip_rate * model.test_rows
        others = model.test_rows - skips
        # Variance of the Mann-Whitney statistic where both groups have one distribution.
        deviation = math.sqrt((skips + others + 1) / (12 * skips * others))
        assert abs(model.auc - 0.5) < 3.5 * deviation


def test_a_stronger_truth_is_predicted_better():
    none, planted, strong = (
        trained(simulated(2, rows=20_000, effects=effects)).auc
        for effects in (NO_EFFECTS, PLANTED, {name: 4 * effect for name, effect in PLANTED.items()})
    )
    assert none < planted < strong


@given(
    cutoff=st.dates(date(2010, 1, 1), date(2040, 1, 1)),
    training_days=st.integers(1, 400),
    test_days=st.integers(1, 100),
)
def test_the_test_window_follows_the_training_window_and_ends_with_the_cutoff(
    cutoff, training_days, test_days
):
    training, test = training_and_test(cutoff, training_days=training_days, test_days=test_days)
    assert len(training.days()) == training_days
    assert len(test.days()) == test_days
    assert test.start == training.end
    assert test.days()[-1] == cutoff


@pytest.mark.parametrize(("training_days", "test_days"), [(0, 7), (21, 0), (-1, 7)])
def test_a_window_without_days_is_refused(features, training_days, test_days):
    with pytest.raises(ValueError, match="each window needs a day"):
        train_skip_model(features, CUTOFF, training_days=training_days, test_days=test_days)


def test_the_test_window_teaches_nothing(features, model):
    flipped = features.with_columns(
        pl.when(IN_TEST).then(~pl.col("is_skip")).otherwise("is_skip").alias("is_skip")
    )
    other = trained(flipped)
    assert other.features == model.features
    assert other.auc == pytest.approx(1 - model.auc)


def test_days_outside_both_windows_are_ignored(features, model):
    outside = [
        features.head(500).with_columns(event_date=pl.lit(day))
        for day in (CUTOFF + timedelta(days=1), TEST_FROM - timedelta(days=TRAINING_DAYS + 1))
    ]
    assert trained(pl.concat([features, *outside])) == model


@pytest.mark.parametrize("unknown", [None, math.nan, math.inf])
def test_playbacks_with_an_unknown_feature_are_counted_and_left_out(features, model, unknown):
    incomplete = pl.concat(
        features.slice(start, 40).with_columns(
            pl.lit(unknown, pl.Float64).alias(name), event_id=pl.col("event_id") + name
        )
        for start, name in ((0, "tempo"), (40, "danceability"))
    )
    with_incomplete = trained(pl.concat([features, incomplete]))
    assert with_incomplete.incomplete_rows == 80
    assert with_incomplete.features == model.features
    assert with_incomplete.test_rows == model.test_rows


def no_row(features: pl.DataFrame) -> pl.DataFrame:
    return features.clear()


def no_test_row(features: pl.DataFrame) -> pl.DataFrame:
    return features.filter(~IN_TEST)


def unknown_tracks(features: pl.DataFrame) -> pl.DataFrame:
    return features.with_columns(energy=pl.lit(None, pl.Float64))


def no_skips_to_learn_from(features: pl.DataFrame) -> pl.DataFrame:
    return features.filter(IN_TEST | ~pl.col("is_skip"))


def only_skips_to_judge_on(features: pl.DataFrame) -> pl.DataFrame:
    return features.filter(~IN_TEST | pl.col("is_skip"))


def one_user(features: pl.DataFrame) -> pl.DataFrame:
    return features.with_columns(user_id=pl.lit("anna"))


def constant_feature(features: pl.DataFrame) -> pl.DataFrame:
    return features.with_columns(valence=pl.lit(0.3))


def dependent_features(features: pl.DataFrame) -> pl.DataFrame:
    return features.with_columns(valence=1 - pl.col("energy"))


def separated(features: pl.DataFrame) -> pl.DataFrame:
    return features.with_columns(is_skip=pl.col("tempo") > 120)


def separated_in_part(features: pl.DataFrame) -> pl.DataFrame:
    rare = pl.col("event_id").str.ends_with("7")
    return features.with_columns(valence=rare.cast(pl.Float64), is_skip=pl.col("is_skip") | rare)


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        (
            no_row,
            r"training window 2025-01-01 to 2025-01-21: 0 complete playbacks of 0 users.*load listening",
        ),
        (no_test_row, r"test window 2025-01-22 to 2025-01-28: 0 complete playbacks of 0 users.*cut-off"),
        (
            unknown_tracks,
            r"training window .*: 0 complete.*[1-9]\d* playbacks lack one of .*catalogue snapshot",
        ),
        (no_skips_to_learn_from, r"training window .* 60 users, 0 of them skipped.*SPOTIFY_TRAINING_DAYS"),
        (only_skips_to_judge_on, r"test window .* users, (\d+) of them skipped.*SPOTIFY_TEST_DAYS"),
        (one_user, r"training window .* of 1 user; .*at least 2.*load the listening of another person"),
        (
            constant_feature,
            r"training window .*of 60 users; valence is 0.3 in all of them.*check core.tracks",
        ),
        (dependent_features, r"training window .* of 60 users, in which .* determine each other"),
        (separated, r"training window .* of 60 users, in which the features separate"),
        (separated_in_part, r"training window .* of 60 users, in which the features separate"),
    ],
)
def test_what_is_lacking_is_said_with_the_window_the_counts_and_a_remedy(features, lacking, said):
    with pytest.raises(NotEnoughData, match=said):
        trained(lacking(features))


def test_two_users_are_enough_and_give_wide_intervals():
    two, many = (trained(simulated(3, users=users)) for users in (2, 60))
    assert two.users == 2
    widths = [np.mean([np.diff(interval(term)) for term in model.features]) for model in (two, many)]
    assert widths[0] > widths[1]
