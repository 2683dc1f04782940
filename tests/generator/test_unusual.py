"""Planted unusual listening: days in the shape of the lake, the same however they are made, with a key."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from spotify_assets.generator.catalogue import generate_catalogue
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.listeners import write_days
from spotify_assets.generator.unusual import KEY_SCHEMA, key_path, plant
from spotify_assets.generator.world import World
from spotify_assets.lake.events import EventLake
from spotify_assets.rows.window import Window
from spotify_assets.tables import RAW_EVENTS
from spotify_assets.tables.insight import UNUSUAL_KINDS

FIRST, LAST = date(2026, 5, 1), date(2026, 6, 20)
CONFIG = GeneratorConfig(users=20, seed=4)
TRACKS = generate_catalogue(600, seed=4)


def written(folder: Path, workers: int, *, last: date = LAST, unusual: bool = True) -> pl.DataFrame:
    write_days(CONFIG, TRACKS, folder, FIRST, last, workers=workers, unusual=unusual)
    read = EventLake(folder).read(Window(FIRST, last + timedelta(days=1)))
    return read.rows.sort("event_date", "source_row")


@pytest.mark.slow
def test_days_are_the_same_by_any_number_of_workers_and_have_a_key(tmp_path: Path):
    events = written(tmp_path / "one", 1)
    assert events.equals(written(tmp_path / "two", 2))
    assert events.schema == RAW_EVENTS.polars_schema
    assert events.select("source_file", "source_row").is_unique().all()
    assert events["event_id"].is_unique().all()
    assert (events["ended_at"].dt.date() == events["event_date"]).all()
    key = pl.read_parquet(key_path(tmp_path / "one", CONFIG.seed), glob=False)
    assert key.schema == KEY_SCHEMA
    assert set(key["kind"]) == set(UNUSUAL_KINDS)
    last_quiet = FIRST + timedelta(days=27)
    plain = written(tmp_path / "plain", 1, last=last_quiet, unusual=False)
    assert events.filter(pl.col("event_date") <= last_quiet).equals(plain.select(events.columns))
    assert not key_path(tmp_path / "plain", CONFIG.seed).exists()


@pytest.mark.slow
def test_in_a_case_its_listener_does_nothing_else():
    world = World.build(CONFIG, TRACKS)
    planted = plant(world, TRACKS, FIRST, LAST)
    alone = [case for case in planted.cases if case.alone]
    assert alone
    for case in alone:
        dates = Window(case.started_at.date(), case.ended_at.date() + timedelta(days=1)).days()
        events = pl.concat(planted.on(day, world.day(day)) for day in dates)
        during = events.filter(
            pl.col("ended_at") > case.started_at,
            pl.col("started_at") < case.ended_at,
            pl.lit(case.user_id).is_null() | (pl.col("user_id") == case.user_id),
        )
        assert set(during["event_id"]) == set(case.rows["event_id"]), case.kind
