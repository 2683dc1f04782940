"""Slices made by a real Spark with two workers: what is stored is what slices made here would have stored."""

import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from spotify_assets.rows.cleaned import Cleaned
from spotify_assets.rows.window import Window
from spotify_assets.warehouse.agreement import disagreements
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.errors import SliceRefusedError, WarehouseError
from spotify_assets.warehouse.lakehouse import Lakehouse
from spotify_assets.warehouse.making import Maker
from spotify_assets.warehouse.on_spark import OnSpark
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.slices import Slices
from spotify_assets.warehouse.staged import PREFIX
from spotify_assets.warehouse.store import create_table, read_rows
from tests.cluster.driver import DAY, write
from tests.cluster.spark_runs import PATIENCE_SECONDS
from tests.servers.ports import wait_for
from tests.servers.spark.standalone import Standalone
from tests.warehouse.plays import PLAYS, plays

pytestmark = pytest.mark.cluster
DAYS = tuple(Window(date(2025, 1, day), date(2025, 1, day + 1)) for day in range(2, 10))
SECONDS_OF_A_SLICE = 2.0


@pytest.fixture(params=["lakehouse", "native"])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Warehouse:
    """Either kind, with rows on the first day."""
    if request.param == "lakehouse":
        found: Warehouse = request.getfixturevalue("lakehouse")
    else:
        found = Database(tmp_path / "warehouse.duckdb")
    write(found, 7)
    return found


def copied_from_first_day(reader: TableReader, seconds: float = 0.0) -> Callable[[Window], Cleaned]:
    """Each day as the first, one row left out as a repeat."""

    def make(window: Window) -> Cleaned:
        time.sleep(seconds)
        first = reader.read(DAY)
        days = pl.concat([first.with_columns(event_date=pl.lit(day)) for day in window.days()])
        return Cleaned(days, days.height)

    return make


def store(maker: Maker, slices: Slices, warehouse: Warehouse) -> None:
    with maker.parts(slices, PLAYS, warehouse) as parts, warehouse.transaction() as connection:
        create_table(connection, PLAYS)
        for part in parts:
            part.insert(connection, PLAYS)


def rows(warehouse: Warehouse) -> list[tuple[object, ...]]:
    with warehouse.reader() as connection:
        return read_rows(connection, PLAYS).sort(pl.all()).rows()


def expected() -> list[tuple[object, ...]]:
    days = [DAY, *DAYS]
    made = [plays([(w.start.day, f"track {row}", 7, 0) for row in range(20)]) for w in days]
    return pl.concat(made).sort(pl.all()).rows()


def staged_in(folder: Path) -> list[Path]:
    return list(folder.rglob(f"{PREFIX}*"))


def test_slices_made_there_are_stored_once_and_nothing_else_is_left(
    spark: Standalone, warehouse: Warehouse, tmp_path: Path
):
    maker = OnSpark(spark.address, tmp_path / "staged")
    slices = Slices((DAYS,), copied_from_first_day(TableReader(maker.reads(warehouse), PLAYS)))
    store(maker, slices, warehouse)
    assert rows(warehouse) == expected()
    adopted = isinstance(warehouse, Lakehouse)
    assert len(staged_in(tmp_path)) == len(DAYS) // 2 if adopted else not staged_in(tmp_path)
    with warehouse.reader() as connection:
        assert {each: said for each, said in disagreements(connection).items() if "books" not in said} == {}


def test_a_slice_that_is_refused_there_is_refused_here(
    spark: Standalone, warehouse: Warehouse, tmp_path: Path
):
    before = rows(warehouse)
    outside = Slices((DAYS,), lambda _: Cleaned(plays([(1, "a", 1, 1)]), 1))
    with pytest.raises(SliceRefusedError, match="lie outside the slice"):
        store(OnSpark(spark.address, tmp_path / "staged"), outside, warehouse)
    assert rows(warehouse) == before
    assert staged_in(tmp_path) == []


def test_a_slice_that_cannot_be_made_is_an_error_in_one_line(
    spark: Standalone, warehouse: Warehouse, tmp_path: Path
):
    def make(_: Window) -> Cleaned:
        raise ZeroDivisionError("this slice cannot be made")

    with pytest.raises(WarehouseError, match="Spark gave up") as caught:
        store(OnSpark(spark.address, tmp_path / "staged"), Slices((DAYS,), make), warehouse)
    assert "\n" not in str(caught.value)
    assert "this slice cannot be made" in str(caught.value)


def test_tasks_read_the_state_of_when_they_began(spark: Standalone, lakehouse: Lakehouse, tmp_path: Path):
    write(lakehouse, 7)
    maker = OnSpark(spark.address, tmp_path / "staged")
    slices = Slices((DAYS,), copied_from_first_day(TableReader(maker.reads(lakehouse), PLAYS)))
    write(lakehouse, 8)
    store(maker, slices, lakehouse)
    assert {row[2] for row in rows(lakehouse) if row[0] != DAY.start} == {7}


def test_a_worker_killed_in_the_middle_changes_nothing(
    spark: Standalone, warehouse: Warehouse, tmp_path: Path
):
    maker = OnSpark(spark.address, tmp_path / "staged")
    reader = TableReader(maker.reads(warehouse), PLAYS)
    slices = Slices((DAYS,), copied_from_first_day(reader, SECONDS_OF_A_SLICE))
    victim, killed = spark.workers[0], threading.Event()

    def kill() -> None:
        wait_for(lambda: bool(staged_in(tmp_path)), "files that a task has staged", PATIENCE_SECONDS)
        spark.kill(victim)
        killed.set()

    killing = threading.Thread(target=kill)
    killing.start()
    try:
        store(maker, slices, warehouse)
        killing.join()
    finally:
        spark.start_worker(victim)
    assert killed.is_set()
    assert rows(warehouse) == expected()
