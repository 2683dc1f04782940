"""A Dagster instance that plans partitions only for what has partitions, and shows what people look for.

Dagster's own plans every asset and every check of a range run for each partition of the range, whether or
not it is partitioned. A planned check that is then evaluated once, for the run, stays planned for ever, and
ten years of days with 250 checks are 900,000 such rows: three minutes and two gigabytes before the first
step starts.

A run of the command line has no place in the UI's timeline and on the pages of jobs, because it was started
by no code location; here it is given the one that makes the same job. A failed step begins with what went
wrong in one sentence, before the stacks.

`dagster.yaml` names the class; without `instance_class` there, Dagster's own does the work.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dagster import DagsterInstance, DagsterRun, EventLogEntry
from dagster._core.events import DagsterEventBatchMetadata
from dagster._core.instance.ref import InstanceRef
from dagster._core.instance.runs.run_domain import RunDomain
from dagster._core.remote_origin import (
    ManagedGrpcPythonEnvCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from spotify_assets.instance.cause import cause_of

if TYPE_CHECKING:
    from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph
    from dagster._core.snap import ExecutionPlanSnapshot


LOCATION, REPOSITORY = "spotify_assets", "__repository__"
"""Names of the code location in workspace.yaml, and of the repository that Dagster makes of definitions."""
PLACE = {".dagster/repository": f"{REPOSITORY}@{LOCATION}"}
"""Tag of runs of its jobs, by which the UI finds them."""


class _Runs(RunDomain):
    def create_run(self, **given: Any) -> DagsterRun:
        """Dagster's own; a run that carries the tag of the code location belongs to it."""
        if given["remote_job_origin"] is None and PLACE.items() <= dict(given["tags"] or {}).items():
            given["remote_job_origin"] = _origin(given["job_name"])
        return super().create_run(**given)

    def _log_asset_planned_events(
        self,
        dagster_run: DagsterRun,
        execution_plan_snapshot: "ExecutionPlanSnapshot",
        asset_graph: "BaseAssetGraph[Any]",
    ) -> None:
        # Without the run's subset, Dagster asks each asset and check for the partitions that it has itself.
        run = dagster_run._replace(partitions_subset=None)
        super()._log_asset_planned_events(run, execution_plan_snapshot, asset_graph)


class WarehouseInstance(DagsterInstance):
    """Dagster's instance but for what it plans for a range of partitions, and how runs and failures show."""

    @cached_property
    def run_domain(self) -> RunDomain:
        """How runs are made."""
        return _Runs(self)

    def handle_new_event(
        self, event: EventLogEntry, *, batch_metadata: DagsterEventBatchMetadata | None = None
    ) -> None:
        """Dagster's own, with the cause first where a step failed."""
        super().handle_new_event(_cause_first(event), batch_metadata=batch_metadata)

    @classmethod
    def config_schema(cls) -> Mapping[str, Any]:
        """No settings beside Dagster's own."""
        return {}

    @classmethod
    def config_defaults(cls, base_dir: str) -> Mapping[str, Any]:
        """Dagster's own."""
        return InstanceRef.config_defaults(base_dir)


def _origin(job_name: str) -> RemoteJobOrigin:
    location = ManagedGrpcPythonEnvCodeLocationOrigin(
        LoadableTargetOrigin(module_name="spotify_assets.definitions"), location_name=LOCATION
    )
    return RemoteJobOrigin(RemoteRepositoryOrigin(location, REPOSITORY), job_name)


def _cause_first(entry: EventLogEntry) -> EventLogEntry:
    """The event; of a failed step, its error with the cause in the place of Dagster's words."""
    event = entry.dagster_event
    if event is None or not event.is_step_failure:
        return entry
    failure = event.step_failure_data
    if failure.error is None:
        return entry
    told = failure.error._replace(message=f"{cause_of(failure.error)}\n")
    event = event._replace(event_specific_data=failure._replace(error=told))
    return entry._replace(dagster_event=event)
