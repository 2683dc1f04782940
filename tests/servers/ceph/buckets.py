"""Buckets of a server, seen past the product: what a test puts there, finds there and allows there."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from tests.servers.ceph import REGION, Ceph, User

_CONFIG = Config(
    s3={"addressing_style": "path"},
    retries={"total_max_attempts": 1},
    # Ceph 16 answers 411 to the trailing checksums that newer clients send unasked.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


def client(server: Ceph, user: User) -> Any:
    """A client of AWS's own making, which tries everything once."""
    return boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        region_name=REGION,
        aws_access_key_id=user.access_key,
        aws_secret_access_key=user.secret_key,
        config=_CONFIG,
    )


@dataclass(frozen=True)
class Bucket:
    """One bucket, seen by its owner."""

    server: Ceph
    owner: User
    name: str

    @classmethod
    def create(cls, server: Ceph, owner: User, name: str) -> "Bucket":
        """Make a bucket."""
        client(server, owner).create_bucket(Bucket=name)
        return cls(server, owner, name)

    @property
    def environment(self) -> dict[str, str]:
        """Variables by which a program finds the server as the owner."""
        return self.server.environment(self.owner)

    def keys(self, prefix: str = "") -> dict[str, int]:
        """Every object below a prefix, and its bytes."""
        pages = client(self.server, self.owner).get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self.name, Prefix=prefix)
        return {each["Key"]: each["Size"] for page in found for each in page.get("Contents", [])}

    def has(self, pattern: str) -> bool:
        """Whether there is an object whose key matches."""
        return any(re.search(pattern, key) for key in self.keys())

    def read(self, key: str) -> bytes:
        """An object's bytes."""
        body = client(self.server, self.owner).get_object(Bucket=self.name, Key=key)["Body"].read()
        return bytes(body)

    def contents(self) -> dict[str, bytes]:
        """Every object and its bytes."""
        return {key: self.read(key) for key in self.keys()}

    def put(self, key: str, data: bytes) -> None:
        """Write an object, or write it over."""
        self.put_all([key], data)

    def put_all(self, keys: Iterable[str], data: bytes) -> None:
        """Write objects that all hold the same."""
        s3 = client(self.server, self.owner)
        for key in keys:
            s3.put_object(Bucket=self.name, Key=key, Body=data)

    def allow(self, policy: Mapping[str, Any]) -> None:
        """Set who else may do what."""
        client(self.server, self.owner).put_bucket_policy(Bucket=self.name, Policy=json.dumps(policy))
