"""Days that are too large for memory are made in shares, and come out as they do in one piece."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from spotify_assets.rows.share import Share
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.warehouse import making, slices
from spotify_assets.warehouse.door import warehouse_of
from tests.cluster import worlds

SHARED = ("raw.raw_events", "core.listening_events", "core.daily_track_metrics", "core.played_tracks")
SHARED_TOO = ("core.listening_hours", "ml.model_features")
BEFORE = ("raw.raw_tracks", "core.user_profiles")
WEEK = Window(worlds.FIRST, worlds.FIRST + timedelta(days=7))
TWO_DAYS = Window(worlds.FIRST, worlds.FIRST + timedelta(days=2))
SECOND = worlds.FIRST + timedelta(days=1)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two weeks of a few listeners, each day in three files, some rows of which come twice."""
    folder = tmp_path_factory.mktemp("shares")
    worlds.write_world(folder / "data" / "raw", folder / "scratch", users=8)
    for file in list((folder / "data" / "raw").rglob("date=2025*/*.parquet")):
        if "events" in str(file):
            rows = pl.read_parquet(file, glob=False, hive_partitioning=False)
            third = -(-rows.height // 3)
            for number in range(3):
                part = rows.slice(number * third, third + 5)  # five rows of the next part, too
                part.write_parquet(file.with_stem(f"{file.stem}-{number}"))
            file.unlink()
    return folder / "data"


def made(lake: Path, folder: Path, window: Window = WEEK) -> Settings:
    settings = worlds.settings_of(folder / "data", lake_url=str(lake))
    definitions = [*BEFORE, *SHARED, *SHARED_TOO]
    keys = [dg.AssetKey(name.split(".")) for name in definitions]
    tracks = [dg.AssetKey(["core", name]) for name in ("tracks", "artists", "track_artists", "track_genres")]
    assert worlds.make_tables(settings, window=window, assets=[*keys, *tracks]).failures == {}
    return settings


@pytest.fixture(scope="module")
def whole(lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return made(lake, tmp_path_factory.mktemp("whole"))


@pytest.fixture
def shares(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Share]]:
    """The shares that are made where a hundred rows are too many."""
    found: list[Share] = []

    def noted(number: int, of: int) -> Share:
        found.append(Share(number, of))
        return found[-1]

    monkeypatch.setattr(slices, "MOST_ROWS", 60)
    monkeypatch.setattr(slices, "ROWS_AT_ONCE", 30)
    monkeypatch.setattr(making, "Share", noted)
    yield found


def test_what_is_made_in_shares_is_what_is_made_in_one_piece(
    lake: Path, whole: Settings, shares: list[Share], tmp_path: Path
):
    shared = made(lake, tmp_path)
    assert max(share.of for share in shares) > 2
    assert len(shares) > 7 * len(SHARED)
    found, wanted = worlds.contents(warehouse_of(shared)), worlds.contents(warehouse_of(whole))
    for name, rows in wanted.items():
        if name != '"ops"."run_costs"':
            assert found[name] == rows, name
    duplicates = [row for row in wanted['"ops"."row_counts"'] if "same_event" in row]
    assert duplicates


def test_an_event_that_is_told_of_two_listeners_keeps_its_day_in_one_piece(
    lake: Path, shares: list[Share], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    [day] = {file.parent for file in lake.rglob("*.parquet") if f"/date={SECOND}/" in str(file)}
    rows = pl.concat(pl.read_parquet(file, glob=False, hive_partitioning=False) for file in day.iterdir())
    told = rows.head(1).with_columns(user_id=pl.lit("somebody else"))
    told.write_parquet(day / "told-again.parquet")
    try:
        shared = made(lake, tmp_path / "shared", TWO_DAYS)
        monkeypatch.undo()
        one_piece = made(lake, tmp_path / "one piece", TWO_DAYS)
    finally:
        (day / "told-again.parquet").unlink()
    found, wanted = worlds.contents(warehouse_of(shared)), worlds.contents(warehouse_of(one_piece))
    assert found['"core"."listening_events"'] == wanted['"core"."listening_events"']
    assert found['"ops"."duplicate_plays"'] == wanted['"ops"."duplicate_plays"']
