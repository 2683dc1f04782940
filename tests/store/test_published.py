"""Published tables in the store, read by others again and again while months are replaced.

A month has always as many rows as each of its rows says, so half a month, or two versions of one, is seen.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from spotify_assets.places import StorePlace
from spotify_assets.settings import PROJECT_ROOT
from spotify_assets.warehouse.manifest import PublishedFile, PublishedManifest
from spotify_assets.warehouse.publish_lake import publish_to_lake
from tests.servers import spark
from tests.servers.ceph.buckets import Bucket
from tests.store import httpfs

pytestmark = pytest.mark.store
TABLE = "core/listening_events"
MONTHS = [f"2025-{month:02d}" for month in range(1, 5)]
ROWS = 20_000
ROUNDS, VERSIONS = 8, 3
"""How often is read while months are replaced, at least, and how many versions of a month are met."""
SECONDS = 240
UNDISTURBED = 2
"""Rounds that a reader tells between publishings: however slow it is, not each of them is disturbed."""
MISSING = {"polars": lambda: None, "duckdb": httpfs.missing, "spark": spark.missing}


def publish(processed: Path, version: int) -> None:
    """A table of which every month is new, as `warehouse.publish` leaves it."""
    before, files, rows = PublishedManifest.read(processed), {}, ROWS + version
    for month in MONTHS:
        name = f"{TABLE}/month={month}/data.parquet"
        (processed / name).parent.mkdir(parents=True, exist_ok=True)
        frame = pl.DataFrame({"n": range(rows), "said": [str(rows)] * rows})
        frame.write_parquet(processed / name, row_group_size=4_000)
        size = (processed / name).stat().st_size
        files[name] = PublishedFile(str(rows), rows, size, version)
    PublishedManifest(before.version + 1, complete=True, files=files).write(processed)


@contextmanager
def reading(name: str, table: str, environment: Mapping[str, str], stop: Path) -> Iterator[list[Any]]:
    """A reader as a process, and what it said so far, round by round."""
    command = [sys.executable, "-m", "tests.store.reading", name, table, str(stop)]
    with (stop.parent / "reader.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=PROJECT_ROOT, env=dict(environment), stdout=subprocess.PIPE, stderr=log, text=True
        )
    rounds: list[Any] = []
    assert process.stdout is not None
    lines = process.stdout

    def listen() -> None:
        for line in lines:
            rounds.append(json.loads(line))

    listening = threading.Thread(target=listen)
    listening.start()
    try:
        yield rounds
    finally:
        stop.touch()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        listening.join()


@pytest.mark.parametrize("name", MISSING)
def test_while_months_are_replaced_a_reader_sees_each_whole_and_once(
    name: str, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    if (why := MISSING[name]()) is not None:
        pytest.skip(why)
    for variable, value in bucket.environment.items():
        monkeypatch.setenv(variable, value)
    processed, there = tmp_path / "processed", StorePlace.of(f"s3://{bucket.name}/lake") / "processed"
    publish(processed, 0)
    publish_to_lake(processed, there)
    environment = {
        **os.environ,
        **(httpfs.variables() if name == "duckdb" else {}),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    version, until = 0, time.monotonic() + SECONDS
    with reading(name, f"{there}/{TABLE}", environment, tmp_path / "stop") as rounds:
        while len(whole_of(rounds)) < ROUNDS or len(versions_in(rounds)) < VERSIONS:
            version += 1
            assert time.monotonic() < until, (rounds[-3:], (tmp_path / "reader.log").read_text()[-2000:])
            publish(processed, version)
            publish_to_lake(processed, there)
            told = len(rounds)
            while len(rounds) < told + UNDISTURBED and time.monotonic() < until:
                time.sleep(0.01)
    for months in whole_of(rounds):
        assert sorted(month for month, *_ in months) == MONTHS
        assert [rows for _, rows, *_ in months] == [int(least) for _, _, least, _ in months]
        assert all(least == most for _, _, least, most in months)


def whole_of(rounds: list[Any]) -> list[Any]:
    """The rounds in which reading did not fail: a reader that has an object open while it is replaced may."""
    return [each["months"] for each in rounds if "months" in each]


def versions_in(rounds: list[Any]) -> set[str]:
    """What rows said in these rounds."""
    return {least for months in whole_of(rounds) for _, _, least, _ in months}
