"""A lakehouse whose rows lie in an object store: erased is erased there, and a busy store is waited for."""

import polars as pl
import pytest

from spotify_assets import places
from spotify_assets.places import StorePlace
from spotify_assets.warehouse.agreement import disagreements
from spotify_assets.warehouse.erasing import erase_rows
from spotify_assets.warehouse.lakehouse import Lakehouse
from spotify_assets.warehouse.store import read_rows
from tests.cluster import lakes, stores
from tests.cluster.driver import ROWS, write
from tests.servers import ceph
from tests.servers.ceph.buckets import Bucket
from tests.servers.faulty import Fault, Faulty
from tests.servers.postgres import Postgres
from tests.servers.wire import Head
from tests.warehouse.plays import PLAYS

pytestmark = pytest.mark.cluster
GONE = "gone-listener-3f1c"
BUSY_REQUESTS = 4
"""Answers of 503 in a row that each request of a kind gets: DuckDB's pauses then come to nine seconds."""


@pytest.fixture
def bucket(gateway: ceph.Ceph, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A new bucket, which the environment tells of."""
    made = stores.new_bucket(gateway)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def in_store(server: Postgres, bucket: Bucket) -> Lakehouse:
    """A lakehouse in the bucket."""
    return Lakehouse(lakes.new_catalogue(server), f"s3://{bucket.name}/lake/warehouse", 10.0, "1GB")


def objects(lakehouse: Lakehouse) -> list[StorePlace]:
    place = lakehouse.place
    assert isinstance(place, StorePlace)
    return sorted(places.below(place))


def test_rows_lie_in_the_store_and_what_is_erased_is_in_no_object(in_store: Lakehouse):
    write(in_store, 1)
    with in_store.transaction() as connection:
        connection.execute("create schema raw")
        connection.execute(
            f"create table raw.raw_events as select case when i % 2 = 0 then '{GONE}' else 'other' end "
            "as user_id, date '2025-03-01' + i::int as event_date from range(10) as r (i)"
        )
    assert any(GONE in str(pl.read_parquet(each.open()).to_dicts()) for each in objects(in_store))
    assert erase_rows(in_store, GONE, ()) == {"raw.raw_events": 5}
    in_store.compact()
    left = objects(in_store)
    assert left
    assert not any(GONE in str(pl.read_parquet(each.open()).to_dicts()) for each in left)
    with in_store.reader() as connection:
        assert disagreements(connection) == {}
        assert read_rows(connection, PLAYS).height == ROWS


def test_a_store_that_is_busy_for_a_while_is_waited_for(
    in_store: Lakehouse, gateway: ceph.Ceph, monkeypatch: pytest.MonkeyPatch
):
    write(in_store, 1)

    def busy(_: Head, before: int) -> Fault | None:
        return Fault.BUSY if before < BUSY_REQUESTS else None

    with Faulty(gateway.ports.gateway, busy) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        write(in_store, 2)
        assert proxy.broken >= BUSY_REQUESTS
    monkeypatch.setenv("AWS_ENDPOINT_URL", gateway.endpoint)
    with in_store.reader() as connection:
        assert disagreements(connection) == {}
        assert set(read_rows(connection, PLAYS)["plays"]) == {2}
