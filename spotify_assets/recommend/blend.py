"""The blend of the rungs: a weighted sum of their scores, whose weights a logistic regression learns.

It learns them from requests that come after what the rungs learnt, and among the tracks that any rung ranks
high, because these are what the blend has to put in order.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spotify_assets.recommend.evaluation import top
from spotify_assets.recommend.listening import Floats
from spotify_assets.recommend.requests import Requests, Task
from spotify_assets.recommend.rungs import SCORES, Fitted, Score

CELLS_AT_ONCE = 4_000_000
"""Scores that are held at once, per rung: 16 MB."""
CANDIDATES = 60
"""Tracks of each rung that the blend learns to put in order."""
LEAST_REQUESTS = 30
"""Requests without which nothing is learnt."""
USUAL: Mapping[Task, Mapping[Score, float]] = {
    "next": {"popularity": 0.1, "personal": 0.25, "neighbours": 0.7, "content": 0.2, "just_played": 1.0},
    "new": {"popularity": 0.5, "neighbours": 0.5, "factors": 1.0, "content": 2.0},
}
"""Weights where too little is there to learn them from: about those of generated listening."""
_MOST_STEPS = 300


@dataclass(frozen=True)
class Blend:
    """The weight of each score. `learnt` says whether from requests, or the usual ones."""

    weights: Mapping[Score, float]
    learnt: bool

    def of(self, scores: Mapping[Score, Floats]) -> Floats:
        """The weighted sum of the scores."""
        weighted = [np.float32(weight) * scores[name] for name, weight in self.weights.items()]
        total: Floats = np.sum(weighted, axis=0)
        return total


def scores_of(fitted: Fitted, task: Task, requests: Requests) -> dict[Score, Floats]:
    """Every score of a task."""
    return {name: fitted.score(name, requests) for name in SCORES[task]}


def only_new(ranked: Floats, fitted: Fitted, task: Task, requests: Requests) -> Floats:
    """Scores in which, where new tracks are asked for, what the listener has heard is below all else."""
    if task == "new":
        ranked = ranked.copy()
        ranked[fitted.listening.heard[requests.user].nonzero()] = -np.inf
    return ranked


def parts(requests: Requests, tracks: int) -> list[Requests]:
    """The requests, so many at a time that their scores fit."""
    step = max(1, CELLS_AT_ONCE // max(tracks, 1))
    return [requests[start : start + step] for start in range(0, len(requests), step)]


def learn_blend(fitted: Fitted, task: Task, requests: Requests) -> Blend:
    """The weights that best tell what was played from what was ranked high and not played."""
    if len(requests) < LEAST_REQUESTS:
        return Blend(USUAL[task], learnt=False)
    found = [_examples(fitted, task, part) for part in parts(requests, len(fitted.listening.tracks))]
    x, played = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    if played.all() or not played.any():
        return Blend(USUAL[task], learnt=False)
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - a second, which little listening spares

    spread = x.std(axis=0)
    spread[spread == 0] = 1
    model = LogisticRegression(max_iter=_MOST_STEPS).fit(x / spread, played)
    weights = dict(zip(SCORES[task], (model.coef_[0] / spread).tolist(), strict=True))
    return Blend(weights, learnt=True)


def _examples(fitted: Fitted, task: Task, requests: Requests) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The scores of each candidate, and whether it was played."""
    scores = scores_of(fitted, task, requests)
    among = np.zeros((len(requests), len(fitted.listening.tracks)), dtype=bool)
    for name, each in scores.items():
        if name != "just_played":  # it ranks nothing but the few tracks of the context
            ranked = only_new(each, fitted, task, requests)
            best = top(ranked, CANDIDATES)
            np.put_along_axis(among, best, np.isfinite(np.take_along_axis(ranked, best, axis=1)), axis=1)
    rows, tracks = np.nonzero(among)
    x = np.stack([each[rows, tracks] for each in scores.values()], axis=1)
    return x, np.asarray(requests.played[rows, tracks]).ravel() > 0
