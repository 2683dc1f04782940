"""What Dagster keeps of runs, checks, backfills and freshness, where its public interface has no word for it.

Here belongs: each private name that the rest of the product needs, once. Not here: what follows from a record
(`automation`), and private interfaces that are overridden (`event_log`, `planned_events`, `workers`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import dagster as dg
from dagster._core.definitions.asset_selection import DagsterInvalidAssetSelectionError
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph
from dagster._core.definitions.freshness import FreshnessState
from dagster._core.definitions.sensor_definition import SensorExecutionData
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition
from dagster._core.events import DagsterEventBatchMetadata, StepMaterializationData
from dagster._core.execution.backfill import BulkActionsFilter, BulkActionStatus, PartitionBackfill
from dagster._core.instance.utils import RUNLESS_JOB_NAME, RUNLESS_RUN_ID
from dagster._core.storage.asset_check_execution_record import (
    AssetCheckExecutionRecord,
    AssetCheckExecutionRecordStatus,
)
from dagster._core.storage.event_log.base import AssetEntry

__all__ = [
    "AssetCheckExecutionRecord",
    "AssetCheckExecutionRecordStatus",
    "AssetEntry",
    "AssetGraph",
    "DagsterInvalidAssetSelectionError",
    "SensorExecutionData",
    "UnresolvedAssetJobDefinition",
    "going_backfills",
    "late_assets",
    "report_made",
]


def going_backfills(instance: dg.DagsterInstance) -> Sequence[PartitionBackfill]:
    """The backfills that go on, whether or not their runs exist yet."""
    return instance.get_backfills(filters=BulkActionsFilter(statuses=[BulkActionStatus.REQUESTED]))


def late_assets(instance: dg.DagsterInstance, keys: Sequence[dg.AssetKey]) -> list[dg.AssetKey]:
    """The assets that are later than their freshness policy allows, by the daemon's judgement, in order."""
    records = instance.get_freshness_state_records(keys)
    return sorted(key for key, record in records.items() if record.freshness_state == FreshnessState.FAIL)


def report_made(
    instance: dg.DagsterInstance,
    made: Sequence[tuple[dg.AssetKey, str]],
    metadata: Mapping[str, str],
) -> None:
    """Tell the instance of partitions of assets that are made, outside of any run, as one batch of events.

    `report_runless_asset_event`, which is public, stores each in a transaction of its own.
    """
    for number, event in enumerate(_materialisations(made, metadata), start=1):
        batch = DagsterEventBatchMetadata("carry-over", is_end=number == len(made))
        instance.report_dagster_event(event, run_id=RUNLESS_RUN_ID, batch_metadata=batch)


def _materialisations(
    made: Iterable[tuple[dg.AssetKey, str]], metadata: Mapping[str, str]
) -> Iterator[dg.DagsterEvent]:
    for key, partition in made:
        yield dg.DagsterEvent(
            event_type_value=dg.DagsterEventType.ASSET_MATERIALIZATION.value,
            job_name=RUNLESS_JOB_NAME,
            event_specific_data=StepMaterializationData(
                dg.AssetMaterialization(key, partition=partition, metadata=metadata)
            ),
        )
