"""A lake that really cannot be written to for a while: consumers say so, wait, lose and double nothing."""

import resource
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from spotify_assets.settings import Settings
from tests.servers.kafka import Kafka
from tests.servers.ports import wait_for
from tests.stream.topics import Commands, assert_each_once, create_topic, in_lake, send

pytestmark = pytest.mark.stream


class SmallDisk:
    """A file system of its own for the lake, which has room until it is full."""

    def __init__(self, lake_dir: Path) -> None:
        self._folder = lake_dir
        lake_dir.mkdir(parents=True)
        mounting = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(lake_dir)]
        if not shutil.which("mount") or subprocess.run(mounting, capture_output=True, check=False).returncode:
            pytest.skip("only root can mount a file system; the limit is tested")

    def fill(self, _: subprocess.Popen[bytes]) -> None:
        """Leave no room."""
        with (
            (self._folder / "ballast").open("wb", buffering=0) as ballast,
            pytest.raises(OSError, match="No space"),
        ):
            while True:
                ballast.write(bytes(4096))

    def free(self, _: subprocess.Popen[bytes]) -> None:
        """Make room, as a person would."""
        (self._folder / "ballast").unlink()

    def close(self) -> None:
        subprocess.run(["umount", str(self._folder)], check=True)


class Limit:
    """The system's limit for what a process may write to a file, which needs no rights."""

    def __init__(self, _: Path) -> None:
        pass

    def fill(self, process: subprocess.Popen[bytes]) -> None:
        """From now on no file may have a byte."""
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    def free(self, process: subprocess.Popen[bytes]) -> None:
        """Take the limit away."""
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, unlimited)

    def close(self) -> None:
        pass


@pytest.fixture
def settings(cluster: Kafka, tmp_path: Path) -> Settings:
    """Settings of an empty lake and a topic of its own."""
    topic = f"listening-{uuid4().hex[:8]}"
    create_topic(cluster, topic)
    return Settings(
        data_dir=tmp_path / "data", kafka_servers=cluster.servers, kafka_topic=topic, kafka_group=topic
    )


@pytest.fixture(params=[SmallDisk, Limit])
def disk(request: pytest.FixtureRequest, settings: Settings) -> Iterator[SmallDisk | Limit]:
    """What the lake lies on."""
    made = request.param(settings.lake_dir)
    yield made
    made.close()


@pytest.fixture
def commands(settings: Settings, disk: SmallDisk | Limit) -> Iterator[Commands]:
    """Consumers as processes; what still runs in the end is killed, before the disk is taken away."""
    running = Commands(settings)
    yield running
    for process in running.processes:
        process.kill()
        process.wait()


def batches(settings: Settings) -> int:
    return sum(1 for _ in settings.lake_dir.glob("_kafka/*/*/*/*.json"))


def test_a_full_disk_is_waited_for(settings: Settings, disk: SmallDisk | Limit, commands: Commands) -> None:
    process = commands.consumer()
    send(settings, range(200))
    wait_for(lambda: in_lake(settings)[0].height == 200, "the first events")
    disk.fill(process)
    before = batches(settings)
    send(settings, range(200, 600), bad=(b"no json",))
    assert process.stdout is not None
    assert any(b"cannot be written to" in line for line in process.stdout)
    assert process.poll() is None
    assert batches(settings) == before
    disk.free(process)
    wait_for(lambda: in_lake(settings)[0].height == 600, "the others")
    process.send_signal(signal.SIGTERM)
    _, wrong = process.communicate(timeout=60)
    assert process.returncode == 0, wrong
    assert_each_once(settings)
