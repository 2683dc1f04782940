"""The stream against a real Kafka: each acknowledged message is in the lake once, whoever dies when."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import uuid4

import polars as pl
import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from spotify_assets.lake.erasing import erase_from_lake
from spotify_assets.lake.events import EventLake
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.stream.client import StreamError, partitions_of
from spotify_assets.stream.consumer import LakeConsumer
from spotify_assets.stream.producer import EventProducer
from spotify_assets.stream.status import status
from tests.servers.kafka import Kafka

pytestmark = pytest.mark.stream
PARTITIONS = 3
TODAY = datetime.now(UTC).date()


def create_topic(cluster: Kafka, name: str, partitions: int = PARTITIONS) -> None:
    """Make a topic."""
    admin = AdminClient({"bootstrap.servers": cluster.servers})
    admin.create_topics([NewTopic(name, partitions, 1)])[name].result(30)


@pytest.fixture
def settings(cluster: Kafka, tmp_path: Path) -> Settings:
    """Settings of a lake and a topic of its own, with small batches."""
    topic = f"listening-{uuid4().hex[:8]}"
    create_topic(cluster, topic)
    return Settings(
        data_dir=tmp_path / "data",
        kafka_servers=cluster.servers,
        kafka_topic=topic,
        kafka_group=topic,
        stream_batch_rows=50,
        stream_batch_seconds=0.5,
    )


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
    cleaned = EventLake(settings.lake_dir).read(Window(TODAY - timedelta(days=9), TODAY + timedelta(days=9)))
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


def test_every_message_is_in_the_lake_once(settings: Settings) -> None:
    send(settings, range(500), bad=(b"no json", None, b"{}"))
    reader = consume(settings)
    assert reader.progress.rows == 503
    assert reader.progress.refused == 3
    assert_each_once(settings)
    send(settings, range(500, 700))
    assert consume(settings).progress.rows == 200
    assert_each_once(settings)
    assert sum(each.rows for each in status(settings)) == 703


def written(settings: Settings) -> dict[Path, int]:
    """When each file of the lake was written, but for what tells people of the lag."""
    files = [path for path in settings.lake_dir.rglob("*") if path.is_file() and path.suffix != ".progress"]
    return {path: path.stat().st_mtime_ns for path in files}


def test_a_lost_lake_is_filled_again_and_a_whole_one_is_left_alone(settings: Settings) -> None:
    send(settings, range(400), bad=(b"no json",))
    consume(settings)
    before = [frame.drop("source_file") for frame in in_lake(settings)]
    files = written(settings)
    assert consume(settings, fills=True).progress.rows == 0
    assert written(settings) == files
    lost = [path for path in files if path.name.startswith("kafka~")][::2]
    for path in lost:
        path.unlink()
    consume(settings, fills=True)
    assert_each_once(settings)
    for file in settings.lake_dir.rglob("*"):
        if file.is_file():
            file.unlink()
    consume(settings, fills=True)
    assert_each_once(settings)
    for ours, theirs in zip(before, (f.drop("source_file") for f in in_lake(settings)), strict=True):
        assert ours.equals(theirs)


def test_an_erased_listener_stays_out_when_the_topic_is_read_again(settings: Settings) -> None:
    send(settings, range(100))
    consume(settings)
    erase_from_lake(settings, "u3")
    assert in_lake(settings)[0].height == 90
    for path in (*settings.lake_dir.rglob("kafka~*"), *settings.lake_dir.glob("_kafka/*/*/*/*.json")):
        path.unlink()
    consume(settings, fills=True)
    rows = in_lake(settings)[0]
    assert (rows.height, rows["user_id"].n_unique()) == (90, 9)
    assert sum(each.left_out for each in status(settings)) == 10


def test_dead_letters_carry_the_message_its_place_and_reason(cluster: Kafka, settings: Settings) -> None:
    dead = f"{settings.kafka_topic}-dead"
    create_topic(cluster, dead, partitions=1)
    settings = settings.model_copy(update={"kafka_dead_letter_topic": dead})
    send(settings, range(5), bad=(b"no json", b'{"user_id": "u1"}'))
    consume(settings)
    of_dead = settings.model_copy(update={"kafka_topic": dead})
    assert [value for _, _, value in in_topic(of_dead)] == [b"no json", b'{"user_id": "u1"}']


def test_a_topic_made_anew_has_a_chain_of_its_own(cluster: Kafka, settings: Settings) -> None:
    send(settings, range(30))
    consume(settings)
    admin = AdminClient({"bootstrap.servers": cluster.servers})
    admin.delete_topics([settings.kafka_topic])[settings.kafka_topic].result(30)
    time.sleep(1)
    create_topic(cluster, settings.kafka_topic)
    send(settings, range(30, 50))
    assert consume(settings).progress.rows == 20
    assert sorted(in_lake(settings)[0]["ms_played"]) == list(range(50))


def test_what_retention_deleted_is_said(cluster: Kafka, settings: Settings) -> None:
    send(settings, range(100))
    consume(settings)
    send(settings, range(100, 200))
    ends = {each.partition: each.in_topic for each in status(settings)}
    kept_from = [TopicPartition(settings.kafka_topic, at, end - 2) for at, end in ends.items()]
    admin = AdminClient({"bootstrap.servers": cluster.servers})
    for done in admin.delete_records(kept_from).values():
        done.result(30)
    lost = sum(end - 2 for end in ends.values()) - 100
    reader = consume(settings)
    assert reader.progress.lost == lost > 0
    assert sum(each.lost for each in status(settings)) == lost


def test_a_missing_topic_and_a_silent_cluster_are_one_line(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StreamError, match="has no topic nowhere"):
        partitions_of(settings, "nowhere")
    monkeypatch.setattr("spotify_assets.stream.client.ANSWER_SECONDS", 1.0)
    with pytest.raises(StreamError, match=r"127\.0\.0\.1:1 does not answer"):
        partitions_of(settings.model_copy(update={"kafka_servers": "127.0.0.1:1"}), "nowhere")


@pytest.fixture
def commands(settings: Settings) -> Iterator["Commands"]:
    """Consumers as processes of the command line; what still runs in the end is killed."""
    running = Commands(settings)
    yield running
    for process in running.processes:
        process.kill()
        process.wait()


class Commands:
    """Starts `spotify-assets stream consume`."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.processes = settings, list[subprocess.Popen[bytes]]()

    def consumer(self) -> subprocess.Popen[bytes]:
        """One more consumer."""
        told = {
            "SPOTIFY_DATA_DIR": str(self.settings.data_dir),
            "SPOTIFY_KAFKA_SERVERS": str(self.settings.kafka_servers),
            "SPOTIFY_KAFKA_TOPIC": self.settings.kafka_topic,
            "SPOTIFY_KAFKA_GROUP": self.settings.kafka_group,
            "SPOTIFY_STREAM_BATCH_ROWS": "20",
            "SPOTIFY_STREAM_BATCH_SECONDS": "0.1",
        }
        command = [str(Path(sys.executable).with_name("spotify-assets")), "stream", "consume"]
        process = subprocess.Popen(
            command, env=os.environ | told, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"Reading ")
        return process


def test_killed_consumers_lose_and_double_nothing(settings: Settings, commands: Commands) -> None:
    random = Random(17)
    sent = 0
    for _ in range(8):
        process = commands.consumer()
        send(settings, range(sent, sent + 300), bad=(b"no json",))
        sent += 300
        time.sleep(random.uniform(0.8, 3.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
    consume(settings)
    assert_each_once(settings)
    assert in_lake(settings)[0].height == sent


def test_consumers_that_come_and_go_hand_over(settings: Settings, commands: Commands) -> None:
    first = commands.consumer()
    for turn in range(3):
        second = commands.consumer()
        send(settings, range(turn * 400, turn * 400 + 400))
        time.sleep(4)
        second.send_signal(signal.SIGTERM)
        assert second.wait(30) == 0, second.stderr.read() if second.stderr else ""
    first.send_signal(signal.SIGTERM)
    assert first.wait(30) == 0
    consume(settings)
    assert_each_once(settings)
