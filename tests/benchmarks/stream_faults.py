"""What the stream loses and doubles when everything that can die dies, counted by readers of their own.

    .venv/bin/python -m tests.benchmarks.stream_faults [--events 1M] [--kills 50] [--core disk,store]

A topic with three copies on three brokers; numbered events, with late, broken and impossible ones among
them. Two consumers write it to a lake on a disk of its own, two others to a lake in Ceph's S3 gateway, and a
plain script with the same client writes what it got and lets the client commit offsets by its timer.
Meanwhile

- at `--kills` random moments a consumer of each lake is killed (SIGKILL) and started again, and so is the
  plain script, unless it still starts;
- the producer is killed and started again, a fifth as often;
- one after the other: a broker that leads is killed, a broker is stopped for a minute, two more consumers of
  each lake join and leave every ten seconds for two minutes, and for two minutes the disk is full and the
  gateway of the store does not run.

When everybody has caught up, the lakes and the plain script are compared with the topic. Then a run is killed
five times between files and tables for each lake of `--core`, and when one has ended, core.listening_events
and the refused rows are compared too. `--scale 0.1` makes what lasts shorter. Mounting the disk needs root.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

from confluent_kafka.admin import AdminClient

from spotify_assets.stream.client import StreamError
from spotify_assets.stream.status import status
from tests.benchmarks.backfill import size
from tests.benchmarks.stream import TOPIC, create_topic
from tests.benchmarks.stream_counts import in_lake, in_plain, in_topic, lost_and_doubled, lost_in_tables
from tests.benchmarks.stream_lakes import DiskLake, Lake, StoreLake
from tests.benchmarks.stream_roles import GATHER_SECONDS
from tests.servers import ceph, kafka

GAP_SECONDS = (4.0, 12.0)
"""Between two kills; a group waits ten seconds for a member that died."""
KILLS_OF_A_RUN = 5
CATCH_UP_SECONDS = 3_600
LEAVE_SECONDS = 90
STILL_SECONDS = 30
"""For how long the plain script has to write nothing, with nobody killed, to have caught up."""
GAP_OF_NUMBERS = 400_000
"""Numbers that a new producer leaves out, so that it sends none that its predecessor may have sent."""


@dataclass
class Scene:
    """The processes of a run with faults, and what was done to them."""

    folder: Path
    cluster: kafka.Kafka
    lakes: list[Lake]
    a_second: float
    random: Random
    scale: float
    done: Counter[str] = field(default_factory=Counter)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    day: date = field(default_factory=lambda: datetime.now(UTC).date())

    def start(self) -> None:
        """Start everybody."""
        (self.folder / "plain").mkdir()
        self.notes.touch()
        for name in ("producer", "plain", *(f"{lake.name} {n}" for lake in self.lakes for n in (1, 2))):
            self.running[name] = self.begin(name)

    def plain_file(self) -> Path:
        """What the plain script writes now; it is there when the script has started."""
        return self.folder / "plain" / f"{self.running['plain'].pid}.txt"

    @property
    def notes(self) -> Path:
        """Which numbers were acknowledged, as ranges."""
        return self.folder / "acknowledged"

    def acknowledged(self) -> list[tuple[int, int]]:
        """Ranges of numbers; a line that a kill cut off is none."""
        whole = self.notes.read_text().rpartition("\n")[0]
        return [(int(first), int(end)) for first, end in map(str.split, whole.splitlines())]

    def begin(self, name: str) -> subprocess.Popen[bytes]:
        """Start a process by its name."""
        first = self.lakes[0]
        if name == "producer":
            after = max((end for _, end in self.acknowledged()), default=-GAP_OF_NUMBERS) + GAP_OF_NUMBERS
            return first.role("send", str(after), str(self.a_second), str(self.day), str(self.notes))
        if name == "plain":
            return first.role("plain", str(self.folder / "plain"))
        [lake] = [lake for lake in self.lakes if name.startswith(lake.name)]
        return lake.consumer(GATHER_SECONDS, self.folder / f"{name}.log")

    def kill(self, name: str) -> None:
        """Kill a process and start it again."""
        self.running[name].kill()
        self.running[name].wait()
        self.running[name] = self.begin(name)

    def leave(self, name: str, process: subprocess.Popen[bytes]) -> None:
        """Ask a consumer to end, and wait for it."""
        process.send_signal(signal.SIGTERM)
        code = process.wait(LEAVE_SECONDS)
        if code in (0, -signal.SIGTERM):
            self.done["consumers that left" if code == 0 else "consumers that were still starting"] += 1
        else:
            self.ended_itself(name, code)

    def ended_itself(self, name: str, code: int) -> None:
        """Tell of a consumer that ended otherwise than it was asked to."""
        self.done["consumers that failed"] += 1
        said = (self.folder / f"{name}.log").read_text().splitlines()
        say(f"{name} ended with {code}: {said[-1] if said else ''}")

    def watch(self) -> None:
        """Start again who ended though nobody killed them, as whoever runs consumers does."""
        for name, process in self.running.items():
            if name not in ("producer", "plain") and (code := process.poll()) is not None:
                self.ended_itself(name, code)
                self.running[name] = self.begin(name)

    def kill_leader(self) -> None:
        """Kill the broker that leads the first partition, and start it again."""
        admin = AdminClient({"bootstrap.servers": self.cluster.servers})
        leader = admin.list_topics(TOPIC, 30).topics[TOPIC].partitions[0].leader
        broker = self.cluster.brokers[leader - 1]
        broker.daemon.stop()
        time.sleep(3)
        broker.daemon.start()
        self.done["SIGKILL of a broker that leads"] += 1

    def pause_broker(self) -> None:
        """Stop a broker for a minute."""
        broker = self.random.choice(self.cluster.brokers)
        broker.daemon.send(signal.SIGSTOP)
        time.sleep(60 * self.scale)
        broker.daemon.send(signal.SIGCONT)
        self.done["seconds for which a broker was stopped"] += round(60 * self.scale)

    def churn(self) -> None:
        """Two more consumers of each lake join and leave in turn, every ten seconds, for two minutes."""
        there: dict[str, subprocess.Popen[bytes]] = {}
        for turn in range(max(2, round(12 * self.scale))):
            for lake in self.lakes:
                name = f"{lake.name} {3 + turn % 2}"
                if name in there:
                    self.leave(name, there.pop(name))
                else:
                    there[name] = self.begin(name)
                    self.done["consumers that joined"] += 1
            time.sleep(10)
        for name, process in there.items():
            self.leave(name, process)

    def take_away(self) -> None:
        """For two minutes the disk is full and the store is gone."""
        for lake in self.lakes:
            lake.go()
        time.sleep(120 * self.scale)
        for lake in self.lakes:
            lake.come_back()
            self.done[f"seconds: {lake.fault}"] += round(120 * self.scale)

    def kill_many(self, kills: int) -> None:
        """Kill consumers, and more seldom the producer, at random moments."""
        for kill in range(kills):
            time.sleep(self.random.uniform(*GAP_SECONDS))
            self.watch()
            number = self.random.choice((1, 2))
            for lake in self.lakes:
                self.kill(f"{lake.name} {number}")
            self.done["moments at which a consumer of each lake was SIGKILLed"] += 1
            if self.plain_file().exists():
                self.kill("plain")
                self.done["SIGKILL of the plain script"] += 1
            if kill % 5 == 4:
                self.kill("producer")
                self.done["SIGKILL of the producer"] += 1

    def run(self, kills: int, events: int) -> None:
        """All faults, until there were so many kills and so many events were acknowledged."""
        beside = threading.Thread(target=self.kill_many, args=[kills])
        beside.start()
        # Here and not in a thread: servers end with the thread that started them.
        for fault in (self.kill_leader, self.pause_broker, self.churn, self.take_away):
            time.sleep(10 * self.scale)
            say(f"fault: {fault.__name__}")
            fault()
        beside.join()
        while sum(end - first for first, end in self.acknowledged()) < events:
            time.sleep(1)
        self.running["producer"].kill()

    def finish(self) -> None:
        """Let everybody catch up without faults, and end them."""
        until = time.monotonic() + CATCH_UP_SECONDS
        while any(self.lag(lake) for lake in self.lakes):
            if time.monotonic() > until:
                raise TimeoutError(f"not caught up within {CATCH_UP_SECONDS} s")
            self.watch()
            time.sleep(2)
        for lake in self.lakes:
            for name in (f"{lake.name} 1", f"{lake.name} 2"):
                self.leave(name, self.running[name])
        held = -1
        while held != (held := sum(path.stat().st_size for path in (self.folder / "plain").iterdir())):
            time.sleep(STILL_SECONDS)

    def lag(self, lake: Lake) -> int:
        """Messages that a lake has not; one where the brokers do not answer yet after their faults."""
        try:
            return sum(each.lag for each in status(lake.settings))
        except StreamError:
            return 1

    def end(self) -> None:
        """End whatever still runs."""
        for process in self.running.values():
            process.kill()
            process.wait()


def materialised(lake: Lake, random: Random, told: Path) -> int:
    """Make the tables, with runs that are killed before; returns how many were alive then."""
    met = 0
    for _ in range(KILLS_OF_A_RUN):
        process = lake.materialize(told)
        time.sleep(random.uniform(4, 30))
        met += process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if lake.materialize(told).wait():
        raise RuntimeError(told.read_text()[-3000:])
    return met


def say(what: str, **found: object) -> None:
    """Print a line of the result, with the time."""
    print(f"{datetime.now(UTC):%H:%M:%S} {what} {json.dumps(found) if found else ''}", flush=True)


def measure(given: argparse.Namespace, folder: Path, cluster: kafka.Kafka, lakes: list[Lake]) -> None:
    """Play all of it, and print what was found."""
    create_topic(cluster)
    events, random = size(given.events), Random(given.seed)
    scene = Scene(folder, cluster, lakes, given.rate, random, given.scale)
    try:
        scene.start()
        scene.run(given.kills, events)
        say("faults", **scene.done)
        scene.finish()
        say("caught up", **scene.done)
    finally:
        scene.end()
    topic = in_topic(lakes[0].settings, sum(each.in_topic for each in status(lakes[0].settings)))
    noted = sum(end - first for first, end in scene.acknowledged())
    there = sum(topic["number"].is_between(*each, closed="left").sum() for each in scene.acknowledged())
    say("topic", messages=topic.height, noted_as_acknowledged=noted, of_these_not_in_the_topic=noted - there)
    say("plain script", **lost_and_doubled(topic, in_plain(folder / "plain")))
    for lake in lakes:
        say(f"lake, {lake.name}", **lost_and_doubled(topic, in_lake(lake.keys(), lake.read)))
    for broker in cluster.brokers:
        broker.daemon.stop()
    for lake in lakes:
        if lake.name in given.core.split(","):
            met = materialised(lake, random, folder / "materialize.log")
            found = lost_in_tables(topic, lake.settings.warehouse_path)
            say(f"tables, {lake.name}", runs_killed=met, **found)


def main() -> None:
    """Read the options, start the servers and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", default="1M", help="events that are acknowledged at least")
    parser.add_argument("--rate", type=float, default=25_000, help="events a second at most")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--core", default="disk,store", help="lakes of which tables are made")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    for why in (kafka.missing(), ceph.missing(), None if os.geteuid() == 0 else "only root can mount a disk"):
        if why is not None:
            sys.exit(f"no figures of the stream's faults: {why}")
    with (
        tempfile.TemporaryDirectory(prefix="stream-faults-") as made,
        ceph.Ceph() as server,
        kafka.Kafka(Path(made) / "kafka", size=3) as cluster,
        DiskLake(Path(made) / "disk", cluster) as disk,
    ):
        measure(given, Path(made), cluster, [disk, StoreLake(Path(made) / "store", cluster, server)])


if __name__ == "__main__":
    main()
