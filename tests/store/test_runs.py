"""A whole run with its lake in a store whose gateway is killed twice meanwhile.

Its tables are those of a run on the same lake in a folder, and no secret is left anywhere.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pytest

from tests.servers.ceph import Ceph, User
from tests.servers.ceph.buckets import Bucket
from tests.servers.faulty import UNREACHABLE, Fault, Faulty
from tests.servers.wire import Head
from tests.store.importing import Done, Lake, reader_of
from tests.store.webserver import webserver

pytestmark = pytest.mark.store
GENERATED = ("--users", "12", "--days", "3", "--tracks", "150", "--seed", "16")
MOMENTS = (("GET", "/raw/listening_events/"), ("PUT", "/processed/marts/"))
"""Requests at which the gateway is killed: events are read, tables are published."""
DOWN_SECONDS = 3
WRONG_SECRET = "a-secret-that-is-wrong-and-is-told-to-nobody"
OF_THE_RUN = {"run_id", "written_at", "checked_at", "dbt_scd_id", "dbt_updated_at", "dbt_valid_from"}
"""Columns that tell of the run and not of the listening."""


class Killing:
    """Kills the gateway at the first request of each moment, which is then not answered."""

    def __init__(self, server: Ceph) -> None:
        self._server, self._left = server, list(MOMENTS)
        self.killed = threading.Event()

    def __call__(self, request: Head, _: int) -> Fault | None:
        for moment in self._left:
            if request.method == moment[0] and moment[1] in request.target:
                self._left.remove(moment)
                self._server.stop_gateway()
                self.killed.set()
                break
        return None

    def start_again_while(self, runs: Callable[[], bool]) -> None:
        """Start the gateway again, some seconds after each kill, as long as something runs."""
        while runs():
            if self.killed.wait(0.2):
                time.sleep(DOWN_SECONDS)
                self.killed.clear()
                self._server.start_gateway()

    @property
    def done(self) -> bool:
        """Whether every moment came."""
        return not self._left


@dataclass(frozen=True)
class Ran:
    """What was run, and where its traces may be."""

    local: Path
    lake: Lake
    done: Done
    broken: int
    refused: Done
    """What a run said whose secret was wrong."""


@pytest.fixture(scope="module")
def ran(server: Ceph, owner: User, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The same listening, made into tables in a folder and in a store behind a gateway that is killed."""
    folder = tmp_path_factory.mktemp("runs")
    lake = Lake(Bucket.create(server, owner, f"listening-{uuid4().hex[:8]}"), folder / "store")
    local = Lake(lake.bucket, folder / "local")
    here = {"SPOTIFY_LAKE_URL": str(local.data_dir)}
    for command in (("generate", *GENERATED), ("materialize",), ("lake", "copy", "--to", lake.url)):
        done = local.run(*command, **here)
        assert done.code == 0, (command, done)
    with Faulty(server.ports.gateway) as proxy:
        killing = proxy.choice = Killing(server)
        running = lake.begin("materialize", AWS_ENDPOINT_URL=proxy.endpoint)
        said: list[str] = []
        reading = threading.Thread(target=lambda: said.extend(running.communicate(timeout=600)))
        reading.start()
        killing.start_again_while(reading.is_alive)
    assert killing.done
    refused = lake.run("materialize", AWS_SECRET_ACCESS_KEY=WRONG_SECRET)
    return Ran(local.data_dir, lake, Done(running.returncode, *said), proxy.counts[UNREACHABLE], refused)


def contents(data_dir: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of every published table and view by its name, without what tells of the run."""
    asked: dict[str, list[str]] = {}
    with duckdb.connect(str(data_dir / "processed" / "serving.duckdb"), read_only=True) as connection:
        for schema, table, column, kind in connection.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() where not internal"
        ).fetchall():
            # Sums of floats come out a little different with the order of their terms.
            asks = f'round("{column}", 9)' if kind in {"DOUBLE", "FLOAT"} else f'"{column}"'
            if column not in OF_THE_RUN:
                asked.setdefault(f'"{schema}"."{table}"', []).append(asks)
        return {
            name: connection.execute(f"select {', '.join(columns)} from {name} order by all").fetchall()
            for name, columns in asked.items()
        }


def test_nothing_is_lost_and_nothing_doubled(ran: Ran):
    assert ran.done.code == 0, ran.done
    assert ran.broken >= len(MOMENTS)
    wanted, found = contents(ran.local), contents(ran.lake.data_dir)
    assert wanted.keys() == found.keys()
    assert sum(map(len, wanted.values())) > 0
    different = [name for name in wanted if wanted[name] != found[name]]
    assert different == []


class TestSecrets:
    """No key is told by anybody, neither the right one nor a wrong one."""

    @staticmethod
    def secrets(ran: Ran) -> tuple[str, ...]:
        return ran.lake.bucket.owner.secret_key, WRONG_SECRET

    def test_commands_tell_none(self, ran: Ran):
        assert ran.refused.code != 0
        assert "AWS_SECRET_ACCESS_KEY" in ran.refused.said + ran.refused.wrong
        for done in (ran.done, ran.refused):
            for secret in self.secrets(ran):
                assert secret not in done.said + done.wrong

    def test_no_file_of_the_data_folder_or_of_dagster_has_one(self, ran: Ran):
        """Event log, captured output, warehouse, published copy."""
        files = [path for path in ran.lake.data_dir.rglob("*") if path.is_file()]
        names = {path.name for path in files}
        assert {"serving.duckdb", "dagster.yaml"} <= names
        assert any("compute_logs" in path.parts for path in files)
        holding = [
            path for path in files for secret in self.secrets(ran) if secret.encode() in path.read_bytes()
        ]
        assert holding == []

    def test_no_object_has_one(self, ran: Ran):
        objects = ran.lake.bucket.contents()
        assert any("/processed/" in key for key in objects)
        secrets = self.secrets(ran)
        assert [key for key, data in objects.items() for each in secrets if each.encode() in data] == []

    def test_the_webserver_tells_none(self, ran: Ran, tmp_path: Path):
        with webserver(ran.lake.environment(), tmp_path / "webserver.log") as asked:
            told = asked.everything()
        runs = [of_run for name, of_run in told.items() if name != "instance"]
        assert runs and all(of_run["logs"] and of_run["captured"] for of_run in runs)
        text = json.dumps(told) + (tmp_path / "webserver.log").read_text()
        assert "MaterializationEvent" in text
        for secret in self.secrets(ran):
            assert secret not in text


def test_who_may_only_read_publishes_nothing_and_hears_so_in_one_line(ran: Ran, server: Ceph):
    bucket = ran.lake.bucket
    before = bucket.contents()
    reader = reader_of(bucket)
    done = ran.lake.run("materialize", "--select", 'key:"publish/serving"', **server.environment(reader))
    assert done.code != 0
    lines = [line for line in (done.said + done.wrong).splitlines() if "access is denied" in line]
    assert len(lines) == 1, done
    assert bucket.name in lines[0]
    assert "Traceback" not in done.said + done.wrong
    assert bucket.contents() == before
