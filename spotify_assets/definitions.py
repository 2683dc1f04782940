"""The one Definitions object, from the settings.

Here belongs: wiring, and nothing else. Importing this module reads no manifest and opens no connection:
`defs` is called by Dagster when it loads the code location, `build_defs` by tests and the CLI.
"""

import warnings
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

import dagster as dg

from spotify_assets.settings import Settings

# The single-run backfill policy is in beta; Dagster's version is pinned, so its changes come one at a time.
warnings.filterwarnings("ignore", category=dg.BetaWarning)


def build_defs(settings: Settings, resource_overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Every asset, check, job and schedule for one set of settings.

    `resource_overrides` replaces resources by key (`warehouse`, `dbt`), so that a test needs no patching.

    Raises:
        RuntimeError: the dbt project does not parse.
    """
    # dagster_dbt takes seconds to import, so what needs it is imported here.
    from spotify_assets.assets.publish import postgres_asset, publish_asset  # noqa: PLC0415
    from spotify_assets.assets.recaps import recap_asset  # noqa: PLC0415
    from spotify_assets.automation.accounts import account_jobs, account_schedules  # noqa: PLC0415
    from spotify_assets.automation.conditions import follow_sensor  # noqa: PLC0415
    from spotify_assets.automation.costs import meter_of  # noqa: PLC0415
    from spotify_assets.automation.inbox import land_inbox_job  # noqa: PLC0415
    from spotify_assets.automation.jobs import jobs  # noqa: PLC0415
    from spotify_assets.automation.policies import MODEL_FEATURES, operated  # noqa: PLC0415
    from spotify_assets.automation.schedules import schedules  # noqa: PLC0415
    from spotify_assets.automation.sensors import sensors  # noqa: PLC0415
    from spotify_assets.automation.stream_lag import stream_check  # noqa: PLC0415
    from spotify_assets.checks.asset_checks import asset_checks  # noqa: PLC0415
    from spotify_assets.checks.published import published_checks  # noqa: PLC0415
    from spotify_assets.instance.workers import executor_of  # noqa: PLC0415
    from spotify_assets.start_date import keep_partitions, start_of, with_start  # noqa: PLC0415

    keep_partitions(settings)
    begins = partial(start_of, settings)
    settings = with_start(settings)
    made = _tables(settings, begins)
    served = [postgres_asset(settings)] if settings.serving_postgres_url else []
    published = [publish_asset(settings, _leaves(made)), *served]
    resources = _resources(settings) | dict(resource_overrides or {})
    defined = dg.Definitions(
        assets=[*operated([*made, *published], settings), recap_asset(settings)],
        asset_checks=[*asset_checks(settings), *published_checks(settings), stream_check(settings)],
        jobs=[*jobs(), land_inbox_job(settings), *account_jobs(settings)],
        schedules=[*schedules(settings), *account_schedules(settings)],
        sensors=[*sensors(settings), follow_sensor(MODEL_FEATURES)],
        resources=resources,
        # One DuckDB file has one writer, so steps would only queue for it; a process for each costs seconds.
        executor=executor_of(settings, meter_of(resources, settings)),
    )
    return dg.Definitions.merge(defined, _of_lakehouse(settings)) if settings.warehouse_url else defined


def _tables(settings: Settings, begins: Callable[[], date]) -> list[dg.AssetsDefinition]:
    """What makes the tables, from raw files to marts and models, and the copies published on the way."""
    from spotify_assets.assets.core import core_assets  # noqa: PLC0415
    from spotify_assets.assets.dbt import dbt_assets_of  # noqa: PLC0415
    from spotify_assets.assets.identity import identity_assets  # noqa: PLC0415
    from spotify_assets.assets.ml import ml_assets  # noqa: PLC0415
    from spotify_assets.assets.publish import marts_asset, metrics_asset  # noqa: PLC0415
    from spotify_assets.assets.raw import raw_assets  # noqa: PLC0415
    from spotify_assets.assets.spec import key_of  # noqa: PLC0415
    from spotify_assets.assets.unusual import unusual_assets  # noqa: PLC0415
    from spotify_assets.assets.weather import weather_assets  # noqa: PLC0415
    from spotify_assets.tables import DAILY_TRACK_METRICS, LISTENING_EVENTS  # noqa: PLC0415

    before_models = [
        *raw_assets(settings, begins),
        *core_assets(settings),
        *identity_assets(settings),
        *unusual_assets(settings),
        *weather_assets(settings),
        dbt_assets_of(settings),
        metrics_asset(settings, [key_of(LISTENING_EVENTS), key_of(DAILY_TRACK_METRICS)]),
    ]
    return [*before_models, marts_asset(settings, _leaves(before_models)), *ml_assets(settings)]


def _of_lakehouse(settings: Settings) -> dg.Definitions:
    from spotify_assets.assets.upkeep import upkeep_asset  # noqa: PLC0415
    from spotify_assets.automation.jobs import upkeep_job  # noqa: PLC0415
    from spotify_assets.automation.schedules import upkeep_schedule  # noqa: PLC0415
    from spotify_assets.checks.lakehouse import lakehouse_check  # noqa: PLC0415

    return dg.Definitions(
        assets=[upkeep_asset(settings)],
        asset_checks=[lakehouse_check(settings)],
        jobs=[upkeep_job()],
        schedules=[upkeep_schedule()],
    )


def _resources(settings: Settings) -> dict[str, Any]:
    from spotify_assets.assets.dbt import dbt_executable  # noqa: PLC0415
    from spotify_assets.assets.dbt_cli import ListeningDbtCli  # noqa: PLC0415
    from spotify_assets.warehouse.door import warehouse_of  # noqa: PLC0415
    from spotify_assets.warehouse.io_manager import Storage, WarehouseIOManager  # noqa: PLC0415
    from spotify_assets.warehouse.on_spark import maker_of  # noqa: PLC0415

    return {
        # No resource with fields: those are shown, and the address may hold a password.
        "warehouse": dg.IOManagerDefinition.hardcoded_io_manager(
            Storage(warehouse_of(settings), maker=maker_of(settings))
        )
        if settings.warehouse_url or settings.spark_master
        else WarehouseIOManager.of(settings),
        "dbt": ListeningDbtCli(
            project_dir=str(settings.dbt_project_dir),
            profiles_dir=str(settings.dbt_project_dir),
            dbt_executable=dbt_executable(),
        ),
    }


def _leaves(assets: list[dg.AssetsDefinition]) -> list[dg.AssetKey]:
    """The assets that no other one is made from: when they are there, everything is."""
    used = {dep.asset_key for asset in assets for spec in asset.specs for dep in spec.deps}
    return sorted({spec.key for asset in assets for spec in asset.specs} - used)


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads: the definitions for the settings of the environment."""
    return build_defs(Settings())
