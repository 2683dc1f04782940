"""What was planted is written down, and analysis finds it again."""

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.planted import SkipHazard
from spotify_assets.generator.truth import truth, truth_path, write_truth
from tests.generator.worlds import LAST, default_month, playbacks, small_catalogue

AUDIO = (
    "danceability", "energy", "loudness", "speechiness", "acousticness", "instrumentalness", "liveness",
    "valence", "tempo", "popularity",
)  # fmt: skip
CONTEXT = ("position", "on_mobile", "on_desktop", "is_shuffle", "is_repeat", "duration_ms")
HISTORY = ("previous_skip", "skips_before", "skip_rate_before")
TEST_DAYS = 7


@pytest.fixture(scope="module")
def plays() -> pl.DataFrame:
    """Playbacks with what was known before each ended."""
    events, tracks = default_month()
    features = tracks.group_by("track_id").agg(
        pl.col("popularity").max(), pl.col(*AUDIO[:-1], "duration_ms").first()
    )
    skip = (pl.col("action") == "skip").cast(pl.Float64)
    before = skip.cum_sum() - skip
    return (
        playbacks(events)
        .with_columns(
            skip.alias("skip"),
            pl.int_range(1, pl.len() + 1).over("session_id").alias("position"),
            skip.shift(1).over("session_id").fill_null(0.5).alias("previous_skip"),
            before.over("session_id").alias("skips_before"),
            ((before + 5) / (pl.int_range(pl.len()) + 10)).over("user_id").alias("skip_rate_before"),
            (pl.int_range(pl.len()).over("user_id", "track_id") > 0).alias("is_repeat"),
            (pl.col("device") == "mobile").alias("on_mobile"),
            (pl.col("device") == "desktop").alias("on_desktop"),
            pl.col("shuffle").alias("is_shuffle"),
        )
        .join(features, on="track_id")
    )


def fit(plays: pl.DataFrame, columns: tuple[str, ...]) -> tuple[dict[str, float], float]:
    """Coefficients per standard deviation, and AUC on the last week."""
    split = pl.col("event_date") > LAST - timedelta(days=TEST_DAYS)
    train, test = plays.filter(~split), plays.filter(split)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(train.select(pl.col(columns).cast(pl.Float64)).to_numpy(), train["skip"].to_numpy())
    predicted = model.predict_proba(test.select(pl.col(columns).cast(pl.Float64)).to_numpy())[:, 1]
    coefficients = dict(zip(columns, model[-1].coef_[0], strict=True))
    return coefficients, float(roc_auc_score(test["skip"].to_numpy(), predicted))


@pytest.mark.slow
def test_audio_features_alone_tell_little_and_their_planted_signs_are_found(plays):
    coefficients, auc = fit(plays, AUDIO)
    assert 0.53 < auc < 0.62
    for name, planted in SkipHazard().audio.items():
        assert np.sign(coefficients[name]) == np.sign(planted), (name, coefficients[name])


@pytest.mark.slow
def test_history_and_context_tell_much(plays):
    coefficients, auc = fit(plays, AUDIO + CONTEXT + HISTORY)
    assert 0.75 < auc < 0.85
    assert coefficients["previous_skip"] > 0.3
    assert coefficients["is_repeat"] < 0
    assert coefficients["on_mobile"] > coefficients["on_desktop"]
    # Previous outcomes matter more than context, that more than any audio feature.
    strongest = max(AUDIO, key=lambda name: abs(coefficients[name]))
    assert coefficients["previous_skip"] > abs(coefficients[strongest])


def test_what_listeners_like_differs_from_user_to_user(plays):
    """The same feature raises one user's skips and lowers another's."""
    slopes = (
        plays.group_by("user_id")
        .agg(pl.corr("energy", "skip").alias("slope"), pl.len())
        .filter(pl.col("len") > 300)["slope"]
    )
    assert (slopes > 0.05).mean() > 0.1
    assert (slopes < -0.05).mean() > 0.1


def test_the_truth_is_written_beside_the_data(tmp_path: Path):
    config = GeneratorConfig(users=10, seed=3)
    path = write_truth(tmp_path, config, small_catalogue())
    assert path == truth_path(tmp_path, 3) == tmp_path / "_truth" / "synthetic-seed3.json"
    written = json.loads(path.read_text())
    assert written == json.loads(json.dumps(truth(config, small_catalogue())))
    assert written["config"]["users"] == 10
    assert written["hazard"]["audio"] == SkipHazard().audio
    assert set(SkipHazard().audio) <= set(written["feature_scale"])


def test_the_truth_names_the_scale_of_each_coefficient():
    tracks = small_catalogue().filter(pl.col("duration_ms") > 0).unique("track_id")
    scale = truth(GeneratorConfig(), small_catalogue())["feature_scale"]
    assert isinstance(scale, dict)
    assert scale["energy"]["mean"] == pytest.approx(tracks["energy"].mean())
    assert scale["energy"]["sd"] == pytest.approx(tracks["energy"].std(ddof=0))
