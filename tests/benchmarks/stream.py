"""How fast the stream is, and what it loses and doubles when processes are killed.

    .venv/bin/python -m tests.benchmarks.stream [--events 1000000] [--fault-seconds 60] [--only speed|faults]

Speed, with one broker on the same machine: the command that produces, a bare loop of the client that only
counts, and the consumer that writes the lake, each in a process of its own and timed from its first message
to its last; the consumer's peak memory beside it. On a machine that others use, compare the CPU.

Faults, with three brokers: producer and consumers are killed (SIGKILL) at random, a broker that leads is
killed, another one stopped for a while. Beside the two consumers a plain script reads the same topic with the
same client, writes what it got and lets the client commit offsets by its timer; it dies at the same moments.
An independent reader of the topic then counts what each of them has.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import polars as pl
from confluent_kafka import Consumer, Message
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from spotify_assets.lake.events import EventLake
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.stream.client import SESSION_MS
from spotify_assets.stream.consumer import LakeConsumer
from spotify_assets.stream.producer import EventProducer
from spotify_assets.stream.status import status
from tests.servers import kafka

PARTITIONS = 4
AT_ONCE = 5_000
TOPIC = "listening"
BATCH_SECONDS = 0.5
"""How long the consumers and the plain script gather messages."""
GAP_SECONDS = (3.0, 9.0)
"""Between two kills."""
STILL_SECONDS = 30
"""For how long the plain script has to write nothing, with nobody killed, to have caught up."""
CATCH_UP_SECONDS = 180


def settings_of(folder: Path, cluster: kafka.Kafka) -> Settings:
    """Settings of a lake in a folder."""
    return Settings(_env_file=None, data_dir=folder, kafka_servers=cluster.servers, kafka_topic=TOPIC)


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """The environment of a child process."""
    told = {
        "SPOTIFY_DATA_DIR": str(settings.data_dir),
        "SPOTIFY_KAFKA_SERVERS": str(settings.kafka_servers),
        "SPOTIFY_KAFKA_TOPIC": settings.kafka_topic,
    }
    return os.environ | told | more


def child(settings: Settings, what: str, *words: str, **more: str) -> subprocess.Popen[bytes]:
    """This module as another process, in one of its roles."""
    command = [sys.executable, "-m", "tests.benchmarks.stream", "--role", what, *words]
    return subprocess.Popen(command, env=environment(settings, **more), stdout=subprocess.PIPE)


def cli(settings: Settings, *words: str, **more: str) -> subprocess.Popen[bytes]:
    """A command of the product."""
    command = [str(Path(sys.executable).with_name("spotify-assets")), "stream", *words]
    return subprocess.Popen(command, env=environment(settings, **more), stdout=subprocess.DEVNULL)


def create_topic(cluster: kafka.Kafka) -> None:
    """Make the topic, with as many copies as there are brokers."""
    admin = AdminClient({"bootstrap.servers": cluster.servers})
    admin.create_topics([NewTopic(TOPIC, PARTITIONS, cluster.size)])[TOPIC].result(60)


def plain_consumer(settings: Settings, group: str, **more: object) -> Consumer:
    """The client with its defaults, from the beginning."""
    config = {"bootstrap.servers": settings.kafka_servers, "group.id": group, "auto.offset.reset": "earliest"}
    made: Consumer = Consumer(config | more)
    made.subscribe([settings.kafka_topic])
    return made


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


def send_role(settings: Settings, first: int, acknowledged: Path) -> None:
    """Send numbered events until killed, and note which were acknowledged."""
    sender = EventProducer(settings)
    with acknowledged.open("a", buffering=1) as notes:
        for number in range(first, first + 10**9):
            sender.send(event(number), str(number % 1000).encode())
            if number % 500 == 0:
                # Everything that was sent so far, in order: what is noted was acknowledged.
                sender.finish()
                if sender.delivery.acknowledged == sender.delivery.sent:
                    notes.write(f"{first} {number}\n")


def event(number: int) -> bytes:
    """A playback that is known again by its number."""
    ended_at = datetime.now(UTC) - timedelta(seconds=number % 7200)
    fields = {"user_id": f"u{number % 1000}", "ended_at": f"{ended_at:%Y-%m-%dT%H:%M:%SZ}"}
    return json.dumps(fields | {"ms_played": number}).encode()


def plain_role(settings: Settings, folder: Path) -> None:
    """What a plain script does: append a batch to a file, and let the client commit by its timer."""
    often = {"auto.commit.interval.ms": 1000, "session.timeout.ms": SESSION_MS}
    reader = plain_consumer(settings, "plain", **often)
    held: list[Message] = []
    written = time.monotonic()
    with (folder / f"{os.getpid()}.txt").open("a") as file:
        while True:
            held += [each for each in reader.consume(AT_ONCE, 0.1) if each.error() is None]
            if time.monotonic() - written >= BATCH_SECONDS:
                file.write("".join(f"{message.partition()} {message.offset()}\n" for message in held))
                file.flush()
                held, written = [], time.monotonic()


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


class Faults:
    """The processes of a run with faults, and what was done to them."""

    def __init__(self, folder: Path, cluster: kafka.Kafka, seed: int) -> None:
        self.folder, self.cluster, self.random = folder, cluster, Random(seed)
        self.settings = settings_of(folder / "data", cluster)
        self.done: Counter[str] = Counter()
        self.next_number = 0
        self.small = {"SPOTIFY_STREAM_BATCH_ROWS": "2000", "SPOTIFY_STREAM_BATCH_SECONDS": str(BATCH_SECONDS)}
        self.running = {
            "producer": self.producer(),
            "consumer 1": self.consumer(),
            "consumer 2": self.consumer(),
            "plain": self.plain(),
        }

    def producer(self) -> subprocess.Popen[bytes]:
        """A producer of numbers that nobody sent before."""
        self.next_number += 10**7
        return child(self.settings, "send", str(self.next_number), str(self.folder / "acknowledged"))

    def consumer(self) -> subprocess.Popen[bytes]:
        """A consumer with small batches."""
        return cli(self.settings, "consume", **self.small)

    def plain(self) -> subprocess.Popen[bytes]:
        """The plain script."""
        (self.folder / "plain").mkdir(exist_ok=True)
        return child(self.settings, "plain", str(self.folder / "plain"))

    def kill(self, name: str) -> None:
        """Kill a process and start it again."""
        start: dict[str, Callable[[], subprocess.Popen[bytes]]] = {
            "producer": self.producer,
            "plain": self.plain,
        }
        self.end(name)
        self.done[f"SIGKILL of {name.split(maxsplit=1)[0]}"] += 1
        self.running[name] = start.get(name, self.consumer)()

    def end(self, name: str) -> None:
        """End a process at once."""
        self.running[name].kill()
        self.running[name].wait()

    def kill_leader(self) -> None:
        """Kill the broker that leads the first partition, and start it again."""
        admin = AdminClient({"bootstrap.servers": self.cluster.servers})
        leader = admin.list_topics(TOPIC, 30).topics[TOPIC].partitions[0].leader
        broker = self.cluster.brokers[leader - 1]
        broker.daemon.stop()
        time.sleep(3)
        broker.daemon.start()
        self.done["SIGKILL of a broker that leads"] += 1

    def pause_broker(self, seconds: float) -> None:
        """Stop a broker for a while."""
        broker = self.random.choice(self.cluster.brokers)
        broker.daemon.send(signal.SIGSTOP)
        time.sleep(seconds)
        broker.daemon.send(signal.SIGCONT)
        self.done["SIGSTOP of a broker"] += 1

    def run(self, seconds: float) -> None:
        """Kill at random for so long, with the brokers' faults at a third and two thirds of it."""
        begin = time.monotonic()
        brokers = [(seconds / 3, self.kill_leader), (seconds * 2 / 3, lambda: self.pause_broker(seconds / 6))]
        while time.monotonic() < begin + seconds:
            time.sleep(self.random.uniform(*GAP_SECONDS))
            if brokers and time.monotonic() > begin + brokers[0][0]:
                brokers.pop(0)[1]()
            name = self.random.choice(["consumer 1", "consumer 2", "producer"])
            self.kill(name)
            if name != "producer":
                self.kill("plain")

    def finish(self) -> None:
        """Let everybody catch up without faults, and end them."""
        self.end("producer")
        self.end("consumer 2")
        until = time.monotonic() + CATCH_UP_SECONDS
        while any(each.lag for each in status(self.settings)) and time.monotonic() < until:
            time.sleep(1)
        size = -1
        while size != (size := sum(path.stat().st_size for path in (self.folder / "plain").iterdir())):
            time.sleep(STILL_SECONDS)
        for name in self.running:
            self.end(name)


