"""Runs of `spark_driver` as processes, and what became of them beside the warehouse of one machine."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta

from spotify_assets import places
from spotify_assets.places import Place
from spotify_assets.settings import PROJECT_ROOT
from spotify_assets.warehouse.agreement import disagreements
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.lakehouse import Lakehouse
from spotify_assets.warehouse.staged import PREFIX
from spotify_assets.warehouse.upkeep import look_after
from tests.cluster import worlds
from tests.servers.ports import wait_for
from tests.servers.spark.standalone import Standalone
from tests.warehouse.plays import PLAYS

SECONDS_OF_A_SLICE = 0.5
PATIENCE_SECONDS = 400.0
"""For a run on a machine that has much else to do."""


class Run:
    """A run as a group of processes, the driver and Spark's gateway, with a few variables of its own.

    From its making to the end of `with`.
    """

    def __init__(
        self, lakehouse: Lakehouse, spark: Standalone, number: int, address: str = "", **variables: str
    ) -> None:
        told = [address or lakehouse.address, lakehouse.data, spark.address, str(number)]
        command = [sys.executable, "-m", "tests.cluster.spark_driver", *told, str(SECONDS_OF_A_SLICE)]
        self._lakehouse, self._before = lakehouse, staged(lakehouse)
        self.process = subprocess.Popen(
            command,
            cwd=PROJECT_ROOT,
            env={**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", **variables},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()
            self.process.communicate()

    def kill(self) -> None:
        """End all of it."""
        os.killpg(self.process.pid, signal.SIGKILL)

    def wait_until_staging(self) -> None:
        """Wait until a slice was made."""
        wait_for(self._is_staging, "slices", PATIENCE_SECONDS)

    def ended(self) -> tuple[int, str]:
        """What it answered and said, once it has ended."""
        _, said = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, said

    def _is_staging(self) -> bool:
        """Whether a slice was made; raises what the run said where it has ended."""
        if self.process.poll() is not None:
            raise RuntimeError(self.ended()[1][-2000:])
        return staged(self._lakehouse) > self._before


def staged(lakehouse: Lakehouse) -> set[Place]:
    """What tasks have staged for a table and is still there."""
    return set(places.files(lakehouse.place / PLAYS.schema / PLAYS.name, begins=PREFIX))


def same(native: Database, lakehouse: Lakehouse) -> None:
    """Every table of one is that of the other, books included, and counts itself right."""
    with lakehouse.reader() as connection:
        assert disagreements(connection) == {}
    assert worlds.differences(native, lakehouse) == []


def swept(lakehouse: Lakehouse, spark: Standalone) -> Mapping[str, int]:
    """What upkeep did once all tasks have ended; then every file that lies there is one of the tables."""
    wait_for(lambda: not any(map(spark.executors, spark.workers)), "the end of all tasks", PATIENCE_SECONDS)
    figures = look_after(lakehouse, kept=timedelta(), abandoned=timedelta())
    found = list(places.below(lakehouse.place))
    assert len(found) == figures["files after"] + figures["delete files after"]
    return figures
