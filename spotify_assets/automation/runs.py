"""Running jobs in this process, with what happened told as it happens.

Steps of all runs on one instance take turns by the pool `duckdb`, runs in other processes included: a step
waits until the pool is free, however long that takes. A process that is killed cannot give its turn back; the
next run here does that for it, see `instance.run_locks`.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg

from spotify_assets.automation.attempts import COMMAND_LINE, REQUESTED_BY
from spotify_assets.automation.costs import RunMeter, meter_of
from spotify_assets.instance.cause import KILLED, cause_of
from spotify_assets.instance.planned_events import PLACE
from spotify_assets.instance.run_locks import alive, forget, killed_runs
from spotify_assets.instance.signals import stop_signals
from spotify_assets.partitions import keys_of
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings

_TOLD = frozenset(
    {
        dg.DagsterEventType.STEP_START.value,
        dg.DagsterEventType.STEP_SUCCESS.value,
        dg.DagsterEventType.STEP_FAILURE.value,
        dg.DagsterEventType.ASSET_CHECK_EVALUATION.value,
    }
)
OnEvent = Callable[[dg.DagsterEvent], None]


@dataclass(frozen=True)
class CheckOutcome:
    """What one asset check found in a run."""

    asset: str
    check: str
    passed: bool
    blocks: bool
    description: str


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended: the run's id, what its checks found, and why steps failed."""

    run_id: str
    success: bool
    steps: int
    checks: list[CheckOutcome] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    interrupted: bool = False
    """Whether Ctrl-C or SIGTERM came during the run; the instance has it as canceled unless it succeeded."""

    @property
    def causes(self) -> dict[str, list[str]]:
        """Why steps failed: the steps by cause, since what stops one often stops others."""
        causes: dict[str, list[str]] = {}
        for step, cause in self.failures.items():
            causes.setdefault(cause, []).append(step)
        return causes

    @property
    def broken(self) -> list[CheckOutcome]:
        """Checks that failed and stop what is downstream."""
        return [check for check in self.checks if not check.passed and check.blocks]

    @property
    def warnings(self) -> list[CheckOutcome]:
        """Checks that failed and only warn."""
        return [check for check in self.checks if not check.passed and not check.blocks]


def run(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    settings: Settings,
    job_name: str,
    *,
    window: Window | None = None,
    assets: Sequence[dg.AssetKey] | None = None,
    checks: Sequence[dg.AssetCheckKey] | None = None,
    chosen: bool = False,
    on_event: OnEvent = lambda _: None,
) -> RunOutcome:
    """Run a job here, for the partitions that a window touches, as one run of the instance.

    `assets` are those of the job to be made, by default all; with `checks`, these alone are evaluated.
    `chosen` says that somebody wants these and no others, so that nothing follows from the run.

    Raises:
        ValueError: the window reaches outside the configured partitions.
    """
    job = definitions.resolve_job_def(job_name)
    if checks is not None:
        job = job.get_subset(asset_selection=set(), asset_check_selection=set(checks))
    run_id = str(uuid.uuid4())
    release_killed_runs(instance, settings.dagster_home)
    meter = meter_of(definitions.resources or {}, settings)(run_id)
    with stop_signals() as stopped, alive(settings.dagster_home, run_id):
        _tell(instance, run_id, on_event, stopped, meter)
        result = job.execute_in_process(
            instance=instance,
            run_id=run_id,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            tags=_tags(settings, window, chosen=chosen),
            asset_selection=assets,
            raise_on_error=False,
        )
        interrupted = stopped()
    meter.ended()
    ended = instance.get_run_by_id(run_id)
    if interrupted and not result.success and ended is not None:
        instance.report_run_canceled(ended, "Ctrl-C or SIGTERM ended the run; its step was undone.")
    return RunOutcome(
        run_id=run_id,
        interrupted=interrupted,
        success=result.success,
        steps=sum(event.is_step_start for event in result.all_events),
        checks=[_check_outcome(evaluation) for evaluation in result.get_asset_check_evaluations()],
        failures={
            str(event.step_key): cause_of(event.step_failure_data.error)
            for event in result.all_events
            if event.is_step_failure
        },
    )


def release_killed_runs(instance: dg.DagsterInstance, home: Path) -> None:
    """End the runs of processes that were killed, and free what they hold of the pools.

    `home` is the folder in which runs say that they are alive.
    """
    for run_id in killed_runs(home):
        killed = instance.get_run_by_id(run_id)
        if killed and not killed.is_finished:
            instance.report_run_failed(killed, KILLED)
        forget(home, run_id)
    for run_id in instance.event_log_storage.get_concurrency_run_ids():
        holder = instance.get_run_by_id(run_id)
        if holder is None or holder.is_finished:
            instance.event_log_storage.free_concurrency_slots_for_run(run_id)


def _tags(settings: Settings, window: Window | None, *, chosen: bool) -> dict[str, str]:
    tags = PLACE | {"dagster/max_retries": "0"}  # whoever started it here starts it again, and not the daemon
    if not chosen:
        tags |= {REQUESTED_BY: COMMAND_LINE}
    if window is None:
        return tags
    first, last = keys_of(settings, window)
    if first == last:
        return tags | {"dagster/partition": first}
    return tags | {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}


def _check_outcome(evaluation: dg.AssetCheckEvaluation) -> CheckOutcome:
    return CheckOutcome(
        asset=evaluation.asset_key.to_user_string(),
        check=evaluation.check_name,
        passed=evaluation.passed,
        blocks=evaluation.severity == dg.AssetCheckSeverity.ERROR,
        description=evaluation.description or "",
    )


def _tell(
    instance: dg.DagsterInstance,
    run_id: str,
    on_event: OnEvent,
    stopped: Callable[[], bool],
    meter: RunMeter,
) -> None:
    """Tell the events of a run as this process stores them, and begin no step once the run is to stop.

    A signal in the middle of a query fails the step as the query's own error, and Dagster would go on with
    the steps that do not need it.
    """

    def tell(entry: dg.EventLogEntry) -> None:
        event = entry.dagster_event
        if event is None:
            return
        meter.saw(event)
        if event.event_type_value not in _TOLD:
            return
        if event.is_step_start and stopped():
            raise KeyboardInterrupt
        on_event(event)

    instance.add_event_listener(run_id, tell)
