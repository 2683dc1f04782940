"""Dated snapshots: popularity moves, tracks come and go, and listeners play what there is."""

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from spotify_assets.generator.catalogue import generate_catalogue
from spotify_assets.generator.catalogue_history import (
    MAX_SNAPSHOTS,
    snapshot_dates,
    snapshots,
    tracks_over_time,
    write_snapshots,
)
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.listeners import generate_days

FIRST, LAST = date(2026, 3, 2), date(2026, 8, 2)
SEED = 5


@pytest.fixture(scope="module")
def catalogue() -> pl.DataFrame:
    return generate_catalogue(2_000, seed=SEED)


@pytest.fixture(scope="module")
def lake(catalogue: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    lake_dir = tmp_path_factory.mktemp("lake")
    write_snapshots(lake_dir, catalogue, snapshot_dates(FIRST, LAST), SEED)
    return lake_dir


@pytest.fixture(scope="module")
def rows(lake: Path) -> pl.DataFrame:
    """Every row of every snapshot."""
    return pl.read_parquet(lake / "spotify_tracks" / "*" / "*.parquet", hive_partitioning=False)


@pytest.fixture(scope="module")
def planted(lake: Path) -> pl.DataFrame:
    return pl.read_parquet(lake / "_truth" / f"catalogue-seed{SEED}.parquet")


def per_track(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by("snapshot_date", "track_id").agg(
        pl.col("popularity").max(), pl.col("track_name", "release_date", "album_name").first()
    )


def test_snapshots_lie_a_week_apart_and_further_in_a_long_range():
    assert snapshot_dates(FIRST, FIRST) == [FIRST]
    assert snapshot_dates(FIRST, FIRST + timedelta(days=27)) == [
        FIRST + timedelta(days=7 * i) for i in range(4)
    ]
    long = snapshot_dates(date(2016, 1, 1), date(2025, 12, 31))
    assert 2 < len(long) <= MAX_SNAPSHOTS
    assert {(b - a).days % 7 for a, b in pairwise(long)} == {0}


def test_the_same_seed_gives_the_same_snapshots_and_one_date_the_catalogue_itself(catalogue):
    dates = [FIRST, FIRST + timedelta(days=7)]
    once, again = (dict(snapshots(catalogue, dates, seed=SEED)) for _ in range(2))
    assert all(once[day].equals(again[day]) for day in dates)
    [(_, alone)] = snapshots(catalogue, [FIRST], seed=SEED)
    assert alone.equals(catalogue.select(alone.columns))


@pytest.mark.parametrize("dates", [[], [LAST, FIRST], [FIRST, FIRST]])
def test_dates_out_of_order_are_refused(catalogue, dates):
    with pytest.raises(ValueError, match="at least one date, each after the one before"):
        list(snapshots(catalogue, dates, seed=SEED))


def test_popularity_stays_in_its_range_and_moves_by_points_not_leaps(rows):
    tracks = per_track(rows).sort("track_id", "snapshot_date")
    assert tracks["popularity"].is_between(0, 100).all()
    moves = tracks.select(pl.col("popularity").diff().over("track_id").drop_nulls())["popularity"]
    assert (moves != 0).sum() > 0.3 * moves.len()
    assert (moves.abs() >= 10).sum() < 0.01 * moves.len()


def test_tracks_follow_the_trend_that_was_planted(rows, planted):
    tracks = per_track(rows).join(planted.filter(pl.col("released").is_null()), on="track_id")
    # Away from 0 and 100, where nothing can follow a trend.
    steady = tracks.filter(pl.col("popularity").is_between(15, 85).all().over("track_id"))
    week = (pl.col("snapshot_date") - FIRST).dt.total_days() / 7
    fitted = steady.group_by("track_id").agg(
        (pl.cov(week, "popularity") / week.var()).alias("slope"), pl.col("trend_per_week").first()
    )
    assert fitted.height > 300
    assert fitted.select(pl.corr("slope", "trend_per_week")).item() > 0.9
    assert abs(fitted.select((pl.col("slope") - pl.col("trend_per_week")).mean()).item()) < 0.05


def test_new_releases_appear_with_a_fresh_date_and_climb(rows, planted):
    new = per_track(rows).join(planted.filter(pl.col("released").is_not_null()), on="track_id")
    assert new["track_id"].n_unique() > 50
    assert (new["snapshot_date"] >= new["released"]).all()
    assert (new["release_date"] == new["released"].cast(pl.String)).all()
    appears = new.group_by("track_id").agg(pl.col("snapshot_date").min(), pl.col("released").first())
    assert ((appears["snapshot_date"] - appears["released"]).dt.total_days() < 7).all()
    settled = new.filter(pl.col("released") < LAST - timedelta(days=60)).sort("snapshot_date")
    ends = settled.group_by("track_id").agg(first=pl.first("popularity"), last=pl.last("popularity"))
    assert ends.select(pl.col("last").sum() / pl.col("first").sum()).item() > 1.5


def test_withdrawn_tracks_are_gone_and_renamed_ones_changed_from_that_day_on(rows, planted):
    tracks = per_track(rows).join(planted, on="track_id")
    gone = tracks.filter(pl.col("withdrawn").is_not_null())
    assert gone.height > 0
    assert (gone["snapshot_date"] < gone["withdrawn"]).all()
    renamed = tracks.filter(pl.col("renamed").is_not_null())
    assert renamed["track_id"].n_unique() > 10
    is_new_name = renamed["track_name"].str.ends_with(" - Remastered 2026")
    assert (is_new_name == (renamed["snapshot_date"] >= renamed["renamed"])).all()


@pytest.mark.slow
def test_nobody_plays_a_track_before_it_is_out_or_after_it_is_withdrawn(lake):
    tracks = tracks_over_time(lake)
    assert tracks is not None
    assert tracks["track_id"].is_unique().all()
    config = GeneratorConfig(users=60, seed=SEED)
    days = generate_days(config, tracks, LAST - timedelta(days=80), LAST - timedelta(days=40))
    events = pl.concat(events for _, events in days)
    limits = tracks.select("track_id", "available_from", "available_to")
    played = events.join(limits, on="track_id")
    limited = played.filter(pl.col("available_from").is_not_null() | pl.col("available_to").is_not_null())
    assert limited.height > 0
    started = limited["started_at"].dt.date()
    assert (limited["available_from"].is_null() | (limited["available_from"] <= started)).all()
    # A session that begins before midnight may go on with what it began.
    assert (
        limited["available_to"].is_null() | (limited["available_to"] + timedelta(days=1) >= started)
    ).all()


def test_an_empty_lake_has_no_tracks(tmp_path):
    assert tracks_over_time(tmp_path) is None
