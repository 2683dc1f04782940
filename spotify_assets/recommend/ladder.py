"""The ladder: every rung of both tasks, judged on the days after those that it learnt from.

The weights of the blend come from the last days that are learnt from, by rungs that have learnt from the days
before these only. Nothing of the days that are judged on enters any of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl

from spotify_assets.recommend.blend import Blend, learn_blend, only_new, parts, scores_of
from spotify_assets.recommend.evaluation import judge_lists, top
from spotify_assets.recommend.listening import Ints, Listening
from spotify_assets.recommend.requests import TASKS, Requests, Task, requests_after
from spotify_assets.recommend.rungs import SCORES, Fitted
from spotify_assets.rows.window import Window
from spotify_assets.skip.evaluation import Estimate

RULE_VERSION = "recommend-v1"
"""Version of the rungs, their parameters and the requests; changes with any of them."""
BLEND = "blend"
BASELINE: Mapping[Task, str] = {"next": "personal", "new": "popularity"}
"""The rung of each task that what is recommended must not be worse than."""


class TooLittleListening(ValueError):  # noqa: N818
    """There is too little to learn from or to judge on; the message says what and what to do."""


@dataclass(frozen=True)
class JudgedRung:
    """How one rung of a task did; `step` is its place in the ladder, from 1."""

    task: Task
    step: int
    rung: str
    listeners: int
    requests: int
    measures: Mapping[str, Estimate]


@dataclass(frozen=True)
class Learnt:
    """What was learnt from the listening before a moment: the rungs, and the blend of each task."""

    fitted: Fitted
    blends: Mapping[Task, Blend]

    @property
    def listening(self) -> Listening:
        """What the rungs learnt from."""
        return self.fitted.listening

    def lists(self, task: Task, requests: Requests) -> dict[str, Ints]:
        """The list that each rung gives for each request, the blend's last."""
        found: dict[str, list[Ints]] = {}
        for part in parts(requests, len(self.listening.tracks)):
            scores = scores_of(self.fitted, task, part)
            ranked = {name: scores[name] for name in rungs(task)} | {BLEND: self.blends[task].of(scores)}
            for name, each in ranked.items():
                found.setdefault(name, []).append(top(only_new(each, self.fitted, task, part)))
        return {name: np.concatenate(lists) for name, lists in found.items()}


@dataclass(frozen=True)
class Told:
    """The listening that is there.

    `plays` are playbacks of music with a track id (`NEEDED_OF_PLAYS`), `known` what listeners played before
    them (`user_id`, `track_id`), `tracks` the catalogue (`NEEDED_OF_TRACKS`).
    """

    plays: pl.DataFrame
    known: pl.DataFrame
    tracks: pl.DataFrame

    def fitted(self, moment: date) -> Fitted:
        """The rungs, learnt from what was played before the start of a UTC date."""
        return Fitted(Listening.before(midnight(moment), self.plays, self.known, self.tracks))

    def requests(self, task: Task, listening: Listening, window: Window) -> Requests:
        """The requests of a time after what was learnt from."""
        within = pl.col("started_at").is_between(midnight(window.start), midnight(window.end), closed="left")
        return requests_after(task, listening, self.plays.filter(within))


def rungs(task: Task) -> tuple[str, ...]:
    """The rungs of a task, but for the blend."""
    return tuple(name for name in SCORES[task] if name != "just_played")


def learn(told: Told, moment: date, *, test_days: int) -> Learnt:
    """The rungs and blends of a UTC date, from what was played before it.

    Raises:
        TooLittleListening: nothing was.
    """
    window = Window(moment, moment + timedelta(days=1)).preceding(test_days)
    fitted = told.fitted(moment)
    if not len(fitted.listening.users):
        raise TooLittleListening(
            f"no music with a track id was played before {moment}: import a history that reaches further "
            "back, or make the windows shorter (SPOTIFY_TRAINING_DAYS, SPOTIFY_TEST_DAYS)"
        )
    before = told.fitted(window.start)
    blends = {
        task: learn_blend(before, task, told.requests(task, before.listening, window)) for task in TASKS
    }
    return Learnt(fitted, blends)


def judge(told: Told, learnt: Learnt, window: Window) -> Iterator[JudgedRung]:
    """How each rung of both tasks did in a time after what was learnt from.

    A task for which nothing was asked in that time has no row.
    """
    for task in TASKS:
        requests = told.requests(task, learnt.listening, window)
        if not len(requests):
            continue
        for step, (rung, lists) in enumerate(learnt.lists(task, requests).items(), start=1):
            yield JudgedRung(
                task=task,
                step=step,
                rung=rung,
                listeners=np.unique(requests.user).size,
                requests=len(requests),
                measures=judge_lists(lists, requests, learnt.listening),
            )


def midnight(day: date) -> datetime:
    """The first moment of a UTC date."""
    return datetime.combine(day, time())
