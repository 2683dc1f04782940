"""Spark that runs none of a step's tasks is given up in time, and asked anew by the next run."""

from pathlib import Path

import pytest

from spotify_assets.rows.cleaned import Cleaned
from spotify_assets.rows.window import Window
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.errors import WarehouseError
from spotify_assets.warehouse.on_spark import OnSpark
from spotify_assets.warehouse.slices import Slices
from tests.cluster.driver import write
from tests.cluster.spark_runs import PATIENCE_SECONDS
from tests.cluster.test_spark import DAYS, rows, store
from tests.servers.spark.standalone import Standalone
from tests.warehouse.plays import plays

pytestmark = pytest.mark.cluster
WAIT_SECONDS = 4.0


@pytest.fixture
def warehouse(tmp_path: Path) -> Database:
    found = Database(tmp_path / "warehouse.duckdb")
    write(found, 7)
    return found


def one_row(window: Window) -> Cleaned:
    return Cleaned(plays([(window.start.day, "made there", 1, 0)]), 1)


def test_no_executor_for_long_is_an_error_and_the_next_run_begins_anew(
    spark: Standalone, warehouse: Database, tmp_path: Path
):
    maker, slices = OnSpark(spark.address, tmp_path / "staged", WAIT_SECONDS), Slices((DAYS[:1],), one_row)
    before = rows(warehouse)
    for worker in spark.workers:
        spark.kill(worker)
    with pytest.raises(WarehouseError, match="has run no task for 4 seconds") as caught:
        store(maker, slices, warehouse)
    assert "\n" not in str(caught.value)
    assert rows(warehouse) == before
    for worker in spark.workers:
        spark.start_worker(worker)
    store(OnSpark(spark.address, tmp_path / "staged", PATIENCE_SECONDS), slices, warehouse)
    assert len(rows(warehouse)) == len(before) + 1
