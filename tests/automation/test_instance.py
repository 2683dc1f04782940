"""The instance: our own dagster.yaml kept up to date, somebody's own left alone, SQLite or Postgres."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest

from spotify_assets.automation.instance import OURS, instance_configuration, instance_of, prepare_instance
from spotify_assets.settings import Settings
from tests.e2e.server import free_port

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
