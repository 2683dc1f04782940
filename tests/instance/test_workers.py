"""Runs say that they are alive, and the daemon's monitoring ends those that were killed."""

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import dagster as dg
import pytest
from dagster._core.workspace.context import BaseWorkspaceRequestContext
from dagster._daemon.monitoring.run_monitoring import monitor_started_run

from spotify_assets.instance.home import instance_of
from spotify_assets.instance.run_locks import alive, forget, is_killed, killed_runs
from spotify_assets.instance.workers import executor_of
from spotify_assets.settings import Settings
from tests.automation.pooled_runs import settings_in, start
from tests.automation.test_runs import wait_for_a_step

SEEN, PROCESS = "seen", "process"


def test_a_run_is_not_killed_before_during_and_after_it(tmp_path: Path) -> None:
    assert not is_killed(tmp_path, "a")
    with alive(tmp_path, "a"):
        assert not is_killed(tmp_path, "a")
        assert killed_runs(tmp_path) == []
    assert not is_killed(tmp_path, "a")
    assert list((tmp_path / "running").iterdir()) == []


def test_a_run_that_left_its_lock_behind_was_killed(tmp_path: Path) -> None:
    read, write = os.pipe()
    child = os.fork()
    if not child:
        with alive(tmp_path, "a"):
            os.write(write, b"!")
            signal.pause()
    assert os.read(read, 1) == b"!"
    assert not is_killed(tmp_path, "a")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert is_killed(tmp_path, "a")
    assert killed_runs(tmp_path) == ["a"]
    forget(tmp_path, "a")
    assert killed_runs(tmp_path) == []


class Told:
    """Notes what it is told of a run."""

    of: ClassVar[dict[str, list[str]]] = {}

    def __init__(self, run_id: str) -> None:
        self.told = self.of.setdefault(run_id, [])

    def saw(self, event: dg.DagsterEvent) -> None:
        self.told.append(event.event_type_value)

    def ended(self) -> None:
        self.told.append("ended")


@dg.asset
def looks(context: dg.AssetExecutionContext) -> None:
    """Writes down which runs hold a lock while it is made, and in which process that is."""
    home = Path(context.instance.root_directory)
    (home / PROCESS).write_text(str(os.getpid()))
    (home / SEEN).write_text(",".join(file.stem for file in (home / "running").iterdir()))


def job_by(executor: str) -> dg.JobDefinition:
    definition = executor_of(Settings(executor=executor, _env_file=None), Told)
    job = dg.define_asset_job("job")
    return dg.Definitions([looks], jobs=[job], executor=definition).resolve_job_def("job")


def watched_job() -> dg.JobDefinition:
    """A job in one process."""
    return job_by("in_process")


def job_in_processes() -> dg.JobDefinition:
    """A job in which each step is a process."""
    return job_by("multiprocess")


theirs = dg.multiprocess_executor.configured({"max_concurrent": 2}, name="theirs")


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster_home"))
    with instance_of(settings_in(tmp_path)) as found:
        yield found


def test_a_launched_run_holds_its_lock_while_it_goes_on(instance: dg.DagsterInstance) -> None:
    with dg.execute_job(dg.reconstructable(watched_job), instance) as result:
        assert result.success
    told = Told.of[result.run_id]
    assert told.index("STEP_START") < told.index("ASSET_MATERIALIZATION") < told.index("STEP_SUCCESS")
    assert told[-1] == "ended"
    home = Path(instance.root_directory)
    assert (home / PROCESS).read_text() == str(os.getpid())
    assert (home / SEEN).read_text() == result.run_id
    assert list((home / "running").iterdir()) == []


@pytest.mark.slow
def test_steps_in_processes_of_their_own_hold_the_lock_of_the_run_and_are_not_measured(
    instance: dg.DagsterInstance,
) -> None:
    with dg.execute_job(dg.reconstructable(job_in_processes), instance) as result:
        assert result.success
    assert result.run_id not in Told.of
    home = Path(instance.root_directory)
    assert (home / PROCESS).read_text() != str(os.getpid())
    assert (home / SEEN).read_text() == result.run_id
    assert list((home / "running").iterdir()) == []


def test_an_executor_of_somebody_elses_is_found_by_its_name() -> None:
    name = f"{__name__}:theirs"
    assert executor_of(Settings(executor=name, _env_file=None), Told) is theirs


@pytest.mark.parametrize("name", ["nowhere:one", "dagster:no_such_executor", "dagster:asset"])
def test_an_executor_that_is_none_is_told(name: str) -> None:
    with pytest.raises(ValueError, match=f"SPOTIFY_EXECUTOR is {name}"):
        executor_of(Settings(executor=name, _env_file=None), Told)


def monitored(instance: dg.DagsterInstance) -> dg.DagsterRun:
    """The only run, once the monitoring has looked at it."""
    [record] = instance.get_run_records()
    unused: BaseWorkspaceRequestContext = None  # type: ignore[assignment]
    monitor_started_run(instance, unused, record, logging.getLogger())
    [run] = instance.get_runs()
    return run


@pytest.mark.slow
def test_the_monitoring_ends_a_killed_run_and_no_other(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    (tmp_path / "data").mkdir()
    process, _ = start(tmp_path, seconds=600)
    wait_for_a_step(tmp_path)
    assert monitored(instance).status == dg.DagsterRunStatus.STARTED
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert monitored(instance).status == dg.DagsterRunStatus.FAILURE
