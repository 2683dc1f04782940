"""The pooled event log: what it stores, who may use it at once, and what survives a kill."""

import json
import multiprocessing
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluation,
    AssetCheckEvaluationPlanned,
)
from dagster._core.definitions.data_version import DATA_VERSION_TAG
from dagster._core.event_api import EventHandlerFn
from dagster._core.events import (
    ASSET_EVENTS,
    AssetMaterializationPlannedData,
    AssetObservationData,
    DagsterEvent,
    DagsterEventType,
    StepMaterializationData,
)
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import LAST_KNOWN_STAMPED_SQLITE_ALEMBIC_REVISION

from spotify_assets.instance.event_log import MAX_OPEN_SHARDS, PooledSqliteEventLogStorage
from tests.instance.range_assets import ASSETS, defs, materialize_range, range_tags

ASSET = dg.AssetKey(["core", "tracks"])
RUN = "run-1"
LAST_ASSET = dg.AssetKey(ASSETS[-1])
BIN = Path(sys.executable).parent
RANGE_ASSETS = Path(__file__).with_name("range_assets.py")
OWN_YAML = "telemetry:\n  enabled: false\n"
POOLED_YAML = OWN_YAML + textwrap.dedent("""\
    event_log_storage:
      module: spotify_assets.instance.event_log
      class: PooledSqliteEventLogStorage
      config: {}
""")
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["spotify_assets.instance.event_log"])


# Events


def entry(kind: DagsterEventType, data: Any, run_id: str = RUN, at: float = 1_700_000_000.0) -> EventLogEntry:
    event = DagsterEvent(
        event_type_value=kind.value, job_name="job", step_key="step", event_specific_data=data
    )
    return EventLogEntry(  # type: ignore[no-untyped-call]
        None, "debug", "", run_id, at, "step", "job", event
    )


def materialization(partition: str, run_id: str = RUN, asset: dg.AssetKey = ASSET) -> EventLogEntry:
    event = dg.AssetMaterialization(asset, partition=partition, tags={DATA_VERSION_TAG: f"v-{partition}"})
    return entry(DagsterEventType.ASSET_MATERIALIZATION, StepMaterializationData(event), run_id)


def planned(partition: str) -> EventLogEntry:
    return entry(
        DagsterEventType.ASSET_MATERIALIZATION_PLANNED, AssetMaterializationPlannedData(ASSET, partition)
    )


def one_of_each() -> list[EventLogEntry]:
    """Two assets' events of every kind that the index mirrors, interleaved, at increasing times."""
    other = dg.AssetKey("other")
    events = [
        planned("2024-01-01"),
        entry(
            DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
            AssetCheckEvaluationPlanned(asset_key=ASSET, check_name="not_empty"),
        ),
        materialization("2024-01-01"),
        materialization("2024-01-01", asset=other),
        materialization("2024-01-02"),
        entry(
            DagsterEventType.ASSET_OBSERVATION,
            AssetObservationData(dg.AssetObservation(ASSET, partition="2024-01-02", tags={"note": "seen"})),
        ),
        planned("2024-01-03"),
        entry(
            DagsterEventType.ASSET_CHECK_EVALUATION,
            AssetCheckEvaluation(
                asset_key=ASSET,
                check_name="not_empty",
                passed=True,
                metadata={},
                severity=dg.AssetCheckSeverity.ERROR,
            ),
        ),
        materialization("2024-01-02", asset=other),
        entry(DagsterEventType.RUN_SUCCESS, None),
    ]
    return [event._replace(timestamp=1_700_000_000.0 + second) for second, event in enumerate(events)]


def run_partitions(storage: SqliteEventLogStorage, run_id: str = RUN) -> list[str]:
    """The partitions of a run's materialisations, as its own file has them."""
    logs = storage.get_logs_for_run(run_id, of_type=DagsterEventType.ASSET_MATERIALIZATION)
    return [str(event.get_dagster_event().partition) for event in logs]


