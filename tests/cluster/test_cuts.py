"""Postgres, the store or the network goes away under a run on Spark, or another run of the same days begins.

The run goes on, the lakehouse is the warehouse of one machine row by row, books included, and of what was
staged nothing is left.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.lakehouse import Lakehouse
from spotify_assets.warehouse.making import InProcess
from tests.cluster import lakes, stores
from tests.cluster.driver import write
from tests.cluster.spark_driver import write_days
from tests.cluster.spark_runs import Run, same, swept
from tests.servers import network
from tests.servers.ceph import Ceph
from tests.servers.faulty import Fault, Faulty
from tests.servers.holding import Holding
from tests.servers.postgres import Postgres
from tests.servers.spark.standalone import Standalone, missing
from tests.servers.wire import Head

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
BUSY_SECONDS = 60
NETWORK_TIMEOUT_SECONDS = 20
"""After which Spark gives an executor up of which it hears nothing."""


@pytest.fixture(scope="module", autouse=True)
def with_spark() -> None:
    if (why := missing()) is not None:
        pytest.skip(why)


@pytest.fixture
def spark() -> Iterator[Standalone]:
    with Standalone() as running:
        yield running


@pytest.fixture
def native(tmp_path: Path) -> Database:
    """The warehouse of one machine after two runs."""
    return after(2, tmp_path)


def after(number: int, folder: Path) -> Database:
    """The warehouse of one machine, last written by a run of a number."""
    found = Database(folder / f"native-{number}.duckdb")
    write(found, 0)
    write_days(found, InProcess(), number)
    return found


def spark_settings(folder: Path, **settings: object) -> dict[str, str]:
    """Variables by which a driver finds settings of Spark, whose names here have _ for a point."""
    lines = [f"spark.{name.replace('_', '.')} {value}\n" for name, value in settings.items()]
    (folder / "spark-defaults.conf").write_text("".join(lines))
    return {"SPARK_CONF_DIR": str(folder)}


def first_run(lakehouse: Lakehouse) -> None:
    write(lakehouse, 0)
    write_days(lakehouse, InProcess(), 1)


def clean(native: Database, lakehouse: Lakehouse, spark: Standalone) -> None:
    """Every table is that of one machine, before upkeep and after it, and only their files lie there."""
    same(native, lakehouse)
    swept(lakehouse, spark)
    same(native, lakehouse)


@pytest.mark.parametrize("seconds", [5, 2.5 * NETWORK_TIMEOUT_SECONDS])
def test_the_network_between_driver_and_workers_is_cut(
    seconds: float, lakehouse: Lakehouse, native: Database, server: Postgres, tmp_path: Path
):
    if (why := network.missing()) is not None:
        pytest.skip(why)
    first_run(lakehouse)
    variables = spark_settings(
        tmp_path,
        network_timeout=f"{NETWORK_TIMEOUT_SECONDS}s",
        network_timeoutInterval="5s",
        executor_heartbeatInterval="2s",
    )
    with (
        network.Namespace() as away,
        Standalone(inside=away.inside, host=network.THERE, master=network.HERE) as spark,
        Holding(server.port, network.HERE) as postgres,
    ):
        address = lakehouse.address.replace(f"127.0.0.1:{server.port}", f"{network.HERE}:{postgres.port}")
        variables["SPARK_LOCAL_IP"] = network.HERE
        code, said = _cut_under(Run(lakehouse, spark, 2, address, **variables), away, seconds)
        assert code == 0, said[-3000:]
        assert ("Lost executor" in said) == (seconds > NETWORK_TIMEOUT_SECONDS)
        clean(native, lakehouse, spark)


def _cut_under(started: Run, away: network.Namespace, seconds: float) -> tuple[int, str]:
    with started as run:
        run.wait_until_staging()
        away.cut()
        time.sleep(seconds)
        away.mend()
        return run.ended()


def test_postgres_restarted_while_slices_are_made(
    lakehouse: Lakehouse, native: Database, server: Postgres, spark: Standalone
):
    first_run(lakehouse)
    with Run(lakehouse, spark, 2) as run:
        run.wait_until_staging()
        server.restart()
        code, said = run.ended()
    assert code == 0, said[-3000:]
    clean(native, lakehouse, spark)


def test_a_store_that_answers_503_for_a_minute(
    native: Database, server: Postgres, gateway: Ceph, monkeypatch: pytest.MonkeyPatch
):
    bucket = stores.new_bucket(gateway)
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    lakehouse = Lakehouse(lakes.new_catalogue(server), f"s3://{bucket.name}/lake/warehouse", 10.0, "1GB")
    first_run(lakehouse)
    busy_until = 0.0

    def busy(_: Head, __: int) -> Fault | None:
        return Fault.BUSY if time.monotonic() < busy_until else None

    with Faulty(gateway.ports.gateway, busy) as proxy, pytest.MonkeyPatch.context() as of_workers:
        of_workers.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        with Standalone() as spark:
            of_workers.undo()
            with Run(lakehouse, spark, 2, AWS_ENDPOINT_URL=proxy.endpoint) as run:
                run.wait_until_staging()
                busy_until = time.monotonic() + BUSY_SECONDS
                code, said = run.ended()
            assert code == 0, said[-3000:]
            assert time.monotonic() > busy_until
            assert proxy.broken > 0
            clean(native, lakehouse, spark)


def test_two_drivers_of_the_same_days_at_once(lakehouse: Lakehouse, spark: Standalone, tmp_path: Path):
    first_run(lakehouse)
    variables = spark_settings(tmp_path, cores_max=1)
    for _ in range(2):
        with (
            Run(lakehouse, spark, 2, **variables) as one,
            Run(lakehouse, spark, 3, **variables) as other,
        ):
            for run in (one, other):
                code, said = run.ended()
                assert code == 0, said[-3000:]
        with lakehouse.reader() as connection:
            [last] = connection.execute("select max(plays) // 100 from core.plays").fetchall()[0]
        clean(after(last, tmp_path), lakehouse, spark)
