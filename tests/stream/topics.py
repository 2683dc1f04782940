"""Topics of a real Kafka: filled by the product's producer, read by a client that knows nothing of the lake,
and consumed into a lake in this process or by the product's command."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import polars as pl
from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from spotify_assets.lake.events import EventLake
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.stream.consumer import LakeConsumer
from spotify_assets.stream.producer import EventProducer
from spotify_assets.stream.status import status
from tests.servers.kafka import Kafka

PARTITIONS = 3
TODAY = datetime.now(UTC).date()


def create_topic(cluster: Kafka, name: str, partitions: int = PARTITIONS) -> None:
    """Make a topic."""
    admin = AdminClient({"bootstrap.servers": cluster.servers})
    admin.create_topics([NewTopic(name, partitions, 1)])[name].result(30)


def send(settings: Settings, numbers: range, *, bad: tuple[bytes | None, ...] = ()) -> None:
    """Send a playback for each number, by ten listeners, and bad messages; all are acknowledged."""
    producer = EventProducer(settings)
    noon = datetime.combine(TODAY - timedelta(days=1), datetime.min.time(), UTC)
    for number in numbers:
        ended_at = noon + timedelta(seconds=60 * number)
        event = {
            "user_id": f"u{number % 10}",
            "ended_at": f"{ended_at:%Y-%m-%dT%H:%M:%SZ}",
            "ms_played": number,
        }
        producer.send(json.dumps(event).encode(), f"u{number % 10}".encode())
    for value in bad:
        producer.send(value, b"u1")
    delivery = producer.finish()
    assert delivery.acknowledged == delivery.sent == len(numbers) + len(bad)


def consume(settings: Settings, *, fills: bool = False) -> LakeConsumer:
    """Read until the lake has what the topic has."""
    goal = {each.partition: each.in_topic for each in status(settings)}
    beginning = datetime(1970, 1, 1, tzinfo=UTC) if fills else None
    reader = LakeConsumer(settings, fills_since=beginning)
    until = time.monotonic() + 60
    reader.run(lambda: reader.has_reached(goal) or time.monotonic() > until)
    assert all(each.lag == 0 for each in status(settings))
    return reader


def in_topic(settings: Settings) -> list[tuple[int, int, bytes | None]]:
    """Partition, offset and value of every message, read by a client that knows nothing of the lake."""
    reader = Consumer(
        {
            "bootstrap.servers": settings.kafka_servers,
            "group.id": uuid4().hex,
            "auto.offset.reset": "earliest",
        }
    )
    reader.subscribe([settings.kafka_topic])
    expected = sum(each.in_topic for each in status(settings))
    found: list[tuple[int, int, bytes | None]] = []
    until = time.monotonic() + 60
    while len(found) < expected and time.monotonic() < until:
        for message in reader.consume(1000, 1.0):
            assert message.error() is None
            found.append((message.partition() or 0, message.offset() or 0, message.value()))
    reader.close()
    return sorted(found, key=lambda each: each[:2])


def in_lake(settings: Settings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of the lake, and those refused, with their partition and offset."""
    cleaned = EventLake(settings.lake).read(Window(TODAY - timedelta(days=9), TODAY + timedelta(days=9)))
    at = (pl.col("source_file").str.split("/").list.last().cast(pl.Int64), pl.col("source_row"))
    return cleaned.rows.sort(at), cleaned.rejected.sort(at)


def assert_each_once(settings: Settings) -> None:
    """Every message of the topic is in the lake or among the refused, once."""
    rows, refused = in_lake(settings)
    places = [
        (int(file.rsplit("/", 1)[1]), row - 1)
        for frame in (rows, refused)
        for file, row in frame.select("source_file", "source_row").iter_rows()
    ]
    told = in_topic(settings)
    assert sorted(places) == [(partition, offset) for partition, offset, _ in told]
    values = {(partition, offset): value for partition, offset, value in told}
    for file, row, number in rows.select("source_file", "source_row", "ms_played").iter_rows():
        assert json.loads(values[int(file.rsplit("/", 1)[1]), row - 1] or b"")["ms_played"] == number


class Commands:
    """Starts `spotify-assets stream consume`."""

    def __init__(self, settings: Settings, **more: str) -> None:
        """`more` are further variables of their environment."""
        self.settings, self.processes = settings, list[subprocess.Popen[bytes]]()
        self.more = more

    def consumer(self) -> subprocess.Popen[bytes]:
        """One more consumer."""
        told = {
            "SPOTIFY_DATA_DIR": str(self.settings.data_dir),
            "SPOTIFY_KAFKA_SERVERS": str(self.settings.kafka_servers),
            "SPOTIFY_KAFKA_TOPIC": self.settings.kafka_topic,
            "SPOTIFY_KAFKA_GROUP": self.settings.kafka_group,
            "SPOTIFY_STREAM_BATCH_ROWS": "20",
            "SPOTIFY_STREAM_BATCH_SECONDS": "0.1",
        } | self.more
        command = [str(Path(sys.executable).with_name("spotify-assets")), "stream", "consume"]
        process = subprocess.Popen(
            command, env=os.environ | told, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"Reading ")
        return process