def index_partitions(storage: SqliteEventLogStorage) -> list[str]:
    """The partitions of the asset's materialisations, as the index has them."""
    kind = DagsterEventType.ASSET_MATERIALIZATION
    with storage.index_connection() as connection:
        rows = connection.exec_driver_sql(
            "select partition from event_logs where dagster_event_type = ? and asset_key = ? order by id",
            (kind.value, ASSET.to_string()),
        )
        return [str(partition) for (partition,) in rows]


def contents(file: Path) -> dict[str, list[dict[str, Any]]]:
    """Schema and rows of a database, without the clock readings that SQLite fills in."""
    with closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        names = [
            name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")
        ]
        tables = {name: connection.execute(f"select * from {name}").fetchall() for name in sorted(names)}
        tables["schema"] = connection.execute("select sql from sqlite_master order by name").fetchall()
    clocks = {"create_timestamp", "migration_completed"}
    return {
        name: [{key: row[key] for key in row.keys() if key not in clocks} for row in rows]  # noqa: SIM118
        for name, rows in tables.items()
    }


def is_intact(file: Path) -> bool:
    with closing(sqlite3.connect(file)) as connection:
        return bool(connection.execute("pragma integrity_check").fetchone() == ("ok",))


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[PooledSqliteEventLogStorage]:
    with closing_storage(tmp_path) as opened:
        yield opened


@contextmanager
def closing_storage(folder: Path) -> Iterator[PooledSqliteEventLogStorage]:
    storage = PooledSqliteEventLogStorage(str(folder))
    try:
        yield storage
    finally:
        storage.dispose()


# What is stored


def store_singly(storage: SqliteEventLogStorage) -> None:
    for event in one_of_each():
        storage.store_event(event)


def store_as_batch(storage: SqliteEventLogStorage) -> None:
    storage.store_event_batch(one_of_each())


@pytest.mark.parametrize("store", [store_singly, store_as_batch])
def test_files_are_those_of_dagsters_own_class(
    tmp_path: Path, store: Callable[[SqliteEventLogStorage], None]
) -> None:
    own = SqliteEventLogStorage(str(tmp_path / "own"))
    store_singly(own)
    with closing_storage(tmp_path / "pooled") as pooled:
        store(pooled)
    for file in ("index.db", f"{RUN}.db"):
        assert contents(tmp_path / "pooled" / file) == contents(tmp_path / "own" / file)


@pytest.mark.slow
def test_a_batch_of_asset_events_and_planned_checks_is_stored_as_dagsters_own_class_stores_each(
    tmp_path: Path,
) -> None:
    planned_checks = {DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED}
    events = [event for event in one_of_each() if event.dagster_event_type in ASSET_EVENTS | planned_checks]
    events += [materialization(f"{day}") for day in range(2_500)]
    own = SqliteEventLogStorage(str(tmp_path / "own"))
    for event in events:
        own.store_event(event)
    with closing_storage(tmp_path / "pooled") as pooled:
        pooled.store_event_batch(events)
    for file in ("index.db", f"{RUN}.db"):
        assert contents(tmp_path / "pooled" / file) == contents(tmp_path / "own" / file)


