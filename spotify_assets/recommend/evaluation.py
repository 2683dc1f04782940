"""Judging lists of tracks by what was played afterwards, with bootstrap intervals by listener.

Recall: the share of the tracks played that are in the list. NDCG: Järvelin & Kekäläinen 2002, with gain 1 for
a track that was played. MRR: the mean of one divided by the rank of the first track that was played, 0 where
none is listed. Novelty: the mean surprise, in bits, of a recommended track: -log2 of its share of all plays
(Castells et al. 2011). Popularity bias: how many bits less surprising the recommended tracks are than those
that the listener plays. Coverage: the share of the catalogue that is in anyone's list; it has no interval.
"""

from collections.abc import Mapping

import numpy as np

from spotify_assets.recommend.listening import Floats, Ints, Listening
from spotify_assets.recommend.requests import Requests
from spotify_assets.skip.evaluation import Estimate, mean_of

LENGTH, SHORT = 20, 10
"""How long the lists are that are judged, and their beginnings."""
MEASURES = ("recall_10", "recall_20", "ndcg_10", "mrr", "novelty", "popularity_bias", "coverage")


def top(scores: Floats, length: int = LENGTH) -> Ints:
    """The tracks with the highest scores of each row, the best first; equal scores by the order of tracks."""
    length = min(length, scores.shape[1])
    last = np.partition(scores, -length, axis=1)[:, [-length]]
    above, level = scores > last, scores == last
    room = length - above.sum(axis=1, keepdims=True)
    chosen = above | (level & (np.cumsum(level, axis=1, dtype=np.int32) <= room))
    picked = np.nonzero(chosen)[1].reshape(-1, length)
    order = np.argsort(-np.take_along_axis(scores, picked, axis=1), axis=1, kind="stable")
    best: Ints = np.take_along_axis(picked, order, axis=1).astype(np.int64)
    return best


def judge_lists(lists: Ints, requests: Requests, listening: Listening) -> Mapping[str, Estimate]:
    """Every measure of `MEASURES`, of one list per request."""
    rows = np.repeat(np.arange(len(requests)), lists.shape[1])
    hits: Floats = (
        np.asarray(requests.played[rows, lists.ravel()] > 0).reshape(lists.shape).astype(np.float64)
    )
    gains = 1 / np.log2(np.arange(2, SHORT + 2))
    best = np.cumsum(gains)[np.minimum(requests.wanted, SHORT) - 1]
    short = hits[:, :SHORT]
    surprise = _surprise(listening)
    listed = surprise[lists[:, :SHORT]].mean(axis=1)
    own = listening.plays[requests.user]
    usual = own @ surprise / np.maximum(np.asarray(own.sum(axis=1)).ravel(), 1e-9)
    each = {
        "recall_10": short.sum(axis=1) / requests.wanted,
        "recall_20": hits.sum(axis=1) / requests.wanted,
        "ndcg_10": (short * gains[: short.shape[1]]).sum(axis=1) / best,
        "mrr": (hits / np.arange(1, hits.shape[1] + 1)).max(axis=1),
        "novelty": listed,
        "popularity_bias": usual - listed,
    }
    _, listener = np.unique(requests.user, return_inverse=True)
    measures = {name: mean_of(values, listener) for name, values in each.items()}
    covered = np.unique(lists[:, :SHORT]).size / len(listening.tracks)
    return measures | {"coverage": Estimate(covered, None, None)}


def _surprise(listening: Listening) -> Floats:
    """Bits of each track; one that nobody played has half a play."""
    plays = np.maximum(listening.popularity, 0.5)
    bits: Floats = -np.log2(plays / plays.sum())
    return bits
