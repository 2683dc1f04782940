"""Whatever is asked of a place in a store: one broken connection changes nothing but how long it takes."""

import io
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import polars as pl
import pytest

from spotify_assets import places
from spotify_assets.places import place_of
from tests.servers.ceph import Ceph
from tests.servers.ceph.buckets import Bucket
from tests.servers.faulty import Fault, Faulty, on

pytestmark = pytest.mark.store
ROWS = 50_000


@pytest.fixture
def proxy(server: Ceph) -> Iterator[Faulty]:
    """A bad network in front of the server, on which a connection stalls for two seconds."""
    with Faulty(server.ports.gateway) as running:
        running.stall_seconds = 2
        yield running


@pytest.fixture
def folder(bucket: Bucket, proxy: Faulty, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A folder behind the bad network, with a text and a table."""
    for name, value in (bucket.environment | {"AWS_ENDPOINT_URL": proxy.endpoint}).items():
        monkeypatch.setenv(name, value)
    table = io.BytesIO()
    pl.DataFrame({"number": range(ROWS)}).write_parquet(table)
    bucket.put("lake/text", b"abc" * 1000)
    bucket.put("lake/table.parquet", table.getvalue())
    place = place_of(f"s3://{bucket.name}/lake")
    assert place.exists() is False
    return place


def names(found: Any) -> list[str]:
    return sorted(each.name for each in found)


def created(folder: Any) -> object:
    return (folder / "new").create(uuid4().bytes)


def written(folder: Any) -> object:
    (folder / "new").put(b"x" * 1000)
    return (folder / "new").read_bytes()


def removed(folder: Any) -> object:
    (folder / "text").unlink(missing_ok=True)
    return names(folder.below())


def missed(folder: Any) -> object:
    with pytest.raises(FileNotFoundError):
        (folder / "absent").read_bytes()
    return True


ASKED: dict[str, tuple[str, str, Callable[[Any], object], object]] = {
    "read": ("GET", "text", lambda folder: (folder / "text").read_bytes(), b"abc" * 1000),
    "read what is not there": ("GET", "absent", missed, True),
    "look": ("HEAD", "text", lambda folder: (folder / "text").exists(), True),
    "list all": ("GET", "list-type", lambda folder: names(folder.below()), ["table.parquet", "text"]),
    "list a level": ("GET", "list-type", lambda folder: names(folder.listed()), ["table.parquet", "text"]),
    "write": ("PUT", "new", written, b"x" * 1000),
    "create": ("PUT", "new", created, True),
    "remove": ("POST", "delete", removed, ["table.parquet"]),
    "scan": (
        "GET",
        "table",
        lambda folder: places.scan_parquet([folder / "table.parquet"]).collect().height,
        ROWS,
    ),
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.BUSY, Fault.RESET, Fault.LOST, Fault.STALL])
def test_one_fault_is_not_noticed(folder: Any, proxy: Faulty, fault: Fault, asked: str):
    method, target, do, answer = ASKED[asked]
    proxy.choice = on(fault, method, target)
    assert do(folder) == answer
    assert proxy.counts[fault] == 1


@pytest.mark.slow
def test_a_listing_that_breaks_in_a_later_page_goes_on_where_it_was(
    folder: Any, proxy: Faulty, bucket: Bucket
):
    for number in range(1005):
        bucket.put(f"lake/many/{number:04d}", b"")
    proxy.choice = on(Fault.RESET, "GET", "continuation-token")
    found = [each.name for each in (folder / "many").below()]
    assert found == [f"{number:04d}" for number in range(1005)]
    assert proxy.counts[Fault.RESET] == 1
