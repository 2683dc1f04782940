"""Why a track is recommended, in words: what of a listener's own listening speaks for it most.

No reason counts what others play: where there are few of them, it would tell of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from spotify_assets.recommend.listening import Floats, Ints
from spotify_assets.recommend.requests import Requests
from spotify_assets.recommend.rungs import Fitted

LIKED = 20
"""Tracks of a listener, those finished most often, that new ones are compared with."""
LEAST_PLAYS = 3
"""Plays of known outcome from which a share of finished ones is told."""
LEAST_TOGETHER = 2
"""Sessions with both tracks from which it is told that they go together."""


@dataclass(frozen=True)
class Habits:
    """A listener's plays of each of their tracks: one row per track, by index, the most finished first.

    `finished` is the share of plays of known outcome that were completed, NaN where too few are known.
    """

    track: Ints
    plays: Ints
    finished: Floats

    @classmethod
    def of(cls, rows: pl.DataFrame) -> "Habits":
        """The habits of one listener's playbacks: `track` and `outcome`."""
        known = pl.col("outcome").is_in(["complete", "skip", "abandoned"])
        complete = pl.col("outcome") == "complete"
        found = (
            rows.group_by("track")
            .agg(
                plays=pl.len(),
                complete=complete.sum(),
                finished=pl.when(known.sum() >= LEAST_PLAYS).then(complete.sum() / known.sum()),
            )
            .sort("complete", "plays", "track", descending=[True, True, False])
        )
        return cls(
            found["track"].to_numpy(),
            found["plays"].to_numpy().astype(np.int64),
            found["finished"].cast(pl.Float32).fill_null(float("nan")).to_numpy(),
        )

    def says(self, track: int) -> str | None:
        """What a listener does with a track; None where they never played it."""
        [found] = np.nonzero(self.track == track)
        if not found.size:
            return None
        plays, finished = int(self.plays[found[0]]), float(self.finished[found[0]])
        times = f"{plays:,} times" if plays > 1 else "once"
        if np.isnan(finished):
            return f"you played it {times}"
        return f"you finish {finished:.0%} of {plays:,} plays"


@dataclass(frozen=True)
class Reasons:
    """What reasons are told from. `names` says how to call each track."""

    fitted: Fitted
    habits: Mapping[int, Habits]
    names: Sequence[str]

    def of(self, request: Requests, tracks: Ints, strongest: Sequence[str]) -> list[str]:
        """The reason for each track of one request's list.

        Args:
            request: a single one.
            tracks: what is recommended.
            strongest: the score that speaks for each track most.
        """
        user = int(request.user[0])
        habits = self.habits[user]
        beside = self._in_own_sessions(user, request.context.indices, tracks)
        liked = habits.track[:LIKED]
        together = self.fitted.together[liked][:, tracks].toarray()
        sound = self.fitted.listening.tracks.sound
        apart = ((sound[liked][:, None] - sound[tracks][None]) ** 2).sum(axis=2)
        reasons = []
        for place, (track, by) in enumerate(zip(tracks.tolist(), strongest, strict=True)):
            says = habits.says(track)
            with_it = beside[place]
            if says and by == "neighbours" and with_it is not None:
                reasons.append(f"{says}, often with {self.names[with_it]}")
            elif says:
                reasons.append(says)
            elif by == "popularity":
                reasons.append(self._popular(track))
            elif by == "content" or not together[:, place].any():
                near = int(liked[apart[:, place].argmin()])
                reasons.append(f"sounds like {self.names[near]}, of which {_of(habits, near)}")
            else:
                near = int(liked[together[:, place].argmax()])
                reasons.append(f"goes with {self.names[near]}, of which {_of(habits, near)}")
        return reasons

    def _in_own_sessions(self, user: int, context: Ints, tracks: Ints) -> list[int | None]:
        """For each track, the one of the context that most of the listener's sessions with it also had."""
        listening = self.fitted.listening
        own = listening.sessions[listening.session_user == user]
        both = (own[:, context].T @ own[:, tracks]).toarray()
        both[context[:, None] == tracks[None, :]] = 0
        if not both.size:
            return [None] * tracks.size
        enough = both.max(axis=0) >= LEAST_TOGETHER
        return [
            int(context[row]) if told else None for row, told in zip(both.argmax(axis=0), enough, strict=True)
        ]

    def _popular(self, track: int) -> str:
        if self.fitted.listening.popularity[track]:
            return "among what listeners play most"
        return f"popularity {self.fitted.listening.tracks.popularity[track]:.0f} of 100 on Spotify"


def _of(habits: Habits, track: int) -> str:
    return (habits.says(track) or "").replace("you played it", "you played")
