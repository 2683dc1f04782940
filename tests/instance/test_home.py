"""The instance: our own dagster.yaml kept up to date, somebody's own left alone, SQLite or Postgres."""

import logging
import multiprocessing
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.launcher import DefaultRunLauncher
from dagster._daemon.auto_run_reexecution.auto_run_reexecution import filter_runs_to_should_retry
from dagster._daemon.monitoring.run_monitoring import monitor_starting_run

from spotify_assets.instance.home import OURS, instance_configuration, instance_of, prepare_instance
from spotify_assets.settings import PROJECT_ROOT, Settings
from tests.e2e.server import free_port

TRIALS, AT_ONCE = 4, 4
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["spotify_assets.instance.home", "spotify_assets.instance.event_log"])
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@dg.asset
def something() -> int:
    return 1


JOB = dg.Definitions([something], jobs=[dg.define_asset_job("job")], executor=dg.in_process_executor)


def test_our_configuration_is_written_anew_when_the_product_changes(make_settings: Callable[..., Settings]):
    settings = make_settings()
    file = settings.dagster_home / "dagster.yaml"
    prepare_instance(settings)
    assert file.read_text() == instance_configuration(settings)
    file.write_text(f"{OURS}# of an earlier version\n")
    prepare_instance(settings)
    assert file.read_text() == instance_configuration(settings)


def test_a_configuration_of_ones_own_stays(make_settings: Callable[..., Settings]):
    settings = make_settings()
    settings.dagster_home.mkdir(parents=True)
    file = settings.dagster_home / "dagster.yaml"
    file.write_text("telemetry: {enabled: false}\n")
    prepare_instance(settings)
    assert file.read_text() == "telemetry: {enabled: false}\n"


@pytest.mark.slow
def test_processes_that_start_at_once_make_one_instance(tmp_path: Path):
    """Four on a home that is not there yet, four times over; the tables of each storage are stamped once."""
    for trial in range(TRIALS):
        data_dir = tmp_path / str(trial)
        together = processes.Barrier(AT_ONCE)
        starting = [
            processes.Process(target=open_instance, args=(data_dir, together)) for _ in range(AT_ONCE)
        ]
        for each in starting:
            each.start()
        for each in starting:
            each.join(60)
        assert [each.exitcode for each in starting] == [0] * AT_ONCE
        databases = list(data_dir.rglob("*.db"))
        assert {file.name for file in databases} >= {"index.db", "runs.db", "schedules.db"}
        assert {file.name: stamps(file) for file in databases} == {file.name: 1 for file in databases}


def open_instance(data_dir: Path, together: Barrier) -> None:
    os.environ["DAGSTER_HOME"] = str(data_dir / "home")
    settings = Settings(data_dir=data_dir, _env_file=None)
    together.wait(60)
    with instance_of(settings) as instance:
        assert instance.get_runs() == []
        assert instance.all_asset_keys() == []


def stamps(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("select count(*) from alembic_version").fetchone()[0])