def in_topic(settings: Settings) -> dict[tuple[int, int], int]:
    """The number of each message by partition and offset, read by a client that knows nothing of the lake."""
    expected = sum(each.in_topic for each in status(settings))
    reader = plain_consumer(settings, "independent")
    found: dict[tuple[int, int], int] = {}
    while len(found) < expected:
        for message in reader.consume(AT_ONCE, 1.0):
            if message.error() is None:
                at = (message.partition() or 0, message.offset() or 0)
                found[at] = json.loads(message.value() or b"")["ms_played"]
    reader.close()
    return found


def places_in_lake(settings: Settings) -> Counter[tuple[int, int]]:
    """How often the lake has each partition and offset."""
    today = date.today()  # noqa: DTZ011
    window = Window(today - timedelta(days=3), today + timedelta(days=3))
    rows = EventLake(settings.lake_dir).read(window).rows
    at = rows.select(
        pl.col("source_file").str.split("/").list.last().cast(pl.Int64), pl.col("source_row") - 1
    )
    return Counter(at.iter_rows())


def faults(seconds: float, seed: int, folder: Path) -> dict[str, object]:
    """What was done, and what the product and the plain script lost and doubled."""
    with kafka.Kafka(folder / "kafka", size=3) as cluster:
        create_topic(cluster)
        run = Faults(folder, cluster, seed)
        try:
            run.run(seconds)
            run.finish()
        finally:
            for name in run.running:
                run.end(name)
        topic = in_topic(run.settings)
    plain = Counter(
        tuple(map(int, line.split()))
        for path in (folder / "plain").iterdir()
        for line in path.read_text().splitlines()
        if line.count(" ") == 1 and line.split()[1]
    )
    noted = [map(int, line.split()) for line in (folder / "acknowledged").read_text().splitlines()]
    acknowledged = {number for first, last in noted for number in range(first, last + 1)}
    missing = acknowledged - set(topic.values())
    found: dict[str, object] = {"messages in the topic": len(topic), "acknowledged": len(acknowledged)}
    found["acknowledged and not in the topic"] = len(missing)
    for name, has in (("product", places_in_lake(run.settings)), ("plain script", plain)):
        found[f"{name}: lost"] = len(topic.keys() - has.keys())
        found[f"{name}: doubled"] = sum(count - 1 for count in has.values())
    return found | dict(run.done)


def main() -> None:
    """Measure and print, or play a role in a process of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--fault-seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=["speed", "faults"])
    parser.add_argument("--role", choices=["lake", "bare", "send", "plain"], help=argparse.SUPPRESS)
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.role in ("lake", "bare"):
        print(json.dumps({"lake": lake_role, "bare": bare_role}[given.role](Settings())))
    elif given.role == "send":
        send_role(Settings(), int(given.words[0]), Path(given.words[1]))
    elif given.role == "plain":
        plain_role(Settings(), Path(given.words[0]))
    else:
        measure(given)


def measure(given: argparse.Namespace) -> None:
    """Print what was asked for."""
    if (why := kafka.missing()) is not None:
        print(f"no figures of the stream: {why}")
        return
    with tempfile.TemporaryDirectory(prefix="stream-bench-") as folder:
        if given.only != "faults":
            for name, value in speed(given.events, Path(folder) / "speed").items():
                print(f"{name:40} {value:12,.2f}", flush=True)
        if given.only != "speed":
            for what, count in faults(given.fault_seconds, given.seed, Path(folder) / "faults").items():
                print(f"{what:40} {count:12,}", flush=True)


if __name__ == "__main__":
    main()
