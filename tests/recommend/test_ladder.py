"""The ladder on generated listening: what it reaches, what it must not know, and when it knows nothing."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from spotify_assets.recommend.ladder import Told, TooLittleListening, judge, learn
from spotify_assets.recommend.requests import TASKS
from spotify_assets.rows.window import Window
from tests.recommend.rows import NOON, NOTHING_KNOWN, catalogue_of, plays_of
from tests.recommend.worlds import TEST, TEST_DAYS, Generated, generated, ladder_of


@pytest.fixture(scope="module")
def world() -> Generated:
    """The default listeners and catalogue: what the ladder reaches is judged on them, in `make test-slow`."""
    return generated()


@pytest.fixture(scope="module")
def small() -> Generated:
    return generated(users=30, tracks=500)


@pytest.fixture(scope="module")
def ladder(world: Generated) -> pl.DataFrame:
    return ladder_of(world)


def value(ladder: pl.DataFrame, task: str, rung: str, measure: str) -> float:
    return float(ladder.filter(task=task, rung=rung)[measure].item())


@pytest.mark.slow
def test_the_blend_beats_the_plain_rungs_by_what_is_asked_for(ladder: pl.DataFrame):
    of_next = [value(ladder, "next", rung, "ndcg_10") for rung in ("blend", "personal")]
    assert of_next[0] >= 1.3 * of_next[1]
    of_new = [value(ladder, "new", rung, "recall_20") for rung in ("blend", "popularity")]
    assert of_new[0] >= 2.0 * of_new[1]


@pytest.mark.slow
def test_the_blend_reaches_most_of_the_best_list_and_nothing_beats_that(ladder: pl.DataFrame):
    for task in TASKS:
        assert value(ladder, task, "blend", "ndcg_10_of_oracle") >= 0.6
        assert value(ladder, task, "blend", "recall_20_of_oracle") >= 0.6
    assert ladder["ndcg_10_of_oracle"].max() == 1.0


def shuffled(world: Generated) -> Generated:
    """Everybody's plays are dealt anew among all listeners and sessions: popularity stays, taste is gone."""
    dealt = world.told.plays["track_id"].shuffle(seed=3)
    return replace(world, told=replace(world.told, plays=world.told.plays.with_columns(dealt)))


@pytest.mark.slow
def test_where_taste_is_shuffled_nothing_beats_popularity(world: Generated):
    told = shuffled(world).told
    found = {
        (rung.task, rung.rung): rung.measures
        for rung in judge(told, learn(told, TEST.start, test_days=TEST_DAYS), TEST)
    }
    for (task, _), measures in found.items():
        plain = found[task, "popularity"]
        for name in ("ndcg_10", "recall_20"):
            value, high = measures[name].value, plain[name].high
            assert value is not None
            assert high is not None
            assert value <= high, (task, name)


@pytest.mark.slow
def test_nothing_of_the_days_that_are_judged_on_enters(small: Generated):
    """Other plays, other listeners and other sessions after the cut-off leave every list as it was."""
    told = small.told
    midnight = pl.lit(TEST.start).cast(pl.Datetime("us"))
    before, after = (
        told.plays.filter(pl.col("started_at") < midnight),
        told.plays.filter(pl.col("started_at") >= midnight),
    )
    other = after.with_columns(
        pl.col("track_id").shuffle(seed=1), session_id=pl.col("session_id").reverse()
    ).sample(fraction=0.5, seed=2)
    unheard = other.head(50).with_columns(track_id=pl.lit("Z" * 22), user_id=pl.lit("somebody else"))
    learnt = learn(told, TEST.start, test_days=TEST_DAYS)
    again = learn(replace(told, plays=pl.concat([before, other, unheard])), TEST.start, test_days=TEST_DAYS)
    for task in TASKS:
        requests = told.requests(task, learnt.listening, TEST)[:100]
        lists, others = learnt.lists(task, requests), again.lists(task, requests)
        assert all(np.array_equal(lists[rung], others[rung]) for rung in lists)


def test_one_listener_alone_is_told_what_comes_next_and_what_is_new(small: Generated):
    """Without others' listening the repeats and the sound still answer."""
    plays = small.told.plays
    busiest = plays["user_id"].mode().sort()[0]
    alone = replace(small.told, plays=plays.filter(pl.col("user_id") == busiest))
    learnt = learn(alone, TEST.start, test_days=TEST_DAYS)
    found = {(rung.task, rung.rung): rung.measures for rung in judge(alone, learnt, TEST)}
    assert found["next", "blend"]["recall_20"].value > 0.3
    assert found["next", "blend"]["recall_20"].low is None
    assert ("new", "content") in found
    requests = alone.requests("new", learnt.listening, TEST)
    heard = set(learnt.listening.heard[0].indices)
    for lists in learnt.lists("new", requests).values():
        assert not heard & set(lists.ravel().tolist())


def test_nobody_before_the_cutoff_is_too_little_and_said():
    plays = plays_of([("u", [0, 1, 2], NOON)])
    told = told_of(plays)
    with pytest.raises(TooLittleListening, match="before 2026-09-20"):
        learn(told, NOON.date(), test_days=7)


def test_a_time_without_listening_has_nothing_to_judge():
    told = told_of(plays_of([("u", [0, 1, 2, 0, 1, 2], NOON)]))
    learnt = learn(told, NOON.date() + timedelta(days=1), test_days=7)
    after = Window(NOON.date() + timedelta(days=1), NOON.date() + timedelta(days=8))
    assert list(judge(told, learnt, after)) == []


def told_of(plays: pl.DataFrame) -> Told:
    return Told(plays, NOTHING_KNOWN, catalogue_of(30))
