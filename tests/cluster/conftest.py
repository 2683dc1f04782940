"""A Postgres, an object store and lakehouses; where something is missing, tests say so and skip."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from spotify_assets.warehouse.lakehouse import Lakehouse
from tests.cluster import lakes
from tests.servers import ceph
from tests.servers.postgres import Postgres


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


@pytest.fixture
def lakehouse(server: Postgres, tmp_path: Path) -> Lakehouse:
    """A lakehouse in which nothing was ever written; the name of its folder is one that SQL has to quote."""
    return lakes.new_lakehouse(server, tmp_path / "lake'house")
