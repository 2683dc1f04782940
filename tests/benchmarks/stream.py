"""How fast the stream is; what it loses and doubles when everything dies measures `stream_faults`.

    .venv/bin/python -m tests.benchmarks.stream [--events 1000000]

With one broker on the same machine: the command that produces, a bare loop of the client that only counts,
and the consumer that writes the lake, each in a process of its own and timed from its first message to its
last; the consumer's peak memory beside it. On a machine that others use, compare the CPU.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from confluent_kafka import Message
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from spotify_assets.settings import Settings
from spotify_assets.stream.consumer import LakeConsumer
from spotify_assets.stream.status import status
from tests.benchmarks.reporting import report
from tests.benchmarks.stream_roles import AT_ONCE, plain_consumer
from tests.servers import kafka

PARTITIONS = 4
TOPIC = "listening"


def settings_of(folder: Path, cluster: kafka.Kafka) -> Settings:
    """Settings of a lake in a folder."""
    return Settings(_env_file=None, data_dir=folder, kafka_servers=cluster.servers, kafka_topic=TOPIC)


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a child process."""
    told = {
        "SPOTIFY_DATA_DIR": str(settings.data_dir),
        "SPOTIFY_KAFKA_SERVERS": str(settings.kafka_servers),
        "SPOTIFY_KAFKA_TOPIC": settings.kafka_topic,
    }
    return os.environ | told


def child(settings: Settings, what: str) -> subprocess.Popen[bytes]:
    """This module as another process, in one of its roles."""
    command = [sys.executable, "-m", "tests.benchmarks.stream", "--role", what]
    return subprocess.Popen(command, env=environment(settings), stdout=subprocess.PIPE)


def cli(settings: Settings, *words: str) -> subprocess.Popen[bytes]:
    """A command of the product."""
    command = [str(Path(sys.executable).with_name("spotify-assets")), "stream", *words]
    return subprocess.Popen(command, env=environment(settings), stdout=subprocess.DEVNULL)


def create_topic(cluster: kafka.Kafka) -> None:
    """Make the topic, with as many copies as there are brokers."""
    admin = AdminClient({"bootstrap.servers": cluster.servers})
    admin.create_topics([NewTopic(TOPIC, PARTITIONS, cluster.size)])[TOPIC].result(60)


class TimedConsumer(LakeConsumer):
    """The consumer, and when its first messages came."""

    first = 0.0

    def _take(self, messages: list[Message]) -> None:
        if messages and not self.first:
            self.first = time.monotonic()
        super()._take(messages)


def lake_role(settings: Settings) -> dict[str, float]:
    """Write the topic to the lake; messages a second from the first on, until the last is written."""
    goal = {each.partition: each.in_topic for each in status(settings)}
    reader = TimedConsumer(settings)
    before = cpu_seconds()
    done = reader.run(lambda: reader.has_reached(goal))
    return {
        "a_second": done.rows / (time.monotonic() - reader.first),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "cpu": (cpu_seconds() - before) / done.rows * 1e6,
    }


def cpu_seconds() -> float:
    """What this process used until now, the client's threads included."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def bare_role(settings: Settings) -> dict[str, float]:
    """Count the topic's messages with the client and do nothing else."""
    expected = sum(each.in_topic for each in status(settings))
    reader = plain_consumer(settings, "bare")
    count, first, before = 0, 0.0, cpu_seconds()
    while count < expected:
        messages = reader.consume(AT_ONCE, 0.2)
        if messages and not first:
            first = time.monotonic()
        count += sum(1 for message in messages if message.error() is None)
    cpu = (cpu_seconds() - before) / count * 1e6
    return {"a_second": count / (time.monotonic() - first), "cpu": cpu}


def speed(events: int, folder: Path) -> dict[str, float]:
    """Events a second of the producer, the bare loop and the consumer, and the consumer's memory."""
    with kafka.Kafka(folder / "kafka") as cluster:
        create_topic(cluster)
        settings = settings_of(folder / "data", cluster)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        began = time.monotonic()
        assert cli(settings, "produce", "--count", str(events), "--users", "20000").wait() == 0
        produced = events / (time.monotonic() - began)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)  # of those that have ended
        produced_cpu = (used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime) / events * 1e6
        found = {}
        for role in ("bare", "lake"):
            answer, _ = child(settings, role).communicate()
            found[role] = json.loads(answer)
    return {
        "producer command, start included": produced,
        "producer command, CPU (µs a message)": produced_cpu,
        "bare loop": found["bare"]["a_second"],
        "consumer to gzip": found["lake"]["a_second"],
        "consumer ÷ bare loop": found["lake"]["a_second"] / found["bare"]["a_second"],
        "bare loop, CPU (µs a message)": found["bare"]["cpu"],
        "consumer, CPU (µs a message)": found["lake"]["cpu"],
        "consumer's peak memory (MB)": found["lake"]["peak_mb"],
    }


def main() -> None:
    """Measure and print, or play a role in a process of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--role", choices=["lake", "bare"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.role:
        print(json.dumps({"lake": lake_role, "bare": bare_role}[given.role](Settings())))
    elif (why := kafka.missing()) is not None:
        print(f"no figures of the stream: {why}")
    else:
        with tempfile.TemporaryDirectory(prefix="stream-bench-") as folder:
            found = speed(given.events, Path(folder))
        bare = found["bare loop, CPU (µs a message)"]
        ratios = {
            f"{who} / bare loop, processor time": found[f"{what}, CPU (µs a message)"] / bare
            for who, what in (("producer", "producer command"), ("consumer", "consumer"))
        }
        rows = [{"what": what, "value": value} for what, value in found.items()]
        report("stream", {"events": given.events}, rows, ratios=ratios)


if __name__ == "__main__":
    main()
