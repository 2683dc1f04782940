"""The stream against a real Kafka: each acknowledged message is in the lake once, whoever dies when."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from spotify_assets.lake.erasing import erase_from_lake
from spotify_assets.settings import Settings
from spotify_assets.stream.client import StreamError, partitions_of
from spotify_assets.stream.status import status
from tests.servers.kafka import Kafka
from tests.stream.topics import Commands, assert_each_once, consume, create_topic, in_lake, in_topic, send

pytestmark = pytest.mark.stream


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
