"""Playbacks whose skips follow a planted logistic model."""

import math
from collections.abc import Mapping
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from spotify_assets.tables import MODEL_FEATURES

Floats = npt.NDArray[np.float64]

FIRST_DAY = date(2025, 1, 1)
CUTOFF = date(2025, 1, 28)
TRAINING_DAYS, TEST_DAYS = 21, 7

PLANTED = {"danceability": -0.5, "energy": 0.3, "valence": 0.0, "tempo": 0.002, "popularity": -0.008}
"""Change in the log-odds of a skip per unit of each feature."""
NO_EFFECTS = dict.fromkeys(PLANTED, 0.0)

SPREAD = {
    "danceability": (0.6, 0.17),
    "energy": (0.64, 0.2),
    "valence": (0.5, 0.2),
    "tempo": (120.0, 29.0),
    "popularity": (50.0, 20.0),
}
"""Mean and standard deviation of each feature."""


def normal_cdf(values: Floats) -> Floats:
    return np.array([(1 + math.erf(value / math.sqrt(2))) / 2 for value in values])


def simulated(
    seed: int,
    *,
    rows: int = 4000,
    users: int = 60,
    effects: Mapping[str, float] = PLANTED,
    likeness: float = 0.0,
) -> pl.DataFrame:
    """Rows of `ml.model_features` over four weeks.

    Each playback's probability of a skip is exactly logistic in the features. `likeness` (0 to 1) is how
    much a user's playbacks resemble each other: the share of a feature's variance that lies between users,
    and the correlation of the normal variables behind the outcomes (a Gaussian copula, which leaves the
    probability of each single outcome as it is).
    """
    random = np.random.default_rng(seed)
    user = random.integers(0, users, rows)

    def standard_normal() -> Floats:
        of_user = random.standard_normal(users)[user]
        values: Floats = np.sqrt(likeness) * of_user + np.sqrt(1 - likeness) * random.standard_normal(rows)
        return values

    values = {name: mean + sd * standard_normal() for name, (mean, sd) in SPREAD.items()}
    values["popularity"] = values["popularity"].round()
    log_odds = sum(effects[name] * (values[name] - SPREAD[name][0]) for name in SPREAD)
    is_skip = normal_cdf(standard_normal()) < 1 / (1 + np.exp(-log_odds))
    known = pl.DataFrame(
        {
            "event_id": [f"e{number:06d}" for number in range(rows)],
            "user_id": [f"u{number:03d}" for number in user],
            "is_skip": is_skip,
            "day": random.integers(0, TRAINING_DAYS + TEST_DAYS, rows),
            **values,
        }
    ).with_columns(event_date=pl.lit(FIRST_DAY) + pl.duration(days="day"))
    unused = [pl.lit(None).alias(name) for name in MODEL_FEATURES.column_names if name not in known.columns]
    return known.with_columns(unused).select(MODEL_FEATURES.column_names).cast(MODEL_FEATURES.polars_schema)
