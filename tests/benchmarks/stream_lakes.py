"""The lakes of `stream_faults`: one on a disk that can be full, one in a store that can be gone."""

import os
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

from spotify_assets.settings import Settings
from tests.benchmarks.stream import TOPIC
from tests.servers import kafka
from tests.servers.ceph import Ceph
from tests.servers.ceph.buckets import Bucket

COMMAND = str(Path(sys.executable).with_name("spotify-assets"))
BATCH_ROWS = 20_000
ROOM = "8g"
"""Of the disk, when it is not full."""
TABLES = 'key:"raw/raw_tracks" or key:"raw/raw_events" or key:"core/tracks" or key:"core/listening_events"'


class Lake(ABC):
    """A lake, the processes that work on it, and what can happen to it."""

    name: str
    fault: str

    def __init__(self, data_dir: Path, cluster: kafka.Kafka, lake_url: str | None = None) -> None:
        self.settings = Settings(
            _env_file=None,
            data_dir=data_dir,
            lake_url=lake_url,
            kafka_servers=cluster.servers,
            kafka_topic=TOPIC,
            kafka_group=self.name,
        )

    @property
    def environment(self) -> dict[str, str]:
        """What a process has to know."""
        return os.environ | {
            "SPOTIFY_DATA_DIR": str(self.settings.data_dir),
            "DAGSTER_HOME": str(self.settings.data_dir / "dagster"),
            "SPOTIFY_KAFKA_SERVERS": str(self.settings.kafka_servers),
            "SPOTIFY_KAFKA_TOPIC": TOPIC,
            "SPOTIFY_KAFKA_GROUP": self.name,
        }

    def role(self, *words: str) -> subprocess.Popen[bytes]:
        """A process of `stream_roles`."""
        command = [sys.executable, "-m", "tests.benchmarks.stream_roles", *words]
        return subprocess.Popen(command, env=self.environment)

    def consumer(self, seconds: float, told: Path) -> subprocess.Popen[bytes]:
        """A consumer that gathers so long."""
        small = {
            "SPOTIFY_STREAM_BATCH_ROWS": str(BATCH_ROWS),
            "SPOTIFY_STREAM_BATCH_SECONDS": str(seconds),
        }
        with told.open("ab") as log:
            command = [COMMAND, "stream", "consume"]
            return subprocess.Popen(command, env=self.environment | small, stdout=log, stderr=log)

    def materialize(self, told: Path) -> subprocess.Popen[bytes]:
        """A run that makes core.listening_events of the whole lake, in a group of its own."""
        (self.settings.data_dir / "dagster").mkdir(parents=True, exist_ok=True)
        command = [COMMAND, "materialize", "--select", TABLES]
        with told.open("ab") as log:
            return subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    @abstractmethod
    def keys(self) -> list[str]:
        """Every file below `raw/`, relative to it."""

    @abstractmethod
    def read(self, key: str) -> bytes:
        """The bytes of one of them."""

    @abstractmethod
    def go(self) -> None:
        """From now on nothing can be written."""

    @abstractmethod
    def come_back(self) -> None:
        """From now on it can again."""


class DiskLake(Lake):
    """A lake on a file system of its own, from `with` to its end."""

    name = "disk"
    fault = "disk full"

    def __init__(self, folder: Path, cluster: kafka.Kafka) -> None:
        super().__init__(folder, cluster)
        self._raw = folder / "raw"

    def __enter__(self) -> Self:
        self._raw.mkdir(parents=True)
        options = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(self._raw)]
        subprocess.run(options, check=True)
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", "--lazy", str(self._raw)], check=True)

    def keys(self) -> list[str]:
        return [str(path.relative_to(self._raw)) for path in self._raw.rglob("*") if path.is_file()]

    def read(self, key: str) -> bytes:
        return (self._raw / key).read_bytes()

    def go(self) -> None:
        """Nothing but what is there fits on the disk; it is held back until that is so."""
        for _ in range(100):
            used = shutil.disk_usage(self._raw).used
            if self._resize(f"{used // 1024 + 4}k"):
                return
        raise RuntimeError("the disk is written to faster than it can be made full")

    def come_back(self) -> None:
        if not self._resize(ROOM):
            raise RuntimeError(f"{self._raw} cannot be made larger")

    def _resize(self, room: str) -> bool:
        options = ["mount", "-o", f"remount,size={room}", str(self._raw)]
        return subprocess.run(options, check=False, capture_output=True).returncode == 0


class StoreLake(Lake):
    """A lake in a bucket of a server of this machine."""

    name = "store"
    fault = "object store gone"

    def __init__(self, folder: Path, cluster: kafka.Kafka, server: Ceph) -> None:
        self._bucket = Bucket.create(server, server.create_user("owner"), "listening")
        # This process reads the lake as well.
        os.environ.update(self._bucket.environment)
        super().__init__(folder, cluster, f"s3://{self._bucket.name}/family")

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"SPOTIFY_LAKE_URL": str(self.settings.lake_url)}

    def keys(self) -> list[str]:
        return [key.removeprefix("family/raw/") for key in self._bucket.keys("family/raw/")]

    def read(self, key: str) -> bytes:
        return self._bucket.read(f"family/raw/{key}")

    def go(self) -> None:
        self._bucket.server.stop_gateway()

    def come_back(self) -> None:
        self._bucket.server.start_gateway()