def test_a_batch_that_fails_leaves_nothing_and_can_be_stored_again(
    storage: PooledSqliteEventLogStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [materialization(f"{day}") for day in range(5)]
    store_tags = storage._store_asset_event_tags

    def fail_on_the_fourth(connection: Any, entries: Any, ids: Any) -> None:
        if any(entry.get_dagster_event().partition == "3" for entry in entries):
            raise sqlite3.OperationalError("disk I/O error")
        store_tags(connection, entries, ids)

    monkeypatch.setattr(storage, "_store_asset_event_tags", fail_on_the_fourth)
    with pytest.raises(sqlite3.OperationalError):
        storage.store_event_batch(events)
    assert run_partitions(storage) == index_partitions(storage) == []

    monkeypatch.undo()
    for event in events:
        storage.store_event(event)
    assert run_partitions(storage) == index_partitions(storage) == ["0", "1", "2", "3", "4"]


def test_a_batch_of_several_runs_reaches_each_runs_file(storage: PooledSqliteEventLogStorage) -> None:
    storage.store_event_batch([materialization("a", "run-a"), materialization("b", "run-b")])
    assert run_partitions(storage, "run-a") == ["a"]
    assert run_partitions(storage, "run-b") == ["b"]
    assert index_partitions(storage) == ["a", "b"]


@pytest.mark.parametrize("batch_size", ["0", "20"])
def test_a_range_run_records_every_partition(
    home: Path, monkeypatch: pytest.MonkeyPatch, batch_size: str
) -> None:
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", batch_size)
    with dg.DagsterInstance.get() as instance:
        result = materialize_range(instance, "2024-01-01", "2024-02-09")
        assert len(instance.get_materialized_partitions(LAST_ASSET)) == 40
        types = [event.dagster_event_type for event in instance.all_logs(result.run_id)]
    assert types.count(DagsterEventType.ASSET_MATERIALIZATION) == 40 * len(ASSETS)
    assert types.count(DagsterEventType.ASSET_MATERIALIZATION_PLANNED) == 40 * len(ASSETS)


# Connections


@pytest.mark.slow
def test_open_files_are_bounded(storage: PooledSqliteEventLogStorage, tmp_path: Path) -> None:
    runs = [f"run-{number}" for number in range(2 * MAX_OPEN_SHARDS)]
    for run_id in runs:
        storage.store_event(materialization(run_id, run_id))
    assert len(open_files(tmp_path)) <= 3 * MAX_OPEN_SHARDS
    assert [run_partitions(storage, run_id) for run_id in runs] == [[run_id] for run_id in runs]
    storage.dispose()
    assert not open_files(tmp_path)


def open_files(folder: Path) -> set[str]:
    handles = Path("/proc/self/fd")
    if not handles.exists():
        pytest.skip("needs /proc to list the open files")
    targets = [str(handle.readlink()) for handle in list(handles.iterdir()) if handle.is_symlink()]
    return {target for target in targets if target.startswith(f"{folder}/")}


def test_a_wipe_by_another_process_is_noticed(storage: PooledSqliteEventLogStorage, tmp_path: Path) -> None:
    storage.store_event(materialization("before"))
    SqliteEventLogStorage(str(tmp_path)).wipe()
    storage.store_event(materialization("after"))
    assert run_partitions(SqliteEventLogStorage(str(tmp_path))) == ["after"]


def test_wiping_and_deleting_a_run(storage: PooledSqliteEventLogStorage) -> None:
    storage.store_event_batch([materialization("a", "run-a"), materialization("b", "run-b")])
    storage.delete_events("run-a")
    assert run_partitions(storage, "run-a") == []
    assert index_partitions(storage) == run_partitions(storage, "run-b") == ["b"]
    storage.wipe()
    assert index_partitions(storage) == run_partitions(storage, "run-b") == []
    storage.store_event(materialization("c", "run-b"))
    assert index_partitions(storage) == run_partitions(storage, "run-b") == ["c"]


@pytest.mark.slow
def test_threads_share_a_storage(storage: PooledSqliteEventLogStorage) -> None:
    def write(thread: int) -> None:
        for number in range(20):
            storage.store_event(materialization(f"{thread}-{number}"))
            assert f"{thread}-{number}" in run_partitions(storage)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {f"{thread}-{number}" for thread in range(4) for number in range(20)}
    assert set(run_partitions(storage)) == set(index_partitions(storage)) == expected


@pytest.mark.slow
def test_a_fork_shares_no_connection(storage: PooledSqliteEventLogStorage, tmp_path: Path) -> None:
    stop = threading.Event()
    written: list[str] = []

    def write_meanwhile() -> None:
        while not stop.is_set():
            storage.store_event(materialization(f"parent-{len(written)}"))
            written.append(f"parent-{len(written)}")

    thread = threading.Thread(target=write_meanwhile)
    thread.start()
    try:
        children = [fork_and_store(storage, tmp_path, f"child-{number}") for number in range(4)]
        statuses = [os.waitpid(child, 0)[1] for child in children]
    finally:
        stop.set()
        thread.join()
    assert statuses == [0] * 4
    expected = {*written, *(f"child-{number}" for number in range(4))}
    assert set(run_partitions(storage)) == set(index_partitions(storage)) == expected
    assert is_intact(tmp_path / "index.db")


def fork_and_store(storage: PooledSqliteEventLogStorage, folder: Path, partition: str) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            inherited = open_files(folder) if Path("/proc/self/fd").exists() else set()
            storage.store_event_batch([materialization(partition)])
            status = len(inherited)
        finally:
            os._exit(status)
    return child


# Several processes


def write_batches(folder: str, name: str, count: int, size: int) -> None:
    with closing_storage(Path(folder)) as storage:
        for batch in range(count):
            events = [materialization(f"{name}-{batch}-{number}") for number in range(size)]
            if size == 1:
                storage.store_event(events[0])
            else:
                storage.store_event_batch(events)


def test_processes_write_at_once(tmp_path: Path) -> None:
    """All into one run's file and one index, which nobody has made yet."""
    sizes = [1, 1, 10, 25]
    writers = [
        processes.Process(target=write_batches, args=(str(tmp_path), f"{number}", 20, size))
        for number, size in enumerate(sizes)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * len(writers)
    expected = sorted(
        f"{writer}-{batch}-{number}"
        for writer, size in enumerate(sizes)
        for batch in range(20)
        for number in range(size)
    )
    with closing_storage(tmp_path) as storage:
        assert sorted(run_partitions(storage)) == sorted(index_partitions(storage)) == expected


def open_at_once(folder: str, together: Barrier) -> None:
    together.wait(60)
    with closing_storage(Path(folder)):
        pass


def test_a_log_that_nobody_has_made_is_made_by_one_of_many(tmp_path: Path) -> None:
    """Three times: without a lock most times one of the four found two stamps and ended."""
    for number in range(3):
        folder, together = tmp_path / str(number), processes.Barrier(4)
        openers = [processes.Process(target=open_at_once, args=(str(folder), together)) for _ in range(4)]
        for opener in openers:
            opener.start()
        for opener in openers:
            opener.join(60)
        assert [opener.exitcode for opener in openers] == [0] * len(openers)


def write_until_killed(folder: str, name: str, size: int, acknowledge: Connection) -> None:
    storage = PooledSqliteEventLogStorage(folder)
    batch = 0
    while True:
        partitions = [f"{name}-{batch}-{number}" for number in range(size)]
        storage.store_event_batch([materialization(partition) for partition in partitions])
        acknowledge.send(partitions)
        batch += 1


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_a_killed_writer_loses_nothing_it_stored(tmp_path: Path, kills: int) -> None:
    """Kills at random points, every other one while a second process has the files open."""
    chance = random.Random(20240229)
    stored: set[str] = set()
    reader = PooledSqliteEventLogStorage(str(tmp_path))
    for kill in range(kills):
        size = chance.choice([1, 5, 50])
        here, there = processes.Pipe(duplex=False)
        writer = processes.Process(target=write_until_killed, args=(str(tmp_path), f"{kill}", size, there))
        writer.start()
        there.close()
        stored.update(here.recv())
        time.sleep(chance.uniform(0, 0.08))
        writer.kill()
        writer.join()
        assert writer.exitcode == -signal.SIGKILL
        stored.update(acknowledged(here))

        assert is_intact(tmp_path / "index.db")
        assert is_intact(tmp_path / f"{RUN}.db")
        in_run, in_index = run_partitions(reader), index_partitions(reader)
        assert len(in_run) == len(set(in_run))
        assert stored <= set(in_index) <= set(in_run)
        assert len(in_run) - len(stored) <= (kill + 1) * 50
        if kill % 2:
            reader.close_connections()
    reader.dispose()


def acknowledged(connection: Connection) -> Iterator[str]:
    """What a killed writer had still said before it went."""
    try:
        while True:
            yield from connection.recv()
    except EOFError:
        connection.close()


def test_a_watch_sees_events_of_another_process(tmp_path: Path) -> None:
    seen: list[str] = []
    complete = threading.Event()

    def collect(event: EventLogEntry, _cursor: str) -> None:
        seen.append(str(event.get_dagster_event().partition))
        if len(seen) == 8:
            complete.set()

    handler: EventHandlerFn = collect
    with closing_storage(tmp_path) as storage:
        storage.store_event(materialization("first"))
        storage.watch(RUN, None, handler)
        writer = processes.Process(target=write_batches, args=(str(tmp_path), "w", 7, 1))
        writer.start()
        assert complete.wait(30)
        writer.join()
        storage.end_watch(RUN, handler)
        storage.store_event(materialization("after"))
    assert seen == ["first", *(f"w-{batch}-0" for batch in range(7))]


# Dagster on it


def test_importing_it_loads_no_data_library() -> None:
    """Every Dagster process imports it to read `dagster.yaml`."""
    heavy = {"polars", "duckdb", "pandas", "dagster_dbt", "sklearn"}
    program = f"import sys, {PooledSqliteEventLogStorage.__module__}; print({heavy!r} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `DAGSTER_HOME` on the pooled class, with batches off."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "dagster.yaml").write_text(POOLED_YAML)
    monkeypatch.setenv("DAGSTER_HOME", str(folder))
    monkeypatch.delenv("DAGSTER_EVENT_BATCH_SIZE", raising=False)
    return folder


@pytest.mark.slow
def test_switching_to_dagsters_own_class_and_back(home: Path) -> None:
    classes = []
    for number, yaml in enumerate([OWN_YAML, POOLED_YAML, OWN_YAML, POOLED_YAML], start=1):
        (home / "dagster.yaml").write_text(yaml)
        with dg.DagsterInstance.get() as instance:
            classes.append(type(instance.event_log_storage))
            assert materialize_range(instance, f"2024-01-{number:02}", f"2024-01-{number:02}").success
            assert len(instance.get_materialized_partitions(LAST_ASSET)) == number
            runs = instance.get_runs()
            assert len(runs) == number
            assert {instance.get_run_stats(run.run_id).materializations for run in runs} == {len(ASSETS)}
    assert classes == [SqliteEventLogStorage, PooledSqliteEventLogStorage] * 2


@pytest.mark.slow
def test_a_sensor_follows_its_cursor(home: Path) -> None:
    with dg.DagsterInstance.get() as instance:
        materialize_range(instance, "2024-01-01", "2024-01-01")
        partitions, cursor = tick(instance, None)
        assert partitions == ["2024-01-01"]
        assert tick(instance, cursor) == ([], cursor)
        materialize_range(instance, "2024-01-02", "2024-01-02")
        partitions, later = tick(instance, cursor)
        assert partitions == ["2024-01-02"]
        assert later != cursor


def tick(instance: dg.DagsterInstance, cursor: str | None) -> tuple[list[str], str | None]:
    """One evaluation of the sensor: the partitions that it asks for, and where it goes on."""
    with dg.build_sensor_context(instance, cursor=cursor, definitions=defs) as context:
        result = defs.resolve_sensor_def("on_last_asset").evaluate_tick(context)
    return [str(request.run_key).split("/")[1] for request in result.run_requests or []], result.cursor


@pytest.mark.slow
def test_cursors_page_through_events(home: Path) -> None:
    with dg.DagsterInstance.get() as instance:
        materialize_range(instance, "2024-01-01", "2024-01-05")
        seen, cursor, more = [], None, True
        while more:
            page = instance.fetch_materializations(LAST_ASSET, limit=2, cursor=cursor, ascending=True)
            seen += [record.partition_key for record in page.records]
            cursor, more = page.cursor, page.has_more
        assert seen == [f"2024-01-{day:02}" for day in range(1, 6)]
        assert len(instance.fetch_run_status_changes(DagsterEventType.RUN_SUCCESS, limit=9).records) == 1
        latest = instance.get_latest_materialization_event(LAST_ASSET)
        assert latest is not None
        assert latest.get_dagster_event().partition == "2024-01-05"


@pytest.mark.slow
def test_dagster_instance_migrate(home: Path) -> None:
    """Brings files with an old stamp up to date while another process has them open."""
    with dg.DagsterInstance.get() as instance:
        run_id = materialize_range(instance, "2024-01-01", "2024-01-02").run_id
        files = [home / "history/runs" / name for name in ("index.db", f"{run_id}.db")]
        head = [stamp(file) for file in files]
        for file in files:
            with closing(sqlite3.connect(file)) as connection, connection:
                connection.execute(
                    "update alembic_version set version_num = ?",
                    (LAST_KNOWN_STAMPED_SQLITE_ALEMBIC_REVISION,),
                )
        assert [stamp(file) for file in files] != head
        subprocess.run([BIN / "dagster", "instance", "migrate"], check=True, capture_output=True)
        assert [stamp(file) for file in files] == head
        assert materialize_range(instance, "2024-01-03", "2024-01-03").success
        assert len(instance.get_materialized_partitions(LAST_ASSET)) == 3


def stamp(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return str(connection.execute("select version_num from alembic_version").fetchone()[0])


@pytest.mark.slow
def test_the_ui_and_the_daemon_work_on_it(home: Path) -> None:
    """A range run launched from the UI, seen by the daemon's sensor, while this process writes as well."""
    with dagster_dev(home) as graphql, dg.DagsterInstance.get() as instance:
        tags = range_tags("2024-01-01", "2024-01-20")
        execution = {
            "selector": {
                "repositoryLocationName": "range_assets.py",
                "repositoryName": "__repository__",
                "jobName": "ranged",
            },
            "executionMetadata": {"tags": [{"key": key, "value": value} for key, value in tags.items()]},
        }
        launched = graphql(
            """mutation ($execution: ExecutionParams!) {
              launchRun(executionParams: $execution) { __typename ... on LaunchRunSuccess { run { runId } } }
            }""",
            execution=execution,
        )["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        assert materialize_range(instance, "2024-02-01", "2024-02-20").success

        def answered() -> bool:
            runs = graphql("{ runsOrError { ... on Runs { results { jobName status } } } }")["runsOrError"]
            finished = [run["jobName"] for run in runs["results"] if run["status"] == "SUCCESS"]
            return finished.count("ranged") == 2 and "answering" in finished

        wait_for(answered, seconds=60)
        materializations = graphql(
            """query ($key: AssetKeyInput!) { assetOrError(assetKey: $key) {
              ... on Asset { assetMaterializations(limit: 100) { partition runId } }
            } }""",
            key={"path": [ASSETS[-1]]},
        )["assetOrError"]["assetMaterializations"]
        days = [f"2024-{month:02}-{day:02}" for month in (1, 2) for day in range(1, 21)]
        assert sorted(event["partition"] for event in materializations) == days
        assert {event["runId"] for event in materializations} >= {launched["run"]["runId"]}
        logs = graphql(
            """query ($run: ID!) { logsForRun(runId: $run) {
              ... on EventConnection { events { __typename } }
            } }""",
            run=launched["run"]["runId"],
        )["logsForRun"]["events"]
        types = [event["__typename"] for event in logs]
        assert types.count("MaterializationEvent") == 20 * len(ASSETS)


@contextmanager
def dagster_dev(home: Path) -> Iterator[Callable[..., Any]]:
    """`dagster dev` on the test's definitions and a free port; gives a function that asks its GraphQL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}/graphql"
    command = [str(BIN / "dagster"), "dev", "-h", "127.0.0.1", "-p", str(port), "-f", str(RANGE_ASSETS)]

    def graphql(query: str, **variables: Any) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            answer = json.load(response)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def serves() -> bool:
        try:
            return bool(graphql("{ version }"))
        except urllib.error.URLError:
            return False

    log_file = home / "dev.log"
    with log_file.open("wb") as log:
        server = subprocess.Popen(command, cwd=home, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for(serves, seconds=60)
        yield graphql
    except BaseException:
        print(log_file.read_text())
        raise
    finally:
        # SIGTERM, because a process started in the background may be made to ignore SIGINT. What does not
        # end by it is killed: how the server stops is not what is tested.
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{condition.__name__} is still false after {seconds} s"
        time.sleep(0.3)
