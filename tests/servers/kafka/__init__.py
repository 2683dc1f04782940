"""Apache Kafka from its jars, in KRaft mode, one folder and two loopback ports a broker.

The jars come from Maven Central by `pom.xml`, whose checksums Maven verifies, and are then compared with
`sha256sums`. `make kafka` fetches them; where Java or Maven is missing, tests say so and are skipped.
"""

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tests.servers.daemon import Daemon
from tests.servers.ports import answers, free_ports, wait_for

HERE = Path(__file__).parent
JARS = Path(os.environ.get("SPOTIFY_TEST_JARS", HERE.parents[2] / ".cache" / "kafka"))
HEAP = "-Xmx384m"
CLUSTER_ID = "bGlzdGVuaW5nLWFuYWx5dA"


def missing() -> str | None:
    """What is missing for starting Kafka; None when nothing is."""
    if shutil.which("java") is None:
        return "Java 17 is not installed"
    if not any(JARS.glob("kafka_*.jar")):
        return "Kafka's jars are not there: make kafka"
    return None


def wrong_jars() -> list[str]:
    """Jars that are not what `sha256sums` says, or that it does not know."""
    lines = [line.split("  ", 1) for line in (HERE / "sha256sums").read_text().splitlines()]
    told = {name: digest for digest, name in lines}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in JARS.glob("*.jar")}
    return sorted(name for name in told.keys() | found.keys() if told.get(name) != found.get(name))


@dataclass
class Broker:
    """One server: broker and controller."""

    number: int
    folder: Path
    port: int
    controller_port: int

    @cached_property
    def daemon(self) -> Daemon:
        """Its process."""
        properties = str(self.folder / "server.properties")
        command = ["java", HEAP, "-cp", f"{JARS}/*", "kafka.Kafka", properties]
        return Daemon(command, self.folder / "server.log")

    def is_ready(self) -> bool:
        """Whether it takes connections; raises where it has ended."""
        return self.daemon.runs() and answers(self.port)


@dataclass
class Kafka:
    """A cluster in a folder."""

    folder: Path
    size: int = 1
    brokers: list[Broker] = field(default_factory=list)

    @property
    def servers(self) -> str:
        """Addresses of its brokers."""
        return ",".join(f"127.0.0.1:{broker.port}" for broker in self.brokers)

    def __enter__(self) -> "Kafka":
        ports = free_ports(2 * self.size)
        for number in range(self.size):
            folder = self.folder / f"broker-{number}"
            folder.mkdir(parents=True)
            self.brokers.append(Broker(number + 1, folder, ports[2 * number], ports[2 * number + 1]))
        for broker in self.brokers:
            self._configure(broker)
            broker.daemon.start()
        try:
            wait_for(lambda: all(broker.is_ready() for broker in self.brokers), "Kafka", 120)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for broker in self.brokers:
            broker.daemon.stop()

    def _configure(self, broker: Broker) -> None:
        copies = min(self.size, 3)
        voters = ",".join(f"{each.number}@127.0.0.1:{each.controller_port}" for each in self.brokers)
        properties = {
            "process.roles": "broker,controller",
            "node.id": broker.number,
            "controller.quorum.voters": voters,
            "listeners": f"PLAINTEXT://127.0.0.1:{broker.port},CONTROLLER://127.0.0.1:{broker.controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{broker.port}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": broker.folder / "log",
            "auto.create.topics.enable": "false",
            "offsets.topic.replication.factor": copies,
            "offsets.topic.num.partitions": 3,
            "transaction.state.log.replication.factor": copies,
            "transaction.state.log.min.isr": max(1, copies - 1),
            "min.insync.replicas": max(1, copies - 1),
            "group.initial.rebalance.delay.ms": 0,
            "message.max.bytes": 20_000_000,
            "log.cleanup.policy": "delete",
        }
        path = broker.folder / "server.properties"
        path.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
        tool = ["java", "-cp", f"{JARS}/*", "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID]
        done = subprocess.run(
            [*tool, "-c", str(path), "--ignore-formatted"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
