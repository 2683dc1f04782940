"""What a range run plans: partitions for what has them, and no check that stays planned for ever."""

from collections import Counter
from collections.abc import Callable, Sequence

import dagster as dg
import pytest
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from spotify_assets.automation.instance import instance_of
from spotify_assets.automation.planned_events import WarehouseInstance
from spotify_assets.settings import Settings
from tests.automation.range_assets import Nowhere, range_tags

DAYS = dg.DailyPartitionsDefinition("2023-01-01", end_date="2025-01-01")


# Dagster goes by the last asset in the order of names, so the one without partitions comes first.
@dg.asset(check_specs=[dg.AssetCheckSpec("of_whole", asset="all_days")])
def all_days():
    yield dg.Output(None)
    yield dg.AssetCheckResult(passed=True)


@dg.asset(
    deps=[all_days],
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    check_specs=[dg.AssetCheckSpec("of_days", asset="days")],
)
def days():
    yield dg.Output(None)
    yield dg.AssetCheckResult(passed=True)


DEFINITIONS = dg.Definitions(
    [all_days, days],
    jobs=[dg.define_asset_job("both", [all_days, days])],
    resources={"io_manager": Nowhere()},
    executor=dg.in_process_executor,
)
CHECKS = [dg.AssetCheckKey(all_days.key, "of_whole"), dg.AssetCheckKey(days.key, "of_days")]


def planned_partitions(
    instance: dg.DagsterInstance, run_id: str, asset: dg.AssetsDefinition
) -> Sequence[str | None]:
    records = instance.get_records_for_run(
        run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED
    ).records
    planned = [record.event_log_entry.get_dagster_event() for record in records]
    return [event.partition for event in planned if event.asset_key == asset.key]


@pytest.mark.parametrize("first_last", [("2023-02-01", "2023-02-05"), ("2023-02-01", "2023-02-01")])
def test_only_what_has_partitions_is_planned_by_partition(
    make_settings: Callable[..., Settings], first_last: tuple[str, str]
):
    with instance_of(make_settings()) as instance:
        assert isinstance(instance, WarehouseInstance)
        first, last = first_last
        tags = range_tags(first, last) if first != last else {}
        result = DEFINITIONS.resolve_job_def("both").execute_in_process(
            instance=instance, tags=tags, partition_key=first if first == last else None
        )
        asked = DAYS.get_partition_keys_in_range(dg.PartitionKeyRange(first, last))

        assert planned_partitions(instance, result.run_id, all_days) == [None]
        assert Counter(planned_partitions(instance, result.run_id, days)) == Counter(asked)
        for key in CHECKS:
            executions = instance.event_log_storage.get_asset_check_execution_history(key, limit=10)
            assert [each.status for each in executions] == [AssetCheckExecutionRecordStatus.SUCCEEDED]
