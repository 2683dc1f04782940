"""What a range run plans: partitions for what has them, and no check that stays planned for ever.

And how runs and failures show in the UI.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import dagster as dg
import pytest
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from spotify_assets.instance.cause import cause_of
from spotify_assets.instance.home import instance_of
from spotify_assets.instance.planned_events import LOCATION, PLACE, WarehouseInstance
from spotify_assets.settings import Settings
from tests.instance.range_assets import Nowhere, range_tags

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


@pytest.mark.slow
def test_a_run_that_names_its_place_is_found_there(make_settings: Callable[..., Settings]):
    """As the UI asks: by the origin for the timeline, by the tag for the page of a job."""
    job = DEFINITIONS.resolve_job_def("both")
    with instance_of(make_settings()) as instance:
        ours = job.execute_in_process(instance=instance, tags=PLACE, partition_key="2023-02-01").run_id
        job.execute_in_process(instance=instance, partition_key="2023-02-01")
        found = instance.get_runs(dg.RunsFilter(job_name="both", tags=PLACE))
        assert [run.run_id for run in found] == [ours]
        origin = found[0].remote_job_origin
        assert origin is not None
        assert (origin.location_name, origin.job_name) == (LOCATION, "both")


@dg.asset
def fails_for_a_reason():
    try:
        _ = 1 / 0
    except ZeroDivisionError as error:
        raise ValueError("a.csv, row 3: the length is 0: remove the row") from error


def test_a_failed_step_begins_with_its_reason(make_settings: Callable[..., Settings]):
    with instance_of(make_settings()) as instance:
        result = dg.materialize([fails_for_a_reason], instance=instance, raise_on_error=False)
        records = instance.get_records_for_run(
            result.run_id, of_type=dg.DagsterEventType.STEP_FAILURE
        ).records
    [event] = [record.event_log_entry.get_dagster_event() for record in records]
    error = event.step_failure_data.error
    assert error is not None
    assert error.message == "a.csv, row 3: the length is 0: remove the row\n"
    assert cause_of(error) == "a.csv, row 3: the length is 0: remove the row"
    assert error.cause is not None and "ZeroDivisionError" in error.cause.to_string()
