"""Generated listening to recommend from, and the best lists that there can be for it."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
import polars as pl

from spotify_assets.generator.catalogue import generate_catalogue
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.taste import Oracle, track_ids
from spotify_assets.generator.world import World, span_of
from spotify_assets.recommend.evaluation import judge_lists, top
from spotify_assets.recommend.ladder import Learnt, Told, judge, learn, midnight
from spotify_assets.recommend.listening import Ints
from spotify_assets.recommend.report import quality_rows
from spotify_assets.recommend.requests import MOST_REQUESTS, OPENING, TASKS, Requests, Task
from spotify_assets.rows.window import Window
from spotify_assets.tables import RECOMMENDATION_QUALITY

FIRST, DAYS, TEST_DAYS = date(2026, 9, 3), 28, 7
"""The windows of the defaults: 21 days to learn from, seven to be judged on."""
TEST = Window(FIRST + timedelta(days=DAYS - TEST_DAYS), FIRST + timedelta(days=DAYS))
CUTOFF = TEST.end - timedelta(days=1)


@dataclass(frozen=True)
class Generated:
    """A world with four weeks of its listening."""

    world: World
    told: Told

    def oracle_lists(self, task: Task, learnt: Learnt, requests: Requests) -> Ints:
        """The best lists for the requests of the days after what was learnt from."""
        listening = learnt.listening
        oracle = Oracle(self.world)
        users = self.world.users.user_id
        place = {track: number for number, track in enumerate(track_ids(self.world))}
        known = np.array([place.get(track, -1) for track in listening.tracks.track_id])
        sessions = self.sessions(len(requests)) if task == "next" else [("", TEST.start)] * len(requests)
        lists = []
        for user, (session_id, day) in zip(requests.user.tolist(), sessions, strict=True):
            who = int(users.index_of(listening.users[user]) or 0)
            heard = np.zeros(len(place), dtype=bool)
            heard[known[listening.heard[user].indices]] = True
            chances = (
                oracle.next_play(who, day, session_id, heard)
                if task == "next"
                else oracle.discovery(who, day, heard)
            )
            scores = np.where(known >= 0, chances[known], -1.0)
            lists.append(top(scores[None])[0])
        return np.array(lists)

    def sessions(self, requests: int) -> list[tuple[str, date]]:
        """Id and UTC date of the session of each request for the next tracks."""
        after = self.told.plays.filter(pl.col("started_at") >= midnight(TEST.start))
        found = (
            after.group_by("session_id")
            .agg(pl.len(), pl.col("started_at").min().dt.date())
            .filter(pl.col("len") > OPENING)
            .sort("session_id")
        )
        step = -(-found.height // MOST_REQUESTS)
        asked = found.gather_every(step)
        assert asked.height == requests
        return list(asked.select("session_id", "started_at").iter_rows())


@cache
def generated(users: int = 200, tracks: int = 5_000, seed: int = 7) -> Generated:
    """The world of the defaults, or another one."""
    catalogue = generate_catalogue(tracks, seed=seed)
    world = World.build(GeneratorConfig(users=users, seed=seed), catalogue)
    span = span_of(FIRST)[0], span_of(CUTOFF)[1]
    events = world.between(*span, source_file="generated")
    plays = events.filter(pl.col("action").is_in(["play", "skip"])).select(
        *("user_id", "track_id", "session_id", "started_at"),
        outcome=pl.col("action").replace({"play": "complete"}),
    )
    known = pl.DataFrame(schema={"user_id": pl.String, "track_id": pl.String})
    dated = catalogue.with_columns(
        snapshot_date=pl.lit(FIRST), primary_artist_name=pl.col("artists").str.split(";").list.first()
    )
    return Generated(world, Told(plays, known, dated))


def ladder_of(made: Generated) -> pl.DataFrame:
    """Every measure of every rung and of the oracle, with NDCG and recall as shares of the oracle's."""
    learnt = learn(made.told, TEST.start, test_days=TEST_DAYS)
    rows = [
        {"task": rung.task, "rung": rung.rung} | {name: each.value for name, each in rung.measures.items()}
        for rung in judge(made.told, learnt, TEST)
    ]
    for task in TASKS:
        requests = made.told.requests(task, learnt.listening, TEST)
        best = judge_lists(made.oracle_lists(task, learnt, requests), requests, learnt.listening)
        rows.append({"task": task, "rung": "oracle"} | {name: each.value for name, each in best.items()})
    return pl.DataFrame(rows).with_columns(
        (pl.col(name) / pl.col(name).filter(rung="oracle").first().over("task")).alias(f"{name}_of_oracle")
        for name in ("ndcg_10", "recall_20")
    )


def quality_of_recommendations() -> dict[str, pl.DataFrame]:
    """Rows of `ml.recommendation_quality` of a small world, by the table's name."""
    told = generated(users=30, tracks=500).told
    learnt = learn(told, TEST.start, test_days=TEST_DAYS)
    windows = TEST.preceding(DAYS - TEST_DAYS), TEST
    rows = quality_rows(judge(told, learnt, TEST), learnt, cutoff=CUTOFF, windows=windows)
    return {RECOMMENDATION_QUALITY.full_name: rows}
