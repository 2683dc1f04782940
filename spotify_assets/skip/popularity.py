"""The popularity-bucket model: how far audio features tell whether a track is unpopular, middling or popular.

Tracks of one artist resemble each other, so the split, the standard errors and the intervals go by artist:
a model is judged on artists that it has not learnt from. A split by time would need several snapshots of the
catalogue; popularity changes too slowly for that to be a second sample.

Formulas: multinomial logit against the low bucket (McFadden 1974), cluster-robust covariance as in
`skip.logistic`.
"""

import json
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from spotify_assets.skip.boosting import LEAST_TREES, MOST_TREES, ROWS_PER_TREE
from spotify_assets.skip.encoding import Encoding
from spotify_assets.skip.evaluation import Estimate, clusters_of, judge_classes
from spotify_assets.skip.logistic import (
    CONFIDENCE,
    INTERCEPT,
    RIDGE,
    Coefficient,
    Floats,
    Matrix,
    independent,
)
from spotify_assets.skip.registry import FEATURES
from spotify_assets.skip.threads import threads_for
from spotify_assets.tables import AUDIO_FEATURES

RULE_VERSION = "popularity-buckets-v1"
"""Version of features, buckets and estimators; changes with any of them."""
BUCKETS = ("low", "middle", "high")
TARGET = "popularity_bucket"
LEAST_TRACKS = 300
"""Tracks that the catalogue must have; below, an evaluation is noise."""
NEEDED = ("snapshot_date", "track_id", "primary_artist_id", "popularity", *AUDIO_FEATURES)
"""Columns of `core.tracks` that the model needs."""
_TEST_ARTISTS = 4
"""One artist in so many is judged on."""
_STEPS = 50
_TOLERANCE = 1e-8


class TooFewTracks(ValueError):  # noqa: N818
    """The catalogue does not hold what the model needs; the message says what and what to do."""


