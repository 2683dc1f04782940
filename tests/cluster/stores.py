"""Buckets for lakes of tests, each with an owner of its own."""

from uuid import uuid4

from tests.servers.ceph import Ceph
from tests.servers.ceph.buckets import Bucket


def new_bucket(gateway: Ceph) -> Bucket:
    """An empty bucket."""
    owner = gateway.create_user(f"owner-{uuid4().hex[:8]}")
    return Bucket.create(gateway, owner, f"lake-{uuid4().hex[:8]}")
