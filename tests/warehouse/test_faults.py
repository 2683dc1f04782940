"""Killed processes, full disks, damaged files: no partition is lost or doubled, the next run succeeds."""

import random
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import NamedTuple

import dagster as dg
import duckdb
import pytest

from spotify_assets.assets.raw import raw_assets
from spotify_assets.generator.catalogue import generate_catalogue, write_catalogue
from spotify_assets.generator.catalogue_history import tracks_over_time
from spotify_assets.generator.config import GeneratorConfig
from spotify_assets.generator.listeners import write_days
from spotify_assets.lake import layout
from spotify_assets.settings import Settings
from spotify_assets.start_date import start_of
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.io_manager import WarehouseIOManager
from spotify_assets.warehouse.manifest import PublishedManifest
from spotify_assets.warehouse.publish import publish
from tests.warehouse.workers import (
    State,
    after,
    attempt,
    keep_publishing,
    keep_writing,
    run_and_kill,
    state_in,
    state_of,
    write,
)

pytestmark = pytest.mark.slow
MEGABYTE = 1024 * 1024
"""The tests of the full disk count in these."""


# Killed


@pytest.mark.parametrize(
    ("at", "longest", "kills"),
    [("opened", 0.1, 24), ("closing", 0.03, 10)],
    ids=["while it writes", "while it commits and checkpoints"],
)
def test_a_killed_write_is_stored_whole_or_not_at_all(
    tmp_path: Path, at: str, longest: float, kills: int
) -> None:
    path = tmp_path / "warehouse.duckdb"
    write(path, 0)
    state, n, chance = after({}, 0), 1, random.Random(at)
    killed = 0
    while killed < kills:
        worker = run_and_kill(
            keep_writing, path, n, at=at, nth=chance.randint(1, 2), delay=chance.uniform(0, longest)
        )
        for _ in range(worker.told.count("stored")):
            state, n = after(state, n), n + 1
        found = state_in(path)
        assert found in (state, after(state, n)), f"write {n}"
        state, n = found, n + 1
        killed += worker.was_killed
    write(path, n)
    assert state_in(path) == after(state, n)


def published_state(processed: Path) -> State:
    with duckdb.connect(str(processed / "serving.duckdb"), read_only=True) as copy:
        return state_of(copy)


def parquet_state(processed: Path) -> State:
    """The state by the Parquet files alone."""
    with duckdb.connect() as connection:
        for table in ("core.plays", "ops.row_counts"):
            files = processed / table.replace(".", "/") / "**" / "*.parquet"
            connection.execute(f"create schema if not exists {table.split('.')[0]}")
            connection.execute(f"create table {table} as from '{files}'")
        return state_of(connection)


def test_a_killed_publishing_leaves_a_whole_copy_and_is_made_good_by_the_next(tmp_path: Path) -> None:
    path, processed = tmp_path / "warehouse.duckdb", tmp_path / "processed"
    write(path, 0)
    publish(Database(path), processed)
    published, n, chance, killed = after({}, 0), 1, random.Random(3), 0
    while killed < 18:
        worker = run_and_kill(
            keep_publishing, path, processed, n, at="publishing", nth=1, delay=chance.uniform(0, 0.35)
        )
        state = after(published, n)
        found = state_in(path)
        assert found in (state, after(state, n + 1))
        assert published_state(processed) in (published, state, after(state, n + 1))
        n += 1 if found == state else 2
        published = found
        publish(Database(path), processed)
        assert published_state(processed) == parquet_state(processed) == published
        assert PublishedManifest.read(processed).complete
        assert not list(processed.glob(".publishing*"))
        killed += worker.was_killed


# A full disk


class Disk(NamedTuple):
    """A folder that holds so much: a file system of that size, or a limit on the size of each file."""

    folder: Path
    limit: int | None

    def free(self) -> None:
        """Make room, as a person would."""
        if self.limit is None:
            subprocess.run(["mount", "-o", "remount,size=512m", str(self.folder)], check=True)


@pytest.fixture(params=["file system", "limit"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """Room for 12 MB."""
    if request.param == "limit":
        yield Disk(tmp_path, 12 * MEGABYTE)
        return
    folder = tmp_path / "small"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a file system; the limit is tested")
    try:
        yield Disk(folder, None)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def write_too_much(path: Path) -> None:
    """Random text that no compression makes fit, in one transaction over what is there."""
    with Database(path).transaction() as connection:
        connection.execute("delete from core.plays")
        connection.execute(
            "insert into core.plays "
            "select '2025-01-01', uuid()::varchar || uuid()::varchar, 1, 1, uuid()::varchar "
            "from range(700000)"
        )


def test_a_write_that_finds_the_disk_full_changes_nothing(disk: Disk) -> None:
    path = disk.folder / "warehouse.duckdb"
    write(path, 0)
    assert attempt(disk.limit, write_too_much, path)
    assert state_in(path) == after({}, 0)
    disk.free()
    write(path, 1)
    assert state_in(path) == after(after({}, 0), 1)


def publish_in(path: Path, processed: Path) -> None:
    publish(Database(path), processed)


def fill(path: Path) -> None:
    with Database(path).transaction() as connection:
        connection.execute("create table core.ballast as select uuid() as id from range(1000000)")


def test_a_publishing_that_finds_the_disk_full_leaves_the_old_copy(disk: Disk) -> None:
    path, processed = disk.folder.parent / "warehouse.duckdb", disk.folder / "processed"
    write(path, 0)
    publish(Database(path), processed)
    write(path, 1)
    fill(path)
    assert path.stat().st_size > 12 * MEGABYTE
    assert "could not be copied" in attempt(disk.limit, publish_in, path, processed)
    assert published_state(processed) == parquet_state(processed) == after({}, 0)
    disk.free()
    publish(Database(path), processed)
    assert published_state(processed) == parquet_state(processed) == after(after({}, 0), 1)


# A damaged file in the lake


def test_a_damaged_file_of_the_lake_fails_the_run_by_name_and_keeps_its_partition(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, _env_file=None)
    first, last = date(2025, 1, 1), date(2025, 1, 3)
    write_catalogue(settings.lake_dir, generate_catalogue(50, seed=1), first, 1)
    tracks = tracks_over_time(settings.lake_dir)
    assert tracks is not None
    write_days(GeneratorConfig(users=5, seed=1), tracks, settings.lake_dir, first, last)
    raw_events = raw_assets(settings, partial(start_of, settings))[1]
    manager = WarehouseIOManager(
        database=str(settings.warehouse_path), lock_timeout_seconds=0, memory_limit=None
    )
    resources = {"warehouse": manager}

    def run_all_days() -> dg.ExecuteInProcessResult:
        tags = {
            "dagster/asset_partition_range_start": str(first),
            "dagster/asset_partition_range_end": str(last),
        }
        return dg.materialize([raw_events], resources=resources, tags=tags, raise_on_error=False)

    def rows() -> list[tuple[object, ...]]:
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
            return connection.execute("from raw.raw_events order by all").fetchall()

    assert run_all_days().success
    before = rows()
    [file] = layout.events_dir(settings.lake_dir, date(2025, 1, 2)).glob("*.parquet")
    whole = file.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:-8] + bytes(8), b"\0" * len(whole), b""):
        file.write_bytes(damaged)
        result = run_all_days()
        assert not result.success
        [failure] = result.get_step_failure_events()
        assert file.name in str(failure.step_failure_data.error)
        assert rows() == before
    file.write_bytes(whole)
    assert run_all_days().success
    assert rows() == before
