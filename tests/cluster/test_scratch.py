"""What a share reads from lies in a folder for such, on Spark in the executor's, and is gone afterwards."""

import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

import polars as pl
import pytest

from spotify_assets.rows.share import HashedShares
from spotify_assets.rows.window import Window
from spotify_assets.warehouse.buckets import PREFIX, SHARES_OF_A_TABLE
from spotify_assets.warehouse.lakehouse import Lakehouse
from spotify_assets.warehouse.on_spark import OnSpark, session_of
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.slices import Slices
from spotify_assets.warehouse.store import read_rows
from tests.cluster.conftest import executors_folder
from tests.cluster.driver import DAY, write
from tests.cluster.spark_runs import PATIENCE_SECONDS
from tests.cluster.test_spark import DAYS, store
from tests.servers.ports import wait_for
from tests.servers.spark.standalone import Standalone
from tests.warehouse.plays import PLAYS

pytestmark = pytest.mark.cluster
SHARES = HashedShares("track", SHARES_OF_A_TABLE + 8)
[FIRST] = DAYS[:1]


def below(folder: Path) -> list[Path]:
    return list(folder.rglob(f"{PREFIX}*"))


def in_shares(reader: TableReader, seconds: float) -> Callable[[Window, int], Generator[pl.DataFrame]]:
    """The tracks of the first day, each with the folder that it was read from."""

    def make(window: Window, _: int) -> Generator[pl.DataFrame]:
        for share in reader.in_shares(DAY, SHARES):
            assert share.share is not None
            time.sleep(seconds)
            folder = str(share.share.files[0].parent) if share.share.files else None
            yield share.read(DAY).with_columns(event_date=pl.lit(window.start), note=pl.lit(folder))

    return make


def made_on(spark: Standalone, lakehouse: Lakehouse, seconds: float = 0.0) -> pl.DataFrame:
    maker = OnSpark(spark.address, Path(lakehouse.data) / "staged")
    shares = in_shares(TableReader(maker.reads(lakehouse), PLAYS), seconds)
    slices = Slices(((FIRST,),), lambda _: PLAYS.empty(), None, shares, {FIRST: SHARES.of})
    store(maker, slices, lakehouse)
    with lakehouse.reader() as connection:
        return read_rows(connection, PLAYS).filter(event_date=FIRST.start)


@pytest.mark.parametrize("on_spark", [True, False])
def test_a_lakehouse_has_it_in_a_folder_for_such_and_not_where_the_process_was_started(
    on_spark: bool, lakehouse: Lakehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    here, given, other = (tmp_path / name for name in ("here", "given", "other"))
    for folder in (here, given, other):
        folder.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(tempfile, "tempdir", str(other))
    if on_spark:
        monkeypatch.setenv("SPARK_LOCAL_DIRS", f"{given},{other}")
    else:
        monkeypatch.delenv("SPARK_LOCAL_DIRS", raising=False)
    write(lakehouse, 7)
    shares = TableReader(lakehouse, PLAYS).in_shares(DAY, SHARES)
    next(shares)
    assert [len(below(folder)) for folder in (here, given, other)] == [0, on_spark, not on_spark]
    shares.close()
    assert below(tmp_path) == []


def test_a_task_has_it_in_the_folder_of_its_executor(spark: Standalone, lakehouse: Lakehouse, tmp_path: Path):
    write(lakehouse, 7)
    made = made_on(spark, lakehouse)
    assert made.height == 20
    [folder] = made["note"].drop_nulls().unique()
    assert Path(folder).is_relative_to(executors_folder(spark))
    assert below(tmp_path) == below(spark.folder) == []


def test_of_an_executor_that_is_killed_nothing_is_left(spark: Standalone, lakehouse: Lakehouse):
    write(lakehouse, 7)
    left: list[Path] = []

    def kill() -> None:
        wait_for(lambda: bool(below(spark.folder)), "the files of a share", PATIENCE_SECONDS)
        left.extend(below(spark.folder))
        for worker in spark.workers:
            for executor in spark.executors(worker):
                os.kill(executor, signal.SIGKILL)

    killing = threading.Thread(target=kill)
    killing.start()
    made = made_on(spark, lakehouse, 0.1)
    killing.join()
    assert left
    assert made.height == 20
    session_of(spark.address).stop()
    wait_for(lambda: not below(spark.folder), "the end of what was left", PATIENCE_SECONDS)
