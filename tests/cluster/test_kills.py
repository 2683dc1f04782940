"""Runs with their slices on Spark that are killed, and workers and executors under them.

After each kill the lakehouse is the warehouse of one machine row by row, books included, and once the run is
done again what was staged is found and removed.
"""

import os
import signal
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.lakehouse import Lakehouse
from spotify_assets.warehouse.making import InProcess
from tests.cluster.driver import write
from tests.cluster.spark_driver import write_days
from tests.cluster.spark_runs import Run, same, swept
from tests.servers.holding import Holding, Moment
from tests.servers.postgres import Postgres
from tests.servers.spark.standalone import Standalone, missing

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
ROUNDS = int(os.environ.get("KILLS_OF_EACH", "10"))
"""Of each kind of kill."""


class Killed(StrEnum):
    """What is killed, and when."""

    WORKER = "a worker with its executor, while slices are made"
    EXECUTOR = "an executor, while slices are made"
    DRIVER = "the driver, while slices are made"
    BEFORE = "the driver, before Postgres hears of its commit"
    AFTER = "the driver, when Postgres has committed and not answered"


MOMENTS = {Killed.BEFORE: Moment.BEFORE, Killed.AFTER: Moment.AFTER}
COMMITTED = {Killed.WORKER, Killed.EXECUTOR, Killed.AFTER}
"""Where the rows of the run are there afterwards, of all others none."""
LEAVES_FILES = {Killed.DRIVER, Killed.BEFORE, Killed.AFTER}


@pytest.fixture(scope="module")
def spark() -> Iterator[Standalone]:
    """A cluster with two workers."""
    if (why := missing()) is not None:
        pytest.skip(why)
    with Standalone() as running:
        yield running


@pytest.fixture
def native(tmp_path: Path) -> Database:
    """The warehouse of one machine."""
    return Database(tmp_path / "native.duckdb")


def kill_making(kind: Killed, run: Run, spark: Standalone, number: int) -> None:
    """Kill while slices are made."""
    run.wait_until_staging()
    worker = spark.workers[number % 2]
    if kind is Killed.WORKER:
        spark.kill(worker)
        spark.start_worker(worker)
    elif kind is Killed.EXECUTOR:
        for executor in spark.executors(worker):
            os.kill(executor, signal.SIGKILL)
    else:
        run.kill()
    code, said = run.ended()
    assert code == (-signal.SIGKILL if kind is Killed.DRIVER else 0), said[-2000:]


def kill_committing(
    moment: Moment, lakehouse: Lakehouse, spark: Standalone, server: Postgres, number: int
) -> None:
    """Kill the driver in the instant of its commit."""
    with Holding(server.port) as proxy:
        address = lakehouse.address.replace(f":{server.port}/", f":{proxy.port}/")
        with Run(lakehouse, spark, number, address) as run:
            proxy.hold(moment, run.kill)
            code, said = run.ended()
        assert code == -signal.SIGKILL, said[-2000:]
        assert proxy.held.wait(30)


@pytest.mark.parametrize("kind", Killed)
def test_after_each_kill_the_lakehouse_is_the_warehouse_of_one_machine(
    kind: Killed, lakehouse: Lakehouse, native: Database, spark: Standalone, server: Postgres
):
    for warehouse in (lakehouse, native):
        write(warehouse, 0)
        write_days(warehouse, InProcess(), 0)
    for number in range(1, ROUNDS + 1):
        if kind in MOMENTS:
            kill_committing(MOMENTS[kind], lakehouse, spark, server, number)
        else:
            with Run(lakehouse, spark, number) as run:
                kill_making(kind, run, spark, number)
        if kind in COMMITTED:
            write_days(native, InProcess(), number)
        same(native, lakehouse)
    for warehouse in (lakehouse, native):
        write_days(warehouse, InProcess(), ROUNDS)
    assert (swept(lakehouse, spark)["orphans removed"] > 0) == (kind in LEAVES_FILES)
    same(native, lakehouse)
