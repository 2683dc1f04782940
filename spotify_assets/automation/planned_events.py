"""A Dagster instance that plans partitions only for what has partitions.

Dagster's own plans every asset and every check of a range run for each partition of the range, whether or
not it is partitioned. A planned check that is then evaluated once, for the run, stays planned for ever, and
ten years of days with 250 checks are 900,000 such rows: three minutes and two gigabytes before the first
step starts. `dagster.yaml` names the class; without `instance_class` there, Dagster's own does the work.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dagster import DagsterInstance
from dagster._core.instance.ref import InstanceRef
from dagster._core.instance.runs.run_domain import RunDomain
from dagster._core.storage.dagster_run import DagsterRun

if TYPE_CHECKING:
    from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph
    from dagster._core.snap import ExecutionPlanSnapshot


class _PlansPartitionsOfThePartitioned(RunDomain):
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
    """Dagster's instance but for what it plans at the start of a run over a range of partitions."""

    @cached_property
    def run_domain(self) -> RunDomain:
        """How runs are made."""
        return _PlansPartitionsOfThePartitioned(self)

    @classmethod
    def config_schema(cls) -> Mapping[str, Any]:
        """No settings beside Dagster's own."""
        return {}

    @classmethod
    def config_defaults(cls, base_dir: str) -> Mapping[str, Any]:
        """Dagster's own."""
        return InstanceRef.config_defaults(base_dir)
