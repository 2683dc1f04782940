"""A Postgres, an object store and lakehouses; where something is missing, tests say so and skip."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from spotify_assets.warehouse.lakehouse import Lakehouse
from spotify_assets.warehouse.on_spark import session_of
from tests.cluster import lakes
from tests.servers import ceph
from tests.servers.postgres import Postgres
from tests.servers.spark import standalone


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    """One server; a test that restarts it leaves it running."""
    if (why := lakes.missing()) is not None:
        pytest.skip(why)
    with Postgres() as running:
        yield running


@pytest.fixture(scope="session")
def gateway() -> Iterator[ceph.Ceph]:
    """One object store."""
    if (why := ceph.missing()) is not None:
        pytest.skip(why)
    with ceph.Ceph() as running:
        yield running


@pytest.fixture(scope="session")
def spark() -> Iterator[standalone.Standalone]:
    """A cluster of two workers, and the session of this process with it.

    A test that kills a worker starts it again. Its executors have their folders in `executors_folder`.
    """
    if (why := standalone.missing()) is not None:
        pytest.skip(why)
    running = standalone.Standalone()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_LOCAL_DIRS", str(executors_folder(running)))
        with running:
            patch.delenv("SPARK_LOCAL_DIRS")
            patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
            yield running
            session_of(running.address).stop()


def executors_folder(spark: standalone.Standalone) -> Path:
    """Where executors of a cluster have what they need for a while."""
    return spark.folder / "local"


@pytest.fixture
def lakehouse(server: Postgres, tmp_path: Path) -> Lakehouse:
    """A lakehouse in which nothing was ever written; the name of its folder is one that SQL has to quote."""
    return lakes.new_lakehouse(server, tmp_path / "lake'house")