def test_the_event_log_is_the_instances_whatever_the_environment_says(
    make_settings: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    prepare_instance(make_settings())
    home, elsewhere = Path(os.environ["DAGSTER_HOME"]), tmp_path / "elsewhere"
    monkeypatch.setenv("DAGSTER_HOME", str(elsewhere))
    with dg.DagsterInstance.from_config(str(home)) as instance:
        dg.materialize([something], instance=instance)
        assert instance.all_asset_keys() == [something.key]
    assert (home / "history" / "runs" / "index.db").exists()
    assert not elsewhere.exists()


def test_postgres_by_setting_beside_a_configuration_without_it_is_refused(
    make_settings: Callable[..., Settings],
):
    settings = make_settings(dagster_postgres_url="postgresql://dagster@127.0.0.1/dagster")
    settings.dagster_home.mkdir(parents=True)
    (settings.dagster_home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with pytest.raises(ValueError, match="does not name Postgres"):
        prepare_instance(settings)


def test_a_backfill_leaves_room_and_steps_take_turns(make_settings: Callable[..., Settings]):
    with instance_of(make_settings()) as instance:
        assert instance.run_retries_enabled
        assert instance.run_monitoring_enabled
        concurrency = instance.get_concurrency_config()
    assert concurrency.pool_config.default_pool_limit == 1
    queue = concurrency.run_queue_config
    assert queue is not None
    limits = {limit["key"]: limit["limit"] for limit in queue.tag_concurrency_limits}
    assert limits["dagster/backfill"] < queue.max_concurrent_runs


def test_who_launches_runs_and_how_many_at_once_is_a_setting(
    make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SPOTIFY_RUN_LAUNCHER", '{"module": "dagster", "class": "DefaultRunLauncher"}')
    settings = make_settings(concurrent_runs=9, backfill_runs=4)
    with instance_of(settings) as instance:
        assert type(instance.run_launcher) is DefaultRunLauncher
        concurrency = instance.get_concurrency_config()
    assert concurrency.pool_config.default_pool_limit == 1
    queue = concurrency.run_queue_config
    assert queue is not None
    assert queue.max_concurrent_runs == 9
    assert queue.tag_concurrency_limits == [{"key": "dagster/backfill", "limit": 4}]


@dg.asset
def broken() -> None:
    raise ValueError("a row is not what it should be")


def retried(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Whether the daemon starts a run again."""
    run = instance.get_run_by_id(run_id)
    assert run is not None
    assert run.status == dg.DagsterRunStatus.FAILURE
    return list(filter_runs_to_should_retry([run], instance)) == [run]


def test_a_run_whose_process_died_is_started_again_and_one_that_failed_for_its_data_is_not(
    make_settings: Callable[..., Settings],
):
    definitions = dg.Definitions([broken], jobs=[dg.define_asset_job("job")], executor=dg.in_process_executor)
    job = definitions.resolve_job_def("job")
    with instance_of(make_settings()) as instance:
        failed = job.execute_in_process(instance=instance, raise_on_error=False)
        assert not retried(instance, failed.run_id)
        died = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
        instance.report_run_failed(died, "the process is gone")
        assert retried(instance, died.run_id)
        by_the_sensor = instance.create_run_for_job(
            job, status=dg.DagsterRunStatus.STARTED, tags={"dagster/max_retries": "0"}
        )
        instance.report_run_failed(by_the_sensor, "the process is gone")
        assert not retried(instance, by_the_sensor.run_id)


def test_a_run_that_does_not_start_in_time_is_ended_and_started_again(make_settings: Callable[..., Settings]):
    job = JOB.resolve_job_def("job")
    with instance_of(make_settings()) as instance:
        waiting = instance.create_run_for_job(job, status=dg.DagsterRunStatus.NOT_STARTED)
        [record] = instance.get_run_records(dg.RunsFilter([waiting.run_id]))
        monitor_starting_run(instance, record, logging.getLogger())
        [record] = instance.get_run_records(dg.RunsFilter([waiting.run_id]))
        assert record.dagster_run.status == dg.DagsterRunStatus.NOT_STARTED
        late = timedelta(seconds=instance.run_monitoring_start_timeout_seconds + 1)
        monitor_starting_run(
            instance, record._replace(create_timestamp=record.create_timestamp - late), logging.getLogger()
        )
        assert retried(instance, waiting.run_id)


def test_the_images_driver_of_postgres_is_the_one_that_the_tests_use():
    image, tests = (
        (PROJECT_ROOT / name).read_text() for name in ("requirements-postgres.lock", "requirements-dev.lock")
    )
    assert "psycopg2-binary==" in image
    for requirement in re.split(r"\n(?=\w)", image.strip()):
        assert requirement in tests


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[str]:
    """A real server on loopback, without a password, that lives as long as the test."""
    if not POSTGRES:
        pytest.skip("the binaries of Postgres are missing: install Debian's postgresql")
    pytest.importorskip("dagster_postgres", reason="the extra postgres is not installed")
    port, data = free_port(), tmp_path / "pg"
    data.mkdir()
    # The server refuses to run as root.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(data, "postgres")
        for parent in [data, *data.parents]:
            if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o011)

    def call(program: str, *arguments: str) -> None:
        command = [*as_user, str(POSTGRES[-1] / program), *arguments]
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    call("initdb", "-D", str(data), "-U", "dagster", "--auth=trust", "--no-sync")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data} -c fsync=off"
    call("pg_ctl", "-D", str(data), "-w", "-l", str(data / "log"), "-o", options, "start")
    try:
        yield f"postgresql://dagster@127.0.0.1:{port}/postgres"
    finally:
        call("pg_ctl", "-D", str(data), "-m", "immediate", "stop")


@pytest.mark.slow
def test_runs_and_events_are_kept_in_postgres(
    make_settings: Callable[..., Settings], postgres: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SPOTIFY_DAGSTER_POSTGRES_URL", "")  # what the instance puts there goes with the test
    settings = make_settings(dagster_postgres_url=postgres)
    with instance_of(settings) as instance:
        assert type(instance.event_log_storage).__name__ == "PostgresEventLogStorage"
        run = JOB.resolve_job_def("job").execute_in_process(instance=instance)
    assert "postgresql" not in (settings.dagster_home / "dagster.yaml").read_text()
    with instance_of(settings) as instance:
        assert [found.run_id for found in instance.get_runs()] == [run.run_id]
        assert instance.get_latest_materialization_event(dg.AssetKey("something")) is not None
        seen: list[str] = []
        instance.watch_event_logs(run.run_id, None, lambda event, _cursor: seen.append(event.run_id))
        instance.end_watch_event_logs(run.run_id, lambda *_: None)
    assert not list(settings.dagster_home.rglob("*.db"))


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://me:geheim@127.0.0.1:{port}/runs", "Connection refused"),
        ("postgres://me:geheim@host.invalid/runs", "host.invalid"),
        ("five apples", "is no address"),
    ],
)
def test_a_postgres_that_does_not_answer_is_one_line(
    url: str, says: str, make_settings: Callable[..., Settings]
):
    settings = make_settings(dagster_postgres_url=url.format(port=free_port()))
    with pytest.raises((RuntimeError, ValueError), match=says) as told:
        instance_of(settings)
    assert "\n" not in str(told.value)
    assert "geheim" not in str(told.value)
    assert "SPOTIFY_DAGSTER_POSTGRES_URL" in str(told.value)
