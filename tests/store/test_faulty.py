"""The bad network is bad as it says, and lets pass what it does not break."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from obstore.exceptions import AlreadyExistsError, BaseError, GenericError, PermissionDeniedError
from obstore.store import S3Store

from tests.servers.ceph import REGION, Ceph
from tests.servers.ceph.buckets import Bucket
from tests.servers.faulty import PASSED, UNREACHABLE, Fault, Faulty, at_random, nothing, on
from tests.servers.wire import Head

pytestmark = pytest.mark.store
DATA = bytes(range(256)) * 4096
"""A mebibyte, so that half of it is more than one packet."""


@pytest.fixture
def proxy(server: Ceph) -> Iterator[Faulty]:
    """A proxy in front of the server that breaks nothing yet."""
    with Faulty(server.ports.gateway) as running:
        yield running


@pytest.fixture
def open_store(bucket: Bucket, proxy: Faulty) -> Callable[..., S3Store]:
    """The bucket behind the proxy, for a client that tries again so often."""

    def opened(retries: int = 0, timeout: timedelta = timedelta(seconds=30)) -> S3Store:
        return S3Store(
            bucket.name,
            endpoint=proxy.endpoint,
            region=REGION,
            access_key_id=bucket.owner.access_key,
            secret_access_key=bucket.owner.secret_key,
            client_options={"allow_http": True, "timeout": timeout},
            retry_config={
                "max_retries": retries,
                "retry_timeout": timedelta(seconds=60),
                "backoff": {
                    "init_backoff": timedelta(milliseconds=10),
                    "max_backoff": timedelta(milliseconds=50),
                    "base": 2,
                },
            },
        )

    return opened


def read(store: S3Store, key: str) -> bytes:
    return bytes(store.get(key).bytes())


def test_without_faults_all_passes_and_signatures_hold(open_store, proxy: Faulty, bucket: Bucket):
    store = open_store()
    store.put("a/b c", DATA)
    store.put("empty", b"")
    assert read(store, "a/b c") == DATA
    assert bytes(store.get_range("a/b c", start=1000, length=10)) == DATA[1000:1010]
    assert store.head("empty")["size"] == 0
    assert [each["path"] for page in store.list() for each in page] == ["a/b c", "empty"]
    store.delete("empty")
    assert bucket.keys() == {"a/b c": len(DATA)}
    assert (proxy.counts[PASSED], proxy.broken) == (proxy.counts.total(), 0)


@pytest.mark.parametrize("fault", [Fault.ERROR, Fault.BUSY])
def test_a_refused_upload_never_reaches_the_server(open_store, proxy: Faulty, bucket: Bucket, fault: Fault):
    proxy.choice = on(fault, "PUT", "key")
    with pytest.raises(GenericError, match=fault.value):
        open_store().put("key", DATA)
    assert bucket.keys() == {}
    open_store().put("key", DATA)
    assert bucket.read("key") == DATA
    assert proxy.counts == {fault: 1, PASSED: 1}


def test_an_upload_breaks_in_the_middle_and_leaves_nothing(open_store, proxy: Faulty, bucket: Bucket):
    proxy.choice = on(Fault.RESET, "PUT", "key")
    with pytest.raises(BaseError):
        open_store().put("key", DATA)
    assert bucket.keys() == {}


def test_an_answer_breaks_in_the_middle(open_store, proxy: Faulty, bucket: Bucket):
    bucket.put("key", DATA)
    proxy.choice = on(Fault.RESET, "GET", "key")
    with pytest.raises(BaseError):
        read(open_store(), "key")
    assert read(open_store(), "key") == DATA
    assert proxy.counts == {Fault.RESET: 1, PASSED: 1}


def test_an_answer_stalls_until_the_client_has_waited_long_enough(open_store, proxy: Faulty, bucket: Bucket):
    bucket.put("key", DATA)
    proxy.choice = on(Fault.STALL, "GET", "key")
    with pytest.raises(BaseError):
        read(open_store(timeout=timedelta(seconds=0.5)), "key")
    assert proxy.counts == {Fault.STALL: 1}


def test_a_lost_answer_leaves_an_object_whose_writer_does_not_know(open_store, proxy, bucket: Bucket):
    proxy.choice = on(Fault.LOST, "PUT", "key")
    with pytest.raises(BaseError):
        open_store().put("key", b"1", mode="create")
    assert bucket.read("key") == b"1"
    with pytest.raises(AlreadyExistsError):
        open_store().put("key", b"1", mode="create")


def test_a_client_whose_clock_is_wrong_hears_so_from_the_server(open_store, proxy: Faulty, bucket: Bucket):
    bucket.put("key", b"1")
    proxy.choice = on(Fault.SKEW, "GET", "key")
    with pytest.raises(PermissionDeniedError, match="RequestTimeTooSkewed"):
        read(open_store(), "key")


def test_a_gateway_that_does_not_run_is_a_reset(open_store, proxy: Faulty, bucket: Bucket, server: Ceph):
    bucket.put("key", b"1")
    server.stop_gateway()
    try:
        with pytest.raises(BaseError):
            read(open_store(), "key")
    finally:
        server.start_gateway()
    assert proxy.counts[UNREACHABLE] == 1
    assert read(open_store(), "key") == b"1"


def test_a_client_that_tries_again_gets_through_a_bad_network(open_store, proxy: Faulty, bucket: Bucket):
    shares = dict.fromkeys((Fault.ERROR, Fault.RESET, Fault.LOST), 0.05)
    proxy.choice = at_random(7, shares)
    store = open_store(retries=10)
    for number in range(100):
        store.put(f"key-{number}", b"%d" % number * 100)
    assert all(read(store, f"key-{number}") == b"%d" % number * 100 for number in range(100))
    assert all(proxy.counts[fault] > 0 for fault in shares)
    proxy.choice = nothing
    assert len(bucket.keys()) == 100


def test_the_same_seed_breaks_the_same_requests_and_about_the_share_that_it_should():
    def broken(seed: int) -> list[int]:
        choose = at_random(seed, {Fault.ERROR: 0.03, Fault.RESET: 0.02})
        return [n for n in range(2000) if choose(Head(f"GET /bucket/{n} HTTP/1.1", ()), 0)]

    assert broken(1) == broken(1) != broken(2)
    assert 60 <= len(broken(1)) <= 140
