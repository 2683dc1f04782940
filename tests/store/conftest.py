"""An S3 server for the tests of this folder; where Ceph is not installed they are skipped and say so."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from tests.servers import ceph
from tests.servers.ceph.buckets import Bucket


@pytest.fixture(scope="session")
def server() -> Iterator[ceph.Ceph]:
    """One cluster; a test that restarts its gateway leaves it running."""
    if (why := ceph.missing()) is not None:
        pytest.skip(why)
    with ceph.Ceph() as running:
        yield running


@pytest.fixture(scope="session")
def owner(server: ceph.Ceph) -> ceph.User:
    """Who owns the buckets."""
    return server.create_user("owner")


@pytest.fixture
def make_bucket(server: ceph.Ceph, owner: ceph.User) -> Callable[[], Bucket]:
    """New buckets, empty."""
    return lambda: Bucket.create(server, owner, f"listening-{uuid4().hex[:8]}")


@pytest.fixture
def bucket(make_bucket: Callable[[], Bucket]) -> Bucket:
    """A new bucket, empty."""
    return make_bucket()