@dataclass(frozen=True)
class Multinomial:
    """A fitted multinomial logit: `weights` has a row per bucket but the low one, the intercept first.

    `kept` are the columns of the linear design that it uses, `mean` and `sd` theirs in training.

    It is stored as JSON: numbers and names, nothing that is executed when it is loaded.
    """

    encoding: Encoding
    kept: list[int]
    mean: Floats
    sd: Floats
    weights: Floats

    def predict(self, tracks: pl.DataFrame) -> Floats:
        """Probability of each bucket, per track."""
        return _softmax(
            _design(self.encoding.linear(tracks)[:, self.kept], self.mean, self.sd) @ self.weights.T
        )

    def to_json(self) -> str:
        """The model as text."""
        stored = {
            "encoding": self.encoding.to_json(),
            "kept": self.kept,
            "mean": self.mean.tolist(),
            "sd": self.sd.tolist(),
            "weights": self.weights.tolist(),
        }
        return json.dumps(stored, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Multinomial":
        """The model that `to_json` gave."""
        stored: dict[str, Any] = json.loads(text)
        arrays = {name: np.array(stored[name]) for name in ("mean", "sd", "weights")}
        return cls(encoding=Encoding.from_json(stored["encoding"]), kept=stored["kept"], **arrays)


@dataclass(frozen=True)
class PopularityModel:
    """The models of one catalogue snapshot and how they did on the artists held back.

    `measures` are by estimator; `terms` by bucket. `cuts` are the popularities above which the middle and
    the high bucket begin.
    """

    snapshot: date
    cuts: tuple[float, float]
    train_rows: int
    test_rows: int
    artists: int
    measures: Mapping[str, Mapping[str, Estimate]]
    terms: Mapping[str, tuple[Coefficient, ...]]
    logit: Multinomial
    test: pl.DataFrame
    buckets: npt.NDArray[np.int64]
    clusters: npt.NDArray[np.int64]

    def judge(self, model: Multinomial) -> dict[str, Estimate]:
        """The measures of another model on this one's test tracks and buckets."""
        return judge_classes(self.buckets, model.predict(self.test), self.clusters)


def train_popularity_model(tracks: pl.DataFrame, *, most_tracks: int) -> PopularityModel:
    """Train and judge on the newest snapshot of the tracks given. The order of the rows changes nothing.

    Args:
        tracks: rows of `core.tracks`; `NEEDED` are enough.
        most_tracks: how many tracks to use at most; the first by track id.

    Raises:
        TooFewTracks: there are too few with a known popularity, or one bucket is empty.
    """
    with threads_for(tracks.height):
        return _train(tracks, most_tracks)


def _train(tracks: pl.DataFrame, most_tracks: int) -> PopularityModel:
    newest = tracks.filter(pl.col("snapshot_date") == pl.col("snapshot_date").max())
    known = newest.filter(pl.col("popularity").is_not_null()).sort("track_id").head(most_tracks)
    if known.height < LEAST_TRACKS:
        raise TooFewTracks(
            f"{known.height:,} tracks with a known popularity; the popularity model needs {LEAST_TRACKS:,}: "
            "load a larger catalogue"
        )
    is_test = known["primary_artist_id"].map_elements(_held_back, return_dtype=pl.Boolean)
    train, test = known.filter(~is_test), known.filter(is_test)
    cuts = _cuts(train)
    learnt, buckets = _buckets(train, cuts), _buckets(test, cuts)
    if any(len(np.unique(found)) < len(BUCKETS) for found in (learnt, buckets)):
        raise TooFewTracks(
            f"popularity falls into fewer than {len(BUCKETS)} buckets (cut above {cuts[0]:g} and "
            f"{cuts[1]:g}): check core.tracks.popularity, or load a larger catalogue"
        )
    clusters = clusters_of(test["primary_artist_id"])
    encoding = Encoding.learn(train, [FEATURES[name] for name in AUDIO_FEATURES])
    logit, terms = _fit_logit(train, learnt, encoding)
    base = np.tile(np.bincount(learnt, minlength=len(BUCKETS)) / learnt.size, (test.height, 1))
    boosted = _boosted(encoding.trees(train), learnt, encoding.trees(test))
    predicted = {"constant": base, "logistic": logit.predict(test), "gradient_boosting": boosted}
    return PopularityModel(
        snapshot=known["snapshot_date"][0],
        cuts=cuts,
        train_rows=train.height,
        test_rows=test.height,
        artists=train["primary_artist_id"].n_unique(),
        measures={name: judge_classes(buckets, p, clusters) for name, p in predicted.items()},
        terms=terms,
        logit=logit,
        test=test,
        buckets=buckets,
        clusters=clusters,
    )


def _held_back(artist: str) -> bool:
    """Whether an artist is judged on: by a hash, so that it stays on its side when the catalogue grows."""
    return zlib.crc32(artist.encode()) % _TEST_ARTISTS == 0


def _cuts(train: pl.DataFrame) -> tuple[float, float]:
    """The terciles of popularity."""
    popularity = train["popularity"]
    first, second = (popularity.quantile(share, "lower") for share in (1 / 3, 2 / 3))
    assert first is not None and second is not None  # there are tracks
    return first, second


def _buckets(tracks: pl.DataFrame, cuts: tuple[float, float]) -> npt.NDArray[np.int64]:
    popularity = tracks["popularity"].to_numpy()
    buckets: npt.NDArray[np.int64] = (popularity > cuts[0]).astype(np.int64) + (popularity > cuts[1])
    return buckets


def _design(linear: Matrix, mean: Floats, sd: Floats) -> Floats:
    """The columns, standardised, after a column of ones."""
    return np.column_stack([np.ones(linear.shape[0]), (linear - mean) / sd])


def _softmax(log_odds: Floats) -> Floats:
    """Probabilities of the buckets from the log-odds of all but the low one."""
    against_low = np.column_stack([np.zeros(log_odds.shape[0]), log_odds])
    grown = np.exp(against_low - against_low.max(axis=1, keepdims=True))
    probability: Floats = grown / grown.sum(axis=1, keepdims=True)
    return probability


def _fit_logit(
    train: pl.DataFrame, learnt: npt.NDArray[np.int64], encoding: Encoding
) -> tuple[Multinomial, dict[str, tuple[Coefficient, ...]]]:
    """The multinomial logit, and its coefficients by bucket.

    Raises:
        TooFewTracks: the coefficients do not settle.
    """
    linear = encoding.linear(train)
    kept = independent(linear, range(linear.shape[1]))
    linear = linear[:, kept]
    mean, sd = linear.mean(axis=0, dtype=np.float64), linear.std(axis=0, ddof=1, dtype=np.float64)
    x = _design(linear, mean, sd)
    weights = np.zeros((len(BUCKETS) - 1, x.shape[1]))
    penalty = np.full(weights.shape, RIDGE)
    penalty[:, 0] = 0.0
    for _ in range(_STEPS):
        scores, information = _derivatives(x, learnt, weights)
        gradient = scores.sum(axis=0) - (penalty * weights).ravel()
        bread = information + np.diag(penalty.ravel())
        step = np.linalg.solve(bread, gradient)
        weights = weights + step.reshape(weights.shape)
        if float(gradient @ step) < _TOLERANCE:
            break
    else:
        raise TooFewTracks("the coefficients of the popularity model do not settle: load a larger catalogue")
    errors = _robust_errors(*_derivatives(x, learnt, weights), penalty, train["primary_artist_id"])
    names = [INTERCEPT, *(encoding.columns[column] for column in kept)]
    moments = [(None, None), *zip(mean.tolist(), sd.tolist(), strict=True)]
    terms = {
        bucket: tuple(
            _coefficient(name, float(weights[row, place]), float(errors[row, place]), moments[place])
            for place, name in enumerate(names)
        )
        for row, bucket in enumerate(BUCKETS[1:])
    }
    return Multinomial(encoding, kept, mean, sd, weights), terms


def _derivatives(x: Floats, learnt: npt.NDArray[np.int64], weights: Floats) -> tuple[Floats, Floats]:
    """The gradient of each row's log-likelihood, and the information matrix; parameters bucket by bucket."""
    probability = _softmax(x @ weights.T)[:, 1:]
    residual = (learnt[:, None] == np.arange(1, len(BUCKETS))) - probability
    scores = np.hstack([x * residual[:, [k]] for k in range(weights.shape[0])])
    blocks = [
        [
            (x * (probability[:, [j]] * ((j == k) - probability[:, [k]]))).T @ x
            for k in range(weights.shape[0])
        ]
        for j in range(weights.shape[0])
    ]
    return scores, np.block(blocks)


def _robust_errors(scores: Floats, information: Floats, penalty: Floats, artists: pl.Series) -> Floats:
    """Cluster-robust standard errors, one row per bucket but the low one."""
    clusters = clusters_of(artists)
    count, (rows, parameters) = int(clusters.max()) + 1, scores.shape
    summed = np.zeros((count, parameters))
    np.add.at(summed, clusters, scores)
    inverse = np.linalg.inv(information + np.diag(penalty.ravel()))
    factor = count / (count - 1) * (rows - 1) / (rows - parameters)
    errors: Floats = np.sqrt(np.diag(inverse @ (summed.T @ summed) @ inverse * factor))
    return errors.reshape(penalty.shape)


def _coefficient(
    name: str, value: float, error: float, moments: tuple[float | None, float | None]
) -> Coefficient:
    """One coefficient with its normal 95 % interval: artists are many."""
    from scipy.special import ndtri  # type: ignore[import-untyped]  # noqa: PLC0415

    half = float(ndtri((1 + CONFIDENCE) / 2)) * error
    p_value = math.erfc(abs(value) / error / math.sqrt(2)) if error > 0 else 1.0
    return Coefficient(name, value, error, value - half, value + half, p_value, *moments)


def _boosted(train: Matrix, learnt: npt.NDArray[np.int64], test: Matrix) -> Floats:
    """Probabilities of the buckets by scikit-learn's gradient boosting, which is judged and not stored."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415

    estimator = HistGradientBoostingClassifier(
        learning_rate=0.08,
        max_iter=min(MOST_TREES, max(LEAST_TREES, learnt.size // ROWS_PER_TREE)),
        max_leaf_nodes=15,
        min_samples_leaf=100,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=0,
    )
    probability: Floats = estimator.fit(train, learnt).predict_proba(test)
    return probability
