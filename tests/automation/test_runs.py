"""Runs in several processes on one instance and one warehouse: they take turns, also after one was killed."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from spotify_assets.assets.spec import POOL
from spotify_assets.automation.runs import run
from spotify_assets.instance.home import instance_of
from spotify_assets.instance.signals import interruptible
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.publish import publish
from tests.automation.pooled_runs import run_totals, settings_in, start
from tests.warehouse.processes import held_open

PATIENCE = 60
"""Seconds after which a process that should have done something is taken to be stuck."""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder and an instance, with a first run behind it."""
    assert run_totals(tmp_path).success
    yield tmp_path


def wait_for_a_step(folder: Path) -> None:
    """Wait until a step of a run has the warehouse open."""
    started = time.monotonic()
    while not any((folder / "data").glob("open-*")):
        assert time.monotonic() - started < PATIENCE
        time.sleep(0.02)


def forget_steps(folder: Path) -> None:
    for file in (folder / "data").glob("open-*"):
        file.unlink()


@pytest.mark.slow
def test_runs_in_two_processes_take_turns_while_readers_read_on(folder: Path) -> None:
    settings = settings_in(folder)
    publish(Database(settings.warehouse_path), settings.processed_dir)
    forget_steps(folder)
    runs = [start(folder, seconds=1.5) for _ in range(2)]
    wait_for_a_step(folder)
    with duckdb.connect(str(settings.serving_path), read_only=True) as copy:
        assert copy.execute("from core.totals").fetchall() == []
    for process, failures in runs:
        assert failures.poll(PATIENCE)
        assert failures.recv() == {}
        process.join()
    assert len(list((folder / "data").glob("open-*"))) == 2


@pytest.mark.slow
def test_without_the_pool_the_second_fails_at_once_and_names_the_first(folder: Path) -> None:
    forget_steps(folder)
    first, failures = start(folder, seconds=3, pool=None)
    wait_for_a_step(folder)
    outcome = run_totals(folder, pool=None)
    assert f"process {first.pid}" in next(iter(outcome.failures.values()))
    assert failures.poll(PATIENCE)
    assert failures.recv() == {}
    first.join()


@pytest.mark.slow
def test_a_killed_run_gives_its_turn_to_the_next(folder: Path) -> None:
    forget_steps(folder)
    process, _ = start(folder, seconds=600)
    wait_for_a_step(folder)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert run_totals(folder).success
    with instance_of(settings_in(folder)) as instance:
        statuses = sorted(record.status.value for record in instance.get_runs())
        assert statuses == ["FAILURE", "SUCCESS", "SUCCESS"]
        assert instance.event_log_storage.get_concurrency_run_ids() == set()
    assert list((folder / "dagster_home" / "running").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_no_step_begins_after_a_signal_that_came_out_as_an_error_of_its_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A query that a signal ends fails with an error of its own; the other steps do not need it."""
    begun: list[str] = []

    @dg.asset
    def first() -> None:
        begun.append("first")
        try:
            os.kill(os.getpid(), number)
            time.sleep(PATIENCE)
        except BaseException as interrupt:
            raise RuntimeError("the query was ended") from interrupt

    @dg.asset
    def second() -> None:
        begun.append("second")

    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster_home"))
    settings = settings_in(tmp_path)
    job = dg.define_asset_job("both", selection=dg.AssetSelection.all())
    definitions = dg.Definitions([first, second], jobs=[job], executor=dg.in_process_executor)
    with instance_of(settings) as instance, interruptible():
        outcome = run(definitions, instance, settings, "both")
        [record] = instance.get_runs()
    assert begun == ["first"]
    assert (outcome.interrupted, outcome.success) == (True, False)
    assert record.status is dg.DagsterRunStatus.CANCELED


@pytest.mark.slow
def test_a_turn_that_a_run_kept_when_it_ended_is_given_back(folder: Path) -> None:
    with instance_of(settings_in(folder)) as instance:
        [ended] = instance.get_runs()
        instance.event_log_storage.claim_concurrency_slot(POOL, ended.run_id, "a step")
        assert instance.event_log_storage.get_concurrency_run_ids() == {ended.run_id}
    assert run_totals(folder).success


@pytest.mark.slow
def test_a_lock_of_a_foreign_process_fails_the_step_by_its_name_and_leaves_no_turn_taken(
    folder: Path,
) -> None:
    with held_open(settings_in(folder).warehouse_path, "read") as holder:
        [failure] = run_totals(folder).failures.values()
    assert f"process {holder.pid}" in failure
    assert "Nothing was changed" in failure
    assert run_totals(folder).success
