"""A small graph with the product's raw assets, its sensor and schedules, and a daemon that a test steps."""

from datetime import date, timedelta
from pathlib import Path

import dagster as dg

from spotify_assets.automation.attempts import RAW_ASSETS
from spotify_assets.automation.schedules import schedules
from spotify_assets.automation.sensors import raw_files_sensor
from spotify_assets.lake import layout
from spotify_assets.partitions import partitions
from spotify_assets.settings import Settings

START = date(2025, 1, 1)


class World:
    """A lake, an instance, and what the sensor asked for at its ticks.

    The assets are as in the product by key and partitions, but store nothing. While the file `broken` is
    there, their runs fail.
    """

    def __init__(self, settings: Settings, instance: dg.DagsterInstance) -> None:
        self.settings, self.instance = settings, instance
        self.broken = settings.data_dir / "broken"
        self.cursor: str | None = None
        self.definitions = _definitions(settings, self.broken)
        self.sensor = self.definitions.resolve_sensor_def("raw_files")

    def drop(self, *days: date, name: str = "a.ndjson", text: str = "{}\n") -> list[Path]:
        """Write one file of events for each day."""
        folders = [layout.events_dir(self.settings.lake_dir, day) for day in days]
        return [layout.write_bytes(folder / name, text.encode()) for folder in folders]

    def tick(self) -> list[dg.RunRequest]:
        """One tick of the sensor; its cursor is kept for the next."""
        context = dg.build_sensor_context(self.instance, self.cursor, definitions=self.definitions)
        result = self.sensor(context)
        assert isinstance(result, dg.SensorResult)
        self.cursor = result.cursor
        self.said = str(result.skip_reason.skip_message) if result.skip_reason else ""
        return list(result.run_requests or [])

    def run(self, request: dg.RunRequest, job: str = "data") -> bool:
        """Run what was asked for, as the daemon would; whether it succeeded."""
        return (
            self.definitions.resolve_job_def(job)
            .execute_in_process(
                instance=self.instance,
                tags=dict(request.tags),
                partition_key=request.partition_key,
                raise_on_error=False,
            )
            .success
        )

    def queue(self, first: date, last: date, job: str = "data") -> dg.DagsterRun:
        """A run that waits for its turn."""
        return self.instance.create_run_for_job(
            self.definitions.resolve_job_def(job),
            status=dg.DagsterRunStatus.NOT_STARTED,
            tags={
                "dagster/asset_partition_range_start": first.isoformat(),
                "dagster/asset_partition_range_end": last.isoformat(),
            },
        )

    def daily(self, day: date) -> dg.RunRequest | None:
        """What the daily schedule asks for on the morning after a day."""
        after = day + timedelta(days=1)
        moment = partitions(self.settings).start.replace(
            year=after.year, month=after.month, day=after.day, hour=1, minute=15
        )
        context = dg.build_schedule_context(
            instance=self.instance,
            scheduled_execution_time=moment,
            repository_def=self.definitions.get_repository_def(),
        )
        found = self.definitions.resolve_schedule_def("daily").evaluate_tick(context).run_requests
        return found[0] if found else None


def keys(request: dg.RunRequest) -> tuple[str, str]:
    """The first and last partition that a request is for."""
    first = request.tags.get("dagster/asset_partition_range_start", request.partition_key)
    last = request.tags.get("dagster/asset_partition_range_end", request.partition_key)
    assert first and last
    return first, last


def _definitions(settings: Settings, broken: Path) -> dg.Definitions:
    def raw_asset(key: dg.AssetKey) -> dg.AssetsDefinition:
        @dg.asset(
            key=key,
            partitions_def=partitions(settings),
            backfill_policy=dg.BackfillPolicy.single_run(),
        )
        def asset() -> None:
            if broken.exists():
                raise OSError("the disk is full")

        return asset

    assets = [raw_asset(key) for key in RAW_ASSETS.values()]
    return dg.Definitions(
        assets,
        jobs=[
            dg.define_asset_job(name, selection=dg.AssetSelection.all())
            for name in ("data", "everything", "models", "recaps")
        ],
        sensors=[raw_files_sensor(settings)],
        schedules=schedules(settings),
        executor=dg.in_process_executor,
        resources={"io_manager": _Nowhere()},
    )


class _Nowhere(dg.IOManager):
    def handle_output(self, context: dg.OutputContext, obj: object) -> None: ...

    def load_input(self, context: dg.InputContext) -> None: ...
