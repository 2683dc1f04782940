"""The lists of a cut-off: what each listener will play next, and what is new to them, with the reasons."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import polars as pl

from spotify_assets.recommend.blend import only_new, parts, scores_of
from spotify_assets.recommend.evaluation import top
from spotify_assets.recommend.ladder import Learnt, Told, midnight
from spotify_assets.recommend.listening import Floats, Ints, Listening, Sparse, cells, numbers
from spotify_assets.recommend.reasons import Habits, Reasons
from spotify_assets.recommend.requests import TASKS, Requests, Task, requests_now
from spotify_assets.recommend.rungs import Score
from spotify_assets.tables import RECOMMENDATIONS
from spotify_assets.transforms.exclusions import Exclusion, excluded_tracks

LENGTH = 30
"""Tracks that are recommended to a listener per task."""


def recommendations(told: Told, learnt: Learnt, rules: list[Exclusion], cutoff: date) -> pl.DataFrame:
    """Rows of `ml.recommendations`: what every listener of the time that was learnt from may want to hear.

    Args:
        told: the listening up to the cut-off, its plays with `outcome`, its tracks with `track_name` and
            `primary_artist_name`.
        learnt: what was learnt from it.
        rules: what the listeners keep out; it is not recommended either.
        cutoff: the last day that was learnt from.
    """
    listening = learnt.listening
    plays = told.plays.filter(pl.col("started_at") < midnight(cutoff + timedelta(days=1)))
    told_of = plays.select(
        "outcome",
        user=pl.Series(numbers(plays["user_id"], listening.users)),
        track=pl.Series(listening.tracks.places(plays["track_id"])),
    )
    habits = {
        int(user): Habits.of(rows)  # type: ignore[call-overload]
        for (user,), rows in told_of.partition_by("user", as_dict=True).items()
    }
    reasons = Reasons(learnt.fitted, habits, _names(listening, told.tracks))
    excluded = _excluded(listening, told.tracks, rules)
    rows = [
        row
        for task in TASKS
        for part in parts(requests_now(task, listening, plays), len(listening.tracks))
        for row in _rows(learnt, task, part, reasons, excluded)
    ]
    frame = pl.DataFrame(
        rows, schema=["user_id", "task", "rank", "track_id", "score", "reason"], orient="row"
    )
    return frame.select(pl.lit(cutoff).alias("cutoff_date"), pl.all()).match_to_schema(
        RECOMMENDATIONS.polars_schema
    )


def _rows(
    learnt: Learnt, task: Task, requests: Requests, reasons: Reasons, excluded: Sparse
) -> Iterator[tuple[object, ...]]:
    """The rows of some requests, in the order of listeners and ranks."""
    listening, blend = learnt.listening, learnt.blends[task]
    scores = scores_of(learnt.fitted, task, requests)
    ranked = only_new(blend.of(scores), learnt.fitted, task, requests)
    ranked[excluded[requests.user].nonzero()] = -np.inf
    best = top(ranked, LENGTH)
    named: list[Score] = list(blend.weights)
    speaks = np.stack([_above_usual(scores[name], best) * blend.weights[name] for name in named])
    for place, tracks in enumerate(best):
        score = ranked[place, tracks]
        told = np.isfinite(score)
        strongest = [named[number] for number in speaks[:, place].argmax(axis=0)]
        words = reasons.of(requests[place : place + 1], tracks, strongest)
        user = listening.users[int(requests.user[place])]
        for rank in np.flatnonzero(told).tolist():
            track_id = listening.tracks.track_id[int(tracks[rank])]
            yield user, task, rank + 1, track_id, float(score[rank]), words[rank]


def _above_usual(score: Floats, best: Ints) -> Floats:
    """How far the scores of the listed tracks are above the mean of their request."""
    above: Floats = np.take_along_axis(score, best, axis=1) - score.mean(axis=1, keepdims=True)
    return above


def _names(listening: Listening, catalogue: pl.DataFrame) -> list[str]:
    """Each track as people call it: its name and main artist, else its id."""
    known = catalogue.unique("track_id", keep="first", maintain_order=True).select(
        "track_id", name=pl.format("{} by {}", "track_name", "primary_artist_name")
    )
    rows = listening.tracks.track_id.to_frame().join(known, on="track_id", how="left", maintain_order="left")
    return rows.select(pl.coalesce("name", "track_id")).to_series().to_list()


def _excluded(listening: Listening, catalogue: pl.DataFrame, rules: list[Exclusion]) -> Sparse:
    """1 for each listener and track that a rule keeps out."""
    shape = len(listening.users), len(listening.tracks)
    users, tracks = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for user_id, track_id in excluded_tracks(rules, catalogue):
        known = track_id.filter(track_id.is_in(listening.tracks.track_id.implode()))
        whose = np.arange(shape[0]) if user_id is None else np.flatnonzero(listening.users == user_id)
        users.append(np.repeat(whose, len(known)))
        tracks.append(np.tile(listening.tracks.places(known), whose.size))
    return cells(np.concatenate(users), np.concatenate(tracks), shape)
