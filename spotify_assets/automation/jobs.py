"""Jobs and the daily schedule. Not here: what the assets do."""

from datetime import timedelta

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from spotify_assets.automation.partitions import partitions
from spotify_assets.settings import Settings

MODELS = dg.AssetSelection.groups("ml") - dg.AssetSelection.assets(["ml", "model_features"])

EVERYTHING = dg.AssetSelection.all()


def jobs() -> list[UnresolvedAssetJobDefinition]:
    """The jobs that people, the CLI and the schedule start."""
    return [
        dg.define_asset_job(
            "everything",
            selection=EVERYTHING,
            description="The whole graph for the partitions of the run, with every check.",
        ),
        dg.define_asset_job(
            "data",
            selection=EVERYTHING - MODELS,
            description="Everything but the models, which are trained less often.",
        ),
        dg.define_asset_job(
            "checks",
            selection=dg.AssetSelection.all_asset_checks(),
            description="Every check on whole tables, nothing materialised.",
        ),
    ]


def schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """The daily run; off until someone turns it on in the UI."""

    @dg.schedule(
        name="daily",
        job_name="everything",
        cron_schedule="15 1 * * *",
        execution_timezone="UTC",
        description="At 01:15 UTC, everything for the partition of the day before.",
    )
    def daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        moment = context.scheduled_execution_time
        day_before = moment - timedelta(days=1)
        key = partitions(settings).get_partition_key_for_timestamp(day_before.timestamp())
        return dg.RunRequest(run_key=f"daily-{moment:%Y-%m-%d}", partition_key=key)

    return [daily]
