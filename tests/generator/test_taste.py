"""The chances of the answer key are those with which generated listeners play."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from spotify_assets.generator.catalogue import generate_catalogue
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.taste import Oracle, track_ids
from spotify_assets.generator.world import World, span_of
from tests.generator.worlds import LAST

USERS, DAYS = 40, 28


@pytest.fixture(scope="module")
def world() -> World:
    return World.build(GeneratorConfig(users=USERS, seed=5), generate_catalogue(500, seed=5))


@pytest.fixture(scope="module")
def plays(world: World) -> pl.DataFrame:
    """Playbacks with the index of their user and track; sessions by the key as the generator writes it."""
    span = span_of(LAST - timedelta(days=DAYS - 1))[0], span_of(LAST)[1]
    events = world.between(*span, source_file="generated").filter(pl.col("action").is_in(["play", "skip"]))
    place = {track: number for number, track in enumerate(track_ids(world))}
    who = {user: number for number, user in enumerate(world.users.user_id)}
    return events.with_columns(
        track=pl.col("track_id").replace_strict(place), user=pl.col("user_id").replace_strict(who)
    )


@pytest.mark.slow
def test_tracks_are_played_as_often_as_their_chances_say(world: World, plays: pl.DataFrame):
    oracle, tracks = Oracle(world), len(track_ids(world))
    week = LAST - timedelta(days=6)
    said, happened, total = 0.0, 0, 0
    for (user,), rows in plays.partition_by("user", as_dict=True).items():
        before = rows.filter(pl.col("event_date") < week)["track"]
        heard = np.zeros(tracks, dtype=bool)
        heard[before.to_numpy()] = True
        for (session,), after in (
            rows.filter(pl.col("event_date") >= week).partition_by("session_id", as_dict=True).items()
        ):
            chances = oracle.next_play(int(user), after["event_date"][0], str(session), heard)
            assert chances.sum() == pytest.approx(1, abs=1e-6)
            best = np.argsort(-chances)[:10]
            said += chances[best].sum() * after.height
            happened += int(after["track"].is_in(best.tolist()).sum())
            total += after.height
    assert total > 3_000
    assert happened / total == pytest.approx(said / total, abs=0.04)


def test_what_was_heard_is_no_discovery_and_nothing_heard_leaves_the_law_of_draws(world: World):
    oracle, tracks = Oracle(world), len(track_ids(world))
    nothing = np.zeros(tracks, dtype=bool)
    fresh = oracle.discovery(3, LAST, nothing)
    assert fresh.sum() == pytest.approx(1, abs=1e-6)
    heard = nothing.copy()
    heard[:50] = True
    again = oracle.discovery(3, LAST, heard)
    assert again[:50].sum() == 0
    assert (again[50:] > 0).any()
    assert not np.array_equal(oracle.discovery(4, LAST, nothing), fresh)
