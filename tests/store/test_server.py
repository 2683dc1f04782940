"""The server that the other tests build on is a real one: it checks keys, and one of many racers creates."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from obstore.exceptions import AlreadyExistsError, PermissionDeniedError
from obstore.store import S3Store

from tests.servers.ceph import REGION, Ceph, User
from tests.servers.ceph.buckets import Bucket

pytestmark = pytest.mark.store
RACERS = 16


def store_of(bucket: Bucket, user: User) -> S3Store:
    """The bucket as the product's library opens it."""
    return S3Store(
        bucket.name,
        endpoint=bucket.server.endpoint,
        region=REGION,
        access_key_id=user.access_key,
        secret_access_key=user.secret_key,
        client_options={"allow_http": True},
    )


def test_one_of_many_creates_an_object_and_the_others_hear_that_it_is_there(bucket: Bucket):
    barrier = Barrier(RACERS)
    stores = [store_of(bucket, bucket.owner) for _ in range(RACERS)]

    def race(number: int) -> bool:
        barrier.wait(30)
        try:
            stores[number].put("receipt", b"%d" % number, mode="create")
        except AlreadyExistsError:
            return False
        return True

    with ThreadPoolExecutor(RACERS) as pool:
        won = [number for number, wins in enumerate(pool.map(race, range(RACERS))) if wins]
    assert len(won) == 1
    assert bucket.read("receipt") == b"%d" % won[0]


def test_a_wrong_secret_is_refused(bucket: Bucket):
    bucket.put("there", b"1")
    wrong = replace(bucket.owner, secret_key="x" * 40)
    with pytest.raises(PermissionDeniedError, match="403"):
        store_of(bucket, wrong).get("there")


def test_a_stranger_sees_nothing(bucket: Bucket, server: Ceph):
    bucket.put("there", b"1")
    with pytest.raises(PermissionDeniedError, match="403"):
        store_of(bucket, server.create_user("stranger")).get("there")


def test_what_is_stored_outlives_the_gateway(bucket: Bucket, server: Ceph):
    bucket.put("there", b"1")
    server.restart_gateway()
    store = store_of(bucket, bucket.owner)
    assert bytes(store.get("there").bytes()) == b"1"
    with pytest.raises(FileNotFoundError):
        store.get("not there")
