"""The ways to rank tracks, from the plainest on: each gives every track a score per request.

Neighbours: the listener's own sessions, by how much of the context they hold, the rare tracks of it most
(VSKNN, Ludewig & Jannach 2018), and beside them the share of everybody's sessions with a track of the context
that also had the candidate (association rules). Factors: the singular value decomposition of who plays what
(PureSVD, Cremonesi et al. 2010). Content: along the direction in which the sound of what a listener plays
differs from what is played at all, in units of its spread (Fisher's linear discriminant).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from spotify_assets.recommend.listening import Floats, Ints, Listening, Sparse, cells
from spotify_assets.recommend.requests import Requests, Task

Score = Literal["popularity", "personal", "neighbours", "factors", "content", "just_played"]
SCORES: Mapping[Task, tuple[Score, ...]] = {
    "next": ("popularity", "personal", "neighbours", "factors", "content", "just_played"),
    "new": ("popularity", "neighbours", "factors", "content"),
}
"""The scores that each task is ranked by, in the order of the ladder."""
FACTORS = 16
_LEAST = 0.02
"""Stands for a share of sessions, or of plays, that was never seen, in logarithms."""
_SHRINK = 20.0
"""Tracks that a listener must have played for half of what sets them apart to be believed."""
_RIDGE = 0.05
"""Part of the mean variance of the audio features that is added to each."""


@dataclass(frozen=True)
class Fitted:
    """What the rungs have learnt from the listening before a moment."""

    listening: Listening

    def score(self, name: Score, requests: Requests) -> Floats:
        """A score per request and track: the higher, the likelier."""
        ways: Mapping[Score, Callable[[Requests], Floats]] = {
            "popularity": lambda asked: np.tile(self._popularity, (len(asked), 1)),
            "personal": self._personal,
            "neighbours": self._neighbours,
            "factors": lambda asked: self._factors[0][asked.user] @ self._factors[1].T,
            "content": self._content,
            "just_played": lambda asked: np.log1p(asked.context.toarray()),
        }
        return ways[name](requests)

    @cached_property
    def together(self) -> Sparse:
        """For each track, the share of its sessions that also had each other one."""
        sessions = self.listening.sessions
        found = (sessions.T @ sessions).tocsr()
        size = np.maximum(found.diagonal(), 1)
        found.setdiag(0)
        found.eliminate_zeros()
        found.data = found.data / np.repeat(size, np.diff(found.indptr)).astype(np.float32)
        return found

    @cached_property
    def _popularity(self) -> Floats:
        """Plays by all; tracks that were played as often are in the order of Spotify's popularity."""
        return np.log(self.listening.popularity + 0.1 + 0.4 * self.listening.tracks.popularity / 100)

    def _personal(self, requests: Requests) -> Floats:
        plays = self.listening.plays[requests.user].toarray()
        return np.log(_LEAST + plays) + 1e-3 * self._popularity

    def _neighbours(self, requests: Requests) -> Floats:
        everybody = (_per_row(requests.context) @ self.together).toarray()
        return np.log(_LEAST + self._own_neighbours(requests) + everybody)

    @cached_property
    def _own(self) -> tuple[Sparse, Sparse, Ints]:
        """Sessions over pairs of a listener and a track of theirs; per listener and track the number of their
        pair, from 1; the track of each pair."""
        listening = self.listening
        shape = len(listening.users), len(listening.tracks)
        found = listening.sessions.tocoo()
        pairs, number = np.unique(
            listening.session_user[found.row] * shape[1] + found.col, return_inverse=True
        )
        user, track = np.divmod(pairs, shape[1])
        sessions = cells(found.row, number, (found.shape[0], pairs.size))
        return sessions, cells(user, track, shape, np.arange(1, pairs.size + 1)), track

    def _own_neighbours(self, requests: Requests) -> Floats:
        """The share of the listener's sessions that had each track, by how much of the context they had."""
        sessions, numbers, track = self._own
        context = requests.context.tocoo()
        pair = np.asarray(numbers[requests.user[context.row], context.col]).ravel().astype(np.int64) - 1
        known = pair >= 0
        rare = 1 / np.sqrt(np.asarray(sessions.sum(axis=0)).ravel())
        asked = cells(
            context.row[known],
            pair[known],
            (len(requests), sessions.shape[1]),
            context.data[known] * rare[pair[known]],
        )
        shares = (_per_row((asked @ sessions.T).power(2)) @ sessions).tocoo()
        scores = np.zeros((len(requests), len(self.listening.tracks)), np.float32)
        scores[shares.row, track[shares.col]] = shares.data
        return scores

    @cached_property
    def _factors(self) -> tuple[Floats, Floats]:
        """Factors of each listener and of each track."""
        from sklearn.decomposition import TruncatedSVD  # noqa: PLC0415

        plays = self.listening.plays.log1p()
        factors = min(FACTORS, *(size - 1 for size in plays.shape))
        if factors < 1:
            return np.zeros((plays.shape[0], 1), np.float32), np.zeros((plays.shape[1], 1), np.float32)
        model = TruncatedSVD(factors, random_state=0)
        return model.fit_transform(plays).astype(np.float32), model.components_.T.astype(np.float32)

    @cached_property
    def _direction(self) -> Floats:
        """Of each listener, where the sound of their tracks lies from that of all that is played."""
        heard, sound = self.listening.heard, self.listening.tracks.sound
        count = np.asarray(heard.sum(axis=1))
        alone = heard.shape[0] == 1
        weight = np.ones(heard.shape[1]) if alone else np.asarray(heard.sum(axis=0)).ravel()
        weight = weight / weight.sum()
        middle = weight @ sound
        spread = (sound * weight[:, None]).T @ sound - np.outer(middle, middle)
        apart = (heard @ sound / np.maximum(count, 1) - middle) * (count / (count + _SHRINK))
        ridge = _RIDGE * np.trace(spread) / len(spread) * np.eye(len(spread)) + 1e-6 * np.eye(len(spread))
        return np.linalg.solve(spread + ridge, apart.T).T.astype(np.float32)

    def _content(self, requests: Requests) -> Floats:
        """How far each track lies in the listener's direction; the further, the less a step more is worth."""
        along = self._direction[requests.user] @ self.listening.tracks.sound.T
        return -np.log1p(np.exp(-2 * along))


def _per_row(matrix: Sparse) -> Sparse:
    """Each row divided by its sum."""
    scaled = matrix.tocsr(copy=True)
    total = np.maximum(np.asarray(scaled.sum(axis=1)).ravel(), 1e-9)
    scaled.data = scaled.data / np.repeat(total, np.diff(scaled.indptr))
    return scaled
