"""Six daily assets that hold no data, for one range run, and a sensor that answers their last one."""

import dagster as dg

from spotify_assets.instance.partition_metadata import tell_each

ASSETS = [f"asset_{number}" for number in range(6)]


class Nowhere(dg.IOManager):
    """Stores nothing, so that a run costs Dagster's bookkeeping alone."""

    def handle_output(self, context: dg.OutputContext, obj: object) -> None:
        """Drop what an asset returns, and tell of each partition what the warehouse tells."""
        if not context.has_asset_partitions:
            return
        numbers = {
            "dagster/partition_row_count": dg.MetadataValue.int(3_000),
            "rows in": dg.MetadataValue.int(3_018),
            "rows rejected": dg.MetadataValue.json({"no_track": 18}),
            "rows duplicate": dg.MetadataValue.json({}),
            "source files": dg.MetadataValue.json(["listening_events/date=2025-03-01/events.parquet"]),
        }
        tell_each(context, dict.fromkeys(context.asset_partition_keys, numbers))

    def load_input(self, context: dg.InputContext) -> None:
        """Load nothing."""


def _daily_asset(name: str, upstream: list[str]) -> dg.AssetsDefinition:
    @dg.asset(
        name=name,
        deps=upstream,
        partitions_def=dg.DailyPartitionsDefinition("2023-01-01", end_date="2026-01-01"),
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def asset() -> None: ...

    return asset


@dg.asset
def answer() -> None:
    """What the sensor asks for."""


daily_assets = [_daily_asset(name, ASSETS[:number][-1:]) for number, name in enumerate(ASSETS)]
ranged = dg.define_asset_job("ranged", daily_assets)
answering = dg.define_asset_job("answering", [answer])


@dg.asset_sensor(
    asset_key=dg.AssetKey(ASSETS[-1]),
    job=answering,
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=1,
)
def on_last_asset(context: dg.SensorEvaluationContext, asset_event: dg.EventLogEntry) -> dg.RunRequest:
    """One run for each materialisation of the last asset that the sensor meets."""
    return dg.RunRequest(run_key=f"{asset_event.run_id}/{asset_event.get_dagster_event().partition}")


defs = dg.Definitions(
    [*daily_assets, answer],
    jobs=[ranged, answering],
    sensors=[on_last_asset],
    resources={"io_manager": Nowhere()},
    executor=dg.in_process_executor,
)


def range_tags(first: str, last: str) -> dict[str, str]:
    """The tags of a run over the days from `first` to `last`."""
    return {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}


def materialize_range(instance: dg.DagsterInstance, first: str, last: str) -> dg.ExecuteInProcessResult:
    """Run all six assets over the days from `first` to `last` in one run."""
    job = defs.resolve_job_def("ranged")
    return job.execute_in_process(instance=instance, tags=range_tags(first, last))
