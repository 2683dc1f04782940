"""The dbt project as assets: staging views and marts, with dbt's tests as asset checks.

Incremental models are partitioned and run for the dates of a run; all others are rebuilt. All of them are one
step: a call of dbt takes a second of a processor before its first model (2 cores, dbt-core 1.11, 53 models).
Here belongs: what dbt is called for and how its models appear in the graph. Not here: SQL (`dbt_project`).
"""

import json
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets

from spotify_assets.assets.dbt_cli import ListeningDbtCli, prepared_manifest, run_dbt
from spotify_assets.assets.spec import backfill_policy, owner_of, pool_of
from spotify_assets.partitions import partitions, window_of_run
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.start_date import start_of
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.io_manager import Storage
from spotify_assets.warehouse.marts import outdated_tables
from spotify_assets.warehouse.pruning import first_date

MARTS = "marts"
INCREMENTAL = "incremental"
"""How the models are materialised that are partitioned."""
DATA_ONLY = ["--exclude-resource-type", "unit_test"]
"""Unit tests judge the SQL, not the data: they run with the project's own tests."""
BUILD = ["build", *DATA_ONLY]
TEST = ["test", *DATA_ONLY]
"""Every test, whatever others find: a build leaves out what follows from a model whose test failed."""
ANEW = [*BUILD, "--full-refresh"]
"""Every model from all days: a table that an older version made has other columns, and no value for the new
ones on days that a run does not make."""


class ListeningDbtTranslator(DagsterDbtTranslator):
    """Keys are [schema, table] as everywhere; groups are schemas; sources are the core assets."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            DagsterDbtTranslatorSettings(enable_source_tests_as_checks=False, enable_code_references=False)
        )
        self._partitions = partitions(settings)
        self._docs_url = settings.docs_url.rstrip("/")
        self._specs: dict[tuple[int, str], dg.AssetSpec] = {}

    def get_partitions_def(
        self, dbt_resource_props: Mapping[str, Any]
    ) -> dg.TimeWindowPartitionsDefinition | None:
        """The partitions of an incremental model; None for one that is rebuilt."""
        return self._partitions if _materialized(dbt_resource_props) == INCREMENTAL else None

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: Any) -> dg.AssetSpec:
        """The spec that dagster-dbt derives, with this project's key, group, owner and kinds.

        It is made once for a model: dagster-dbt asks for it with each test and each model that reads it, of
        82 specs 873 times.
        """
        known_by = id(manifest), unique_id
        if known_by not in self._specs:
            self._specs[known_by] = self._spec(manifest, unique_id, project)
        return self._specs[known_by]

    def _spec(self, manifest: Mapping[str, Any], unique_id: str, project: Any) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        properties = self.get_resource_props(manifest, unique_id)
        schema, name = properties["schema"], properties.get("alias") or properties["name"]
        spec = spec.replace_attributes(
            key=dg.AssetKey([schema, name]),
            group_name=schema,
            owners=[owner_of(schema)],
            kinds={"dbt", "duckdb", _materialized(properties)},
        )
        page = f"{self._docs_url}/#!/{properties['resource_type']}/{unique_id}"
        return spec.merge_attributes(
            metadata={
                "dagster/column_schema": _column_schema(manifest, properties),
                "dagster/table_name": f"{schema}.{name}",
                "dbt docs": dg.MetadataValue.url(page),
            },
            tags={"layer": schema},
        )


def _column_schema(manifest: Mapping[str, Any], model: Mapping[str, Any]) -> dg.TableSchema:
    """The columns of a model, with what its contract and its tests demand of them."""
    tested: dict[str, set[str]] = {}
    for test in manifest["nodes"].values():
        if test.get("attached_node") == model["unique_id"] and test.get("column_name"):
            tested.setdefault(test["column_name"], set()).add(test["test_metadata"]["name"])
    columns = model["columns"].items()
    return dg.TableSchema([_column(column, tested.get(name, set())) for name, column in columns])


def _column(column: Mapping[str, Any], tested: Collection[str]) -> dg.TableColumn:
    demanded = {constraint["type"] for constraint in column.get("constraints") or ()} | set(tested)
    known = {"not_null", "unique", "primary_key"}
    return dg.TableColumn(
        column["name"],
        type=column.get("data_type") or "?",
        description=column.get("description"),
        constraints=dg.TableColumnConstraints(
            nullable=not demanded & {"not_null", "primary_key"},
            unique=bool(demanded & {"unique", "primary_key"}),
            other=sorted(name.replace("_", " ") for name in demanded - known),
        ),
    )


def dbt_assets_of(settings: Settings) -> dg.AssetsDefinition:
    """Every dbt model and snapshot, with dbt's tests as checks."""

    manifest = prepared_manifest(settings)

    @dbt_assets(
        name="dbt",
        manifest=manifest,
        dagster_dbt_translator=ListeningDbtTranslator(settings),
        backfill_policy=backfill_policy(settings),
        pool=pool_of(settings),
    )
    def models(
        context: dg.AssetExecutionContext, dbt: ListeningDbtCli, warehouse: dg.ResourceParam[Storage]
    ) -> Iterator[Any]:
        if not context.selected_asset_keys:  # the run is for the tests alone, which judge whole tables
            yield from run_dbt(context, dbt, settings, warehouse.door, TEST)
            return
        window = window_of_run(context.run, settings)
        selected = {key.path[-1] for key in context.selected_asset_keys}
        made_before = incremental_models(manifest)
        older = outdated_tables(
            warehouse.door, MARTS, {n: made_before[n] for n in selected & made_before.keys()}
        )
        arguments = BUILD
        if older:
            context.log.warning(
                f"made again from all days, because an older version made them: {', '.join(older)}"
            )
            arguments = ANEW
            window = None
        elif window:
            window = from_first_mart(window, settings, warehouse.door, made_before)
            arguments = window_arguments(window)
        yield from run_dbt(context, dbt, settings, warehouse.door, arguments, window=window)

    return models


def from_first_mart(
    window: Window, settings: Settings, warehouse: Warehouse, names: Collection[str]
) -> Window:
    """The window, or one from where the marts begin, where they have dates from before the partitions.

    These have left the tables that the marts are made from, so that made again the marts are without them.
    """
    first = first_date(warehouse, MARTS, names)
    return window if first is None or first >= start_of(settings) else Window(first, window.end)


def incremental_models(manifest: Path) -> dict[str, dict[str, str]]:
    """The marts of which a run makes the dates of its partitions alone, with the type of each column."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    return {
        node["name"]: {name: column["data_type"] for name, column in node["columns"].items()}
        for node in nodes
        if node["schema"] == MARTS and _materialized(node) == INCREMENTAL
    }


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


def _materialized(properties: Mapping[str, Any]) -> str:
    """How a model is materialised."""
    return str(properties["config"].get("materialized", "table"))


def dbt_executable() -> str:
    """The dbt command of this environment, whether or not the environment is activated."""
    beside = Path(sys.executable).with_name("dbt")
    return str(beside) if beside.exists() else "dbt"
