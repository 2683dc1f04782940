"""The dbt project as assets: staging views and marts, with dbt's tests as asset checks.

Incremental models are partitioned and run for the dates of a run; all others are rebuilt. Here belongs:
how dbt is called and how its models appear in the graph. Not here: SQL (`dbt_project`).
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, dbt_assets

from spotify_assets.assets.dbt_cli import dbt_variables, run_dbt
from spotify_assets.assets.spec import OWNER, POOL, partitioned
from spotify_assets.automation.partitions import windows
from spotify_assets.settings import Settings
from spotify_assets.warehouse.slices import Window

INCREMENTAL = "config.materialized:incremental"
BUILD = ["build", "--exclude-resource-type", "unit_test"]
"""Unit tests judge the SQL, not the data: they run with the project's own tests."""


class ListeningDbtTranslator(DagsterDbtTranslator):
    """Keys are [schema, table] as everywhere; groups are schemas; sources are the core and ml assets."""

    def __init__(self) -> None:
        super().__init__(
            DagsterDbtTranslatorSettings(enable_source_tests_as_checks=False, enable_code_references=False)
        )

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: Any) -> dg.AssetSpec:
        """The spec that dagster-dbt derives, with this project's key, group, owner and kinds."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        properties = self.get_resource_props(manifest, unique_id)
        schema, name = properties["schema"], properties.get("alias") or properties["name"]
        spec = spec.replace_attributes(
            key=dg.AssetKey([schema, name]),
            group_name=schema,
            owners=[OWNER],
            kinds={"dbt", "duckdb", properties["config"].get("materialized", "table")},
        )
        return spec.merge_attributes(
            metadata={"dagster/table_name": f"{schema}.{name}"}, tags={"layer": schema}
        )


def dbt_assets_of(settings: Settings) -> list[dg.AssetsDefinition]:
    """The dbt models in the order they are built: dimensions, incremental facts, and what follows facts.

    Each definition is one call of dbt in a run; in one definition the models before and after the facts
    would make Dagster split it into a step, and a start of dbt, for every group of inputs.
    """
    manifest = prepared_manifest(settings)
    translator = ListeningDbtTranslator()

    @dbt_assets(
        name="dbt_dimensions",
        manifest=manifest,
        exclude=f"{INCREMENTAL}+",
        dagster_dbt_translator=translator,
        pool=POOL,
    )
    def dbt_dimensions(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
        yield from run_dbt(context, dbt, settings, BUILD)

    @dbt_assets(
        name="dbt_facts",
        manifest=manifest,
        select=INCREMENTAL,
        dagster_dbt_translator=translator,
        **partitioned(settings),
    )
    def dbt_facts(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
        arguments = BUILD
        if context.selected_asset_keys:  # without them the run is for the tests alone, on the whole table
            days = windows(context)
            arguments = window_arguments(Window(days[0].start, days[-1].end))
        yield from run_dbt(context, dbt, settings, arguments)

    @dbt_assets(
        name="dbt_marts",
        manifest=manifest,
        select=f"{INCREMENTAL}+",
        exclude=INCREMENTAL,
        dagster_dbt_translator=translator,
        pool=POOL,
    )
    def dbt_marts(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
        yield from run_dbt(context, dbt, settings, BUILD)

    return [dbt_dimensions, dbt_facts, dbt_marts]


def window_arguments(window: Window) -> list[str]:
    """Arguments that build the incremental models for the dates of a window; the end is exclusive.

    The window is no `--vars`: new variables would make dbt parse the whole project again.
    """
    return [
        *BUILD,
        "--event-time-start",
        window.start.isoformat(),
        "--event-time-end",
        window.end.isoformat(),
    ]


def dbt_executable() -> str:
    """The dbt command of this environment, whether or not the environment is activated."""
    beside = Path(sys.executable).with_name("dbt")
    return str(beside) if beside.exists() else "dbt"


def prepared_manifest(settings: Settings) -> Path:
    """The dbt project's manifest, made where it is missing or older than a file of the project.

    Raises:
        RuntimeError: dbt cannot parse the project; the message holds what dbt said.
    """
    project_dir = settings.dbt_project_dir
    manifest = project_dir / "target" / "manifest.json"
    if manifest.exists() and manifest.stat().st_mtime >= _newest(project_dir):
        return manifest
    parsed = subprocess.run(
        [dbt_executable(), "--quiet", "parse", "--project-dir", project_dir, "--profiles-dir", project_dir],
        env={**os.environ, **dbt_variables(settings)},
        capture_output=True,
        text=True,
        check=False,
    )
    if parsed.returncode:
        raise RuntimeError(f"dbt cannot parse {project_dir}:\n{parsed.stdout}{parsed.stderr}")
    os.utime(manifest)
    return manifest


def _newest(project_dir: Path) -> float:
    made_by_dbt = {"target", "logs", "dbt_packages"}
    folders: Sequence[Path] = [p for p in project_dir.iterdir() if p.name not in made_by_dbt]
    files = [f for p in folders for f in ([p] if p.is_file() else p.rglob("*")) if f.is_file()]
    return max(file.stat().st_mtime for file in files)
