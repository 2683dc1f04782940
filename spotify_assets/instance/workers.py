"""Runs that the daemon launches: they say that they are alive, and the daemon's run monitoring looks.

Dagster's own launcher cannot tell whether the process of a run is still there, so that a run which loses it
together with the code server (a power cut, a killed container) would stay started for ever, and keep its
turn: all that writes to the warehouse waits for it. Here it is ended within one look of the run monitoring,
15 seconds.
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Protocol

import dagster as dg
from dagster._core.execution.context.system import PlanOrchestrationContext
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.retries import RetryMode
from dagster._core.executor.base import Executor
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus

from spotify_assets.instance.cause import KILLED
from spotify_assets.instance.run_locks import alive, is_killed
from spotify_assets.settings import Settings


class WatchedRunLauncher(DefaultRunLauncher):
    """Dagster's launcher, which also knows whether the process of a run was killed."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """It does."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Failed where the run left its lock behind; a run that never took one counts as running."""
        if is_killed(Path(self._instance.root_directory), run.run_id):
            return CheckRunHealthResult(WorkerStatus.FAILED, KILLED)
        return CheckRunHealthResult(WorkerStatus.RUNNING)


class Observer(Protocol):
    """What is told of a run that the process makes."""

    def saw(self, event: dg.DagsterEvent) -> None:
        """Told every event, in order, before what comes after it happens."""

    def ended(self) -> None:
        """Told when the run is over, however it ended."""


class _Watched(Executor):
    """Another executor, whose process holds the lock of the run meanwhile, and tells somebody of it."""

    def __init__(self, executor: Executor, observe: Callable[[str], Observer]) -> None:
        self._executor = executor
        self._observe = observe

    @property
    def retries(self) -> RetryMode:
        return self._executor.retries

    def execute(
        self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan
    ) -> Iterator[dg.DagsterEvent]:
        observer = self._observe(plan_context.run_id)
        try:
            with alive(Path(plan_context.instance.root_directory), plan_context.run_id):
                for event in self._executor.execute(plan_context, execution_plan):
                    observer.saw(event)
                    yield event
        finally:
            observer.ended()


class _Nobody:
    """Is told, and does nothing."""

    def saw(self, event: dg.DagsterEvent) -> None:
        """Nothing."""

    def ended(self) -> None:
        """Nothing."""


def executor_of(settings: Settings, observe: Callable[[str], Observer]) -> dg.ExecutorDefinition:
    """The executor that the settings name; `observe` gives for the id of a run who is told of it.

    Only of steps in one process is somebody told: what others use elsewhere cannot be measured here.

    Raises:
        ValueError: there is no such executor.
    """
    if settings.executor == "in_process":
        return _watched(dg.in_process_executor, observe)
    if settings.executor == "multiprocess":
        return _watched(dg.multiprocess_executor, lambda _: _Nobody())
    module, _, name = settings.executor.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"SPOTIFY_EXECUTOR is {settings.executor}: {error}") from None
    if not isinstance(found, dg.ExecutorDefinition):
        raise ValueError(f"SPOTIFY_EXECUTOR is {settings.executor}, which is no executor of Dagster")
    return found


def _watched(inner: dg.ExecutorDefinition, observe: Callable[[str], Observer]) -> dg.ExecutorDefinition:
    def watched(context: dg.InitExecutorContext) -> Executor:
        create = inner.executor_creation_fn
        assert create is not None
        return _Watched(create(context), observe)

    return dg.ExecutorDefinition(
        name=inner.name,
        config_schema=inner.config_schema.config_type,
        requirements=inner.get_requirements,
        executor_creation_fn=watched,
        description="Dagster's, whose process holds the lock of the run meanwhile.",
    )
