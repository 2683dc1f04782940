"""The moments at which tracks are asked for, and what was played after them.

What comes next is asked for after the first plays of a session; what is new, for a listener as they are when
the time that is learnt from ends.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from spotify_assets.recommend.listening import Ints, Listening, Sparse, cells, numbers, ones

Task = Literal["next", "new"]
"""What is asked for: the tracks that a listener plays next, repeats among them, or tracks new to them."""
TASKS: tuple[Task, ...] = ("next", "new")
OPENING = 5
"""Plays of a session after which the next ones are asked for."""
FOLLOWING = 10
"""Plays after them that count as the next ones."""
MOST_REQUESTS = 4_000
"""Requests that are learnt from or judged on at most; of more, every n-th."""


@dataclass(frozen=True)
class Requests:
    """Moments at which tracks are asked for; one entry per request.

    `user` is an index into the listeners that were learnt from; `context` says what they play, for the next
    tracks what they just played; `played` what they went on to play. Both have a row per request. `wanted` is
    the number of tracks that they went on to play, those among them that nobody could have known.
    """

    user: Ints
    context: Sparse
    played: Sparse
    wanted: Ints

    def __len__(self) -> int:
        return int(self.user.size)

    def __getitem__(self, chosen: slice | Ints) -> "Requests":
        """Some of the requests."""
        return Requests(self.user[chosen], self.context[chosen], self.played[chosen], self.wanted[chosen])


def requests_after(task: Task, listening: Listening, plays: pl.DataFrame) -> Requests:
    """The requests of the listeners that were learnt from, with what they played in a later time.

    Args:
        task: what is asked for.
        listening: what was learnt from.
        plays: playbacks of music after it, `NEEDED_OF_PLAYS`.
    """
    known = plays.filter(pl.col("user_id").is_in(listening.users.implode()))
    found = _sessions(listening, known) if task == "next" else _discoveries(listening, known)
    step = -(-len(found) // MOST_REQUESTS) or 1
    return found[::step]


def requests_now(task: Task, listening: Listening, plays: pl.DataFrame) -> Requests:
    """One request per listener at the end of the listening: after their newest plays, for the next tracks."""
    everybody = np.arange(len(listening.users))
    context = listening.plays
    if task == "next":
        newest = plays.sort("started_at", "track_id").group_by("user_id").tail(OPENING)
        request = pl.Series("request", numbers(newest["user_id"], listening.users))
        context = _flat(newest.with_columns(request), listening, everybody.size)
    nothing = everybody[:0]
    return Requests(everybody, context, cells(nothing, nothing, context.shape), np.zeros_like(everybody))


def _sessions(listening: Listening, plays: pl.DataFrame) -> Requests:
    """A request after the opening of each session that goes on after it."""
    place = pl.int_range(pl.len()).over("session_id")
    rows = (
        plays.sort("session_id", "started_at", "track_id")
        .with_columns(place.alias("place"))
        .filter((pl.col("place").max() >= OPENING).over("session_id"))
        .filter(pl.col("place") < OPENING + FOLLOWING)
    )
    sessions = rows["session_id"].unique().sort()
    number = pl.Series("request", numbers(rows["session_id"], sessions))
    numbered = rows.with_columns(number)
    opening = pl.col("place") < OPENING
    users = rows.unique("session_id").sort("session_id")["user_id"]
    return _requests(
        numbers(users, listening.users),
        _flat(numbered.filter(opening), listening, len(sessions)),
        numbered.filter(~opening),
        listening,
    )


def _discoveries(listening: Listening, plays: pl.DataFrame) -> Requests:
    """A request per listener who played something that is new to them."""
    user, track = listening.heard.nonzero()
    heard = pl.DataFrame({"user_id": listening.users[user], "track_id": listening.tracks.track_id[track]})
    fresh = plays.join(heard, on=["user_id", "track_id"], how="anti")
    users = fresh["user_id"].unique().sort()
    asking = numbers(users, listening.users)
    played = fresh.with_columns(request=pl.Series(numbers(fresh["user_id"], users)))
    return _requests(asking, listening.plays[asking], played, listening)


def _requests(user: Ints, context: Sparse, played: pl.DataFrame, listening: Listening) -> Requests:
    wanted = played.group_by("request").agg(pl.col("track_id").n_unique()).sort("request")["track_id"]
    return Requests(user, context, _flat(played, listening, user.size), wanted.to_numpy().astype(np.int64))


def _flat(plays: pl.DataFrame, listening: Listening, requests: int) -> Sparse:
    """A row per `request`, 1 for each track played that was learnt of."""
    tracks = listening.tracks
    rows = plays.join(tracks.track_id.to_frame(), on="track_id", how="semi")
    return ones(cells(rows["request"].to_numpy(), tracks.places(rows["track_id"]), (requests, len(tracks))))
