"""The lists of a cut-off: who gets which tracks, why, and what never stands in them."""

from dataclasses import replace

import polars as pl
import pytest

from spotify_assets.recommend.ladder import learn
from spotify_assets.recommend.lists import LENGTH, recommendations
from spotify_assets.recommend.report import quality_rows
from spotify_assets.tables import RECOMMENDATIONS
from spotify_assets.transforms.exclusions import Exclusion
from tests.recommend.worlds import CUTOFF, TEST, TEST_DAYS, Generated, generated, quality_of_recommendations


@pytest.fixture(scope="module")
def world() -> Generated:
    return generated(users=30, tracks=500)


def lists_of(world: Generated, rules: list[Exclusion] | None = None) -> pl.DataFrame:
    learnt = learn(world.told, TEST.end, test_days=TEST_DAYS)
    return recommendations(world.told, learnt, rules or [], CUTOFF)


@pytest.fixture(scope="module")
def lists(world: Generated) -> pl.DataFrame:
    return lists_of(world)


def test_every_listener_has_both_lists_in_the_shape_of_the_table(world: Generated, lists: pl.DataFrame):
    assert lists.schema == RECOMMENDATIONS.polars_schema
    listeners = world.told.plays["user_id"].n_unique()
    assert lists.select("user_id", "task").n_unique() == 2 * listeners
    assert lists.filter(task="next").height == listeners * LENGTH
    assert not lists.is_duplicated().any()
    ranks = lists.group_by("user_id", "task").agg(
        pl.col("rank").sort(), falls=pl.col("score").sort_by("rank").is_sorted(descending=True)
    )
    assert ranks["falls"].all()
    assert all(rank == list(range(1, len(rank) + 1)) for rank in ranks["rank"].to_list())


def test_nothing_that_was_heard_is_new_and_most_of_what_comes_next_was_heard(
    world: Generated, lists: pl.DataFrame
):
    heard = world.told.plays.select("user_id", "track_id").unique()
    known = lists.join(heard, on=["user_id", "track_id"], how="semi")
    assert known.filter(task="new").is_empty()
    assert known.filter(task="next").height > 0.8 * lists.filter(task="next").height


@pytest.mark.slow
def test_what_was_played_before_the_windows_is_not_new_either(world: Generated, lists: pl.DataFrame):
    first = lists.filter(task="new", rank=1)
    before = replace(world, told=replace(world.told, known=first.select("user_id", "track_id")))
    again = lists_of(before).filter(task="new")
    assert again.join(first, on=["user_id", "track_id"], how="semi").is_empty()


@pytest.mark.slow
def test_what_is_excluded_is_not_recommended_and_only_to_whom_it_is(world: Generated, lists: pl.DataFrame):
    somebody, track = lists.filter(task="next", rank=1).select("user_id", "track_id").row(0)
    tracks = world.told.tracks
    artist = tracks.join(lists.filter(task="new"), on="track_id")["primary_artist_name"].mode().sort()[0]
    rules = [
        Exclusion(user_id=somebody, track=track),
        Exclusion(artist=str(artist).upper()),
        Exclusion(artist=tracks["primary_artist_name"][0], device="mobile"),
    ]
    found = lists_of(world, rules)
    by_artist = tracks.filter(pl.col("primary_artist_name") == artist)["track_id"].implode()
    assert lists.filter(pl.col("track_id").is_in(by_artist)).height > 0
    assert found.filter(pl.col("track_id").is_in(by_artist)).is_empty()
    assert found.filter(user_id=somebody, track_id=track).is_empty()
    assert found.filter(track_id=track).height >= lists.filter(track_id=track).height - 2


def test_reasons_say_what_the_listener_did(world: Generated, lists: pl.DataFrame):
    plays = world.told.plays
    counted = plays.group_by("user_id", "track_id").agg(
        plays=pl.len(), finished=(pl.col("outcome") == "complete").mean()
    )
    told = lists.filter(pl.col("reason").str.starts_with("you finish")).join(
        counted, on=["user_id", "track_id"], how="left"
    )
    assert told.height > 100
    expected = pl.format(
        "you finish {}% of {} plays",
        (pl.col("finished") * 100).map_elements(lambda share: f"{share:.0f}", return_dtype=pl.String),
        "plays",
    )
    says = told.select(expected.alias("expected"), "reason")
    assert says.select(pl.col("reason").str.starts_with(pl.col("expected"))).to_series().all()
    new = lists.filter(task="new")["reason"]
    assert new.str.contains("sounds like|goes with|listeners play most|popularity").all()
    assert new.n_unique() > 20


@pytest.mark.slow
def test_quality_rows_compare_each_rung_with_the_plain_one(world: Generated):
    [rows] = quality_of_recommendations().values()
    assert rows.select("task", "rung").n_unique() == rows.height == 11
    blend = rows.filter(task="next", rung="blend").row(0, named=True)
    plain = rows.filter(task="next", rung="personal")["ndcg_10"].item()
    assert f"{blend['ndcg_10'] / plain:.2f} times that of personal" in blend["insight"]
    assert blend["ndcg_10_low"] <= blend["ndcg_10"] <= blend["ndcg_10_high"]
    assert (rows["test_from"] > rows["train_to"]).all()
    learnt = learn(world.told, TEST.end, test_days=TEST_DAYS)
    assert quality_rows([], learnt, cutoff=CUTOFF, windows=(TEST, TEST)).is_empty()
