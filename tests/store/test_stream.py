"""A topic of a real Kafka into a lake on a real S3 server: each message once, whatever dies or is away when.

What is in the lake is counted past the product: the lines of the files that manifests in the bucket name,
against the topic as a client reads it that knows nothing of the lake.
"""

import gzip
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from signal import SIGKILL, SIGTERM
from uuid import uuid4

import pytest

from spotify_assets.settings import Settings
from tests.servers import kafka
from tests.servers.ceph import Ceph
from tests.servers.ceph.buckets import Bucket
from tests.servers.faulty import Fault, Faulty, at_random
from tests.servers.ports import wait_for
from tests.stream.topics import Commands, assert_each_once, consume, create_topic, in_topic, send

pytestmark = [pytest.mark.store, pytest.mark.stream]
PREFIX = "family"
BAD = (b"no json", b"{}")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kafka.Kafka]:
    """One broker."""
    if (why := kafka.missing()) is not None:
        pytest.skip(why)
    with kafka.Kafka(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@dataclass(frozen=True)
class Streamed:
    """A topic and the lake in a bucket that it goes into."""

    settings: Settings
    bucket: Bucket

    def consumers(self, **more: str) -> Commands:
        """Consumers as processes of the command line."""
        url = {"SPOTIFY_LAKE_URL": str(self.settings.lake_url)}
        return Commands(self.settings, **(self.bucket.environment | url | more))

    def committed(self) -> int:
        """Batches whose manifest is there."""
        return sum("/_kafka/" in key and key.endswith(".json") for key in self.bucket.keys())  # noqa: SIM118

    def lines(self) -> Counter[bytes]:
        """The lines of events of every file that a manifest names."""
        found: Counter[bytes] = Counter()
        for key, content in self.bucket.contents().items():
            if "/_kafka/" in key and key.endswith(".json"):
                for file in json.loads(content)["files"]:
                    path = file["path"]
                    if "/date=" in f"/{path}" and "refused" not in path:
                        found.update(gzip.decompress(self.bucket.read(f"{PREFIX}/raw/{path}")).splitlines())
        return found

    def must_hold_all(self) -> None:
        """What is left in the topic is read, and then each message is in the lake once."""
        consume(self.settings)
        assert_each_once(self.settings)
        sent = Counter(value for _, _, value in in_topic(self.settings) if value and value not in BAD)
        found = self.lines()
        assert {line: found[line] for line in sent} == sent


@pytest.fixture
def streamed(
    cluster: kafka.Kafka, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Streamed:
    """An empty topic and an empty lake, with small batches."""
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    topic = f"listening-{uuid4().hex[:8]}"
    create_topic(cluster, topic)
    settings = Settings(
        data_dir=tmp_path / "data",
        lake_url=f"s3://{bucket.name}/{PREFIX}",
        kafka_servers=cluster.servers,
        kafka_topic=topic,
        kafka_group=topic,
        stream_batch_rows=50,
        stream_batch_seconds=0.5,
    )
    return Streamed(settings, bucket)


def wait_for_batches(streamed: Streamed, more_than: int) -> None:
    wait_for(lambda: streamed.committed() > more_than, "a batch")


def test_killed_consumers_lose_and_double_nothing(streamed: Streamed) -> None:
    random, commands = Random(16), streamed.consumers()
    for turn in range(3):
        process = commands.consumer()
        send(streamed.settings, range(turn * 200, turn * 200 + 200), bad=BAD)
        time.sleep(random.uniform(0.8, 3.5))
        process.send_signal(SIGKILL)
        process.communicate()
    streamed.must_hold_all()


@pytest.mark.parametrize("seconds", [6, pytest.param(125, marks=pytest.mark.slow)])
def test_a_store_that_is_away_for_a_while_is_waited_for(streamed: Streamed, server: Ceph, seconds: float):
    process = streamed.consumers().consumer()
    send(streamed.settings, range(200))
    wait_for_batches(streamed, 0)
    server.stop_gateway()
    try:
        send(streamed.settings, range(200, 600), bad=BAD)
        time.sleep(seconds)
        assert process.poll() is None
    finally:
        server.start_gateway()
    before = streamed.committed()
    wait_for_batches(streamed, before)
    process.send_signal(SIGTERM)
    said, wrong = process.communicate(timeout=60)
    assert process.returncode == 0, (said, wrong)
    streamed.must_hold_all()


def test_a_bad_network_in_front_of_the_store_loses_and_doubles_nothing(streamed: Streamed, server: Ceph):
    shares = dict.fromkeys((Fault.ERROR, Fault.RESET, Fault.LOST), 0.05)
    with Faulty(server.ports.gateway, at_random(16, shares)) as proxy:
        process = streamed.consumers(AWS_ENDPOINT_URL=proxy.endpoint).consumer()
        send(streamed.settings, range(300), bad=BAD)
        wait_for(lambda: streamed.lines().total() >= 300, "every message")
        process.send_signal(SIGTERM)
        said, wrong = process.communicate(timeout=60)
        assert process.returncode == 0, (said, wrong)
        assert proxy.broken > 0
    streamed.must_hold_all()
