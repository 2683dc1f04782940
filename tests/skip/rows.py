"""Rows of `ml.model_features` whose skips follow the session, the user and a few features."""

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from spotify_assets.skip.evaluation import Estimate
from spotify_assets.tables import MODEL_FEATURES

FIRST, DAYS, TEST_DAYS = date(2025, 1, 1), 20, 5
TEST_FROM = FIRST + timedelta(days=DAYS - TEST_DAYS)
IN_TEST = pl.col("event_date") >= TEST_FROM
EFFECTS = {"energy": 0.3, "previous_is_skip": 1.6, "user_skip_rate": 2.0}
"""Log-odds per standard deviation of energy, after a skip, and per unit of the user's rate."""


def ends(estimate: Estimate) -> tuple[float, float]:
    """Both ends of an interval that is there."""
    assert estimate.low is not None and estimate.high is not None
    return estimate.low, estimate.high


def width(estimate: Estimate) -> float:
    """How wide an interval is that is there."""
    low, high = ends(estimate)
    return high - low


def feature_rows(seed: int, *, rows: int = 6_000, users: int = 60, learnable: bool = True) -> pl.DataFrame:
    """Playbacks over twenty days; with `learnable=False` nothing tells a skip."""
    random = np.random.default_rng(seed)
    user = random.integers(0, users, rows)
    rate = random.uniform(0.2, 0.8, users)[user]
    energy = random.uniform(0, 1, rows)
    first = random.random(rows) < 0.1
    previous = random.random(rows) < rate
    log_odds = (
        EFFECTS["energy"] * (energy - 0.5) / np.sqrt(1 / 12)
        + EFFECTS["previous_is_skip"] * np.where(first, 0, previous - 0.5)
        + EFFECTS["user_skip_rate"] * (rate - 0.5)
    )
    chance = 1 / (1 + np.exp(-log_odds)) if learnable else np.full(rows, 0.5)
    day = random.integers(0, DAYS, rows)
    start = datetime.combine(FIRST, datetime.min.time())
    position = np.where(first, 1, random.integers(2, 15, rows))
    known = pl.DataFrame(
        {
            "event_id": [f"e{number:06d}" for number in range(rows)],
            "user_id": [f"u{number:03d}" for number in user],
            "track_id": [f"{number:022d}" for number in random.integers(0, 200, rows)],
            "event_date": [FIRST + timedelta(days=int(one)) for one in day],
            "started_at": [start + timedelta(days=int(d), seconds=n) for n, d in enumerate(day)],
            "is_skip": random.random(rows) < chance,
            "energy": energy,
            "danceability": random.uniform(0, 1, rows),
            "key": random.integers(0, 3, rows),
            "popularity": random.integers(0, 100, rows),
            "hour_utc": random.integers(0, 24, rows),
            "weekday": random.integers(1, 8, rows),
            "device": random.choice(["mobile", "desktop", "tablet"], rows, p=[0.6, 0.399, 0.001]),
            "shuffle": random.random(rows) < 0.3,
            "reason_start": random.choice(["trackdone", "fwdbtn"], rows),
            "session_position": position,
            "previous_is_skip": [None if f else bool(p) for f, p in zip(first, previous, strict=True)],
            "user_plays": random.integers(0, 300, rows),
            "user_skip_rate": rate,
        }
    )
    unused = [pl.lit(None).alias(name) for name in MODEL_FEATURES.column_names if name not in known.columns]
    return known.with_columns(unused).select(MODEL_FEATURES.column_names).cast(MODEL_FEATURES.polars_schema)
