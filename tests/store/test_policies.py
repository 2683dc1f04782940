"""The policies of `infra/policies/` on a real server: a producer cannot read, and a reader cannot write."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from spotify_assets.docs.policies import POLICIES_DIR
from tests.servers.ceph import Ceph, User
from tests.servers.ceph.buckets import Bucket, client

pytestmark = pytest.mark.store
PREFIX = "family"
EVENT = f"{PREFIX}/raw/listening_events/date=2026-11-28/hour=10/part-1.ndjson"
RECEIPT = f"{PREFIX}/raw/_receipts/0123.json"
PUBLISHED = f"{PREFIX}/processed/core/tracks/data.parquet"
OUTSIDE = "elsewhere/file"
WHERE = (EVENT, RECEIPT, PUBLISHED, OUTSIDE)


def statements_of(who: str, user: User, bucket: str) -> list[dict[str, Any]]:
    """The statements of a policy's file, granted to a user by the bucket instead of a role."""
    text = (POLICIES_DIR / f"{who}.json").read_text(encoding="utf-8")
    document = json.loads(text.replace("BUCKET", bucket).replace("PREFIX", PREFIX))
    return [each | {"Principal": {"AWS": [user.arn]}} for each in document["Statement"]]


@dataclass(frozen=True)
class Rights:
    """What somebody can do with a bucket, found by trying."""

    s3: Any
    bucket: str

    def writes(self, key: str) -> bool:
        return self._can(lambda: self.s3.put_object(Bucket=self.bucket, Key=key, Body=b"new"))

    def reads(self, key: str) -> bool:
        return self._can(lambda: self.s3.get_object(Bucket=self.bucket, Key=key))

    def lists(self, prefix: str) -> bool:
        return self._can(lambda: self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix))

    def deletes(self, key: str) -> bool:
        return self._can(lambda: self.s3.delete_object(Bucket=self.bucket, Key=key))

    @staticmethod
    def _can(do: Callable[[], object]) -> bool:
        try:
            do()
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403
            return False
        return True


@pytest.fixture(scope="module")
def users(server: Ceph) -> dict[str, User]:
    """One user for each policy."""
    return {who: server.create_user(who) for who in ("producer", "pipeline", "reader")}


@pytest.fixture
def rights(bucket: Bucket, users: dict[str, User]) -> dict[str, Rights]:
    """What each can do in a bucket that has an object everywhere."""
    for key in WHERE:
        bucket.put(key, b"old")
    statements = [each for who, user in users.items() for each in statements_of(who, user, bucket.name)]
    bucket.allow({"Version": "2012-10-17", "Statement": statements})
    return {who: Rights(client(bucket.server, user), bucket.name) for who, user in users.items()}


def places(can: Callable[[str], bool]) -> list[str]:
    return [key for key in WHERE if can(key)]


LISTED = ("", f"{PREFIX}/raw/", f"{PREFIX}/processed/", "elsewhere/")


def test_a_producer_writes_events_for_the_pipeline_and_reads_nothing(rights: dict[str, Rights]):
    producer = rights["producer"]
    assert places(producer.writes) == [EVENT]
    assert places(producer.reads) == places(producer.deletes) == []
    assert not any(producer.lists(prefix) for prefix in LISTED)
    pipeline = rights["pipeline"]
    assert pipeline.s3.get_object(Bucket=pipeline.bucket, Key=EVENT)["Body"].read() == b"new"


def test_a_reader_reads_what_is_published_and_writes_nothing(rights: dict[str, Rights], bucket: Bucket):
    reader = rights["reader"]
    assert places(reader.reads) == [PUBLISHED]
    assert places(reader.writes) == places(reader.deletes) == []
    assert [prefix for prefix in LISTED if reader.lists(prefix)] == [f"{PREFIX}/processed/"]
    assert {bucket.read(key) for key in WHERE} == {b"old"}


def test_the_pipeline_works_in_the_lake_and_nowhere_else(rights: dict[str, Rights]):
    pipeline, inside = rights["pipeline"], [EVENT, RECEIPT, PUBLISHED]
    assert places(pipeline.writes) == places(pipeline.reads) == places(pipeline.deletes) == inside
    assert [p for p in LISTED if pipeline.lists(p)] == [f"{PREFIX}/raw/", f"{PREFIX}/processed/"]
