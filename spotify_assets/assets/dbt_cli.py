"""The dbt command as a Dagster resource that runs in this process, and what it tells as Dagster's events.

`DbtCliResource` starts a process for each call, which parses the project, and beside it asks dbt for its
version in another (3.5 s) and loads every macro to make an adapter (2.2 s), which only `fetch_row_counts` and
`fetch_column_metadata` use. Rows are counted here by one query. Figures: 2 cores, dbt-core 1.11, 16 models.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource
from dagster_dbt.asset_utils import (
    DbtCliInvocationPartialParams,
    get_updated_cli_invocation_params_for_context,
)
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from spotify_assets.assets.dbt_call import PARSED, CallOfDbt, Hear, call_dbt, environment, parsed_project
from spotify_assets.assets.dbt_failures import DbtError, Wrong, summary, with_rows, wrong_in
from spotify_assets.assets.dbt_files import manifest_of, project_files
from spotify_assets.assets.dbt_tests import FILE as TESTS
from spotify_assets.assets.dbt_tests import Passed, compile_tests, compiled_tests
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.warehouse.door import Warehouse, warehouse_of

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_WHOLE = ["--select", "fqn:*"]
"""What is selected where a run makes all of the project."""


@contextmanager
def dbt_variables(settings: Settings, warehouse: Warehouse) -> Iterator[dict[str, str]]:
    """The environment variables by which the dbt project knows what it needs, for the time of a call.

    Every call of dbt needs the same ones: other values would make it parse the project again.
    """
    with warehouse.for_dbt() as where:
        yield {**where, "SPOTIFY_DEFAULT_TIME_ZONE": settings.default_time_zone}


class ListeningDbtCli(DbtCliResource):
    """`DbtCliResource` whose calls run in this process."""

    def told(
        self,
        arguments: Sequence[str],
        target: Path,
        parsed: "Manifest | None",
        hear: Hear | None = None,
    ) -> CallOfDbt:
        """What a call tells; what it writes goes to a target folder, `parsed` is the project."""
        return call_dbt(arguments, Path(self.project_dir), target, parsed, hear)


def run_dbt(
    context: dg.AssetExecutionContext,
    dbt: ListeningDbtCli,
    settings: Settings,
    warehouse: Warehouse,
    arguments: list[str],
    *,
    window: Window | None = None,
) -> Iterator[Any]:
    """Call dbt on the warehouse; yields its events, with each model's number of rows.

    `window` is the event window of the arguments, where they build one.

    The events come when dbt has ended: until then the warehouse is dbt's alone. What was made and tested
    before something failed is told as well.

    Raises:
        DbtError: a model or a test that blocks failed, or dbt itself.
    """
    # Beside the instance's other logs: the project folder may be read-only, as it is in a container.
    target = settings.dagster_home / "dbt" / f"{context.op_execution_context.op.name}-{context.run.run_id}"
    asked = get_updated_cli_invocation_params_for_context(context, {}, DagsterDbtTranslator())
    selection = list(asked.selection_args)
    if asked.indirect_selection:
        selection += ["--indirect-selection", asked.indirect_selection]
    prepared = prepared_manifest(settings).parent
    with warehouse.alone(), dbt_variables(settings, warehouse) as variables, environment(variables):
        tests = compiled_tests(prepared, variables, window) if window and selection == _WHOLE else []
        passed = Passed(tests)
        call = partial(_called, dbt, target, prepared, warehouse.catalog)
        told = call(*arguments, *passed.without(asked.manifest["nodes"]), hear=passed.hear) if tests else None
        if told is not None and passed.is_known(told):
            told.results += passed.results
        else:
            told = call(*arguments, *selection)
    wrong = wrong_in(target, asked.manifest["nodes"])
    if told.success:
        shutil.rmtree(target)  # what dbt left of a call that failed stays, to be looked at
    rows = _row_counts(warehouse)
    for event in _events(told, asked, context):
        if isinstance(event, dg.Output):
            key = context.asset_key_for_output(event.output_name)
            table = ".".join(key.path)
            if table in rows:
                yield event.with_metadata({**event.metadata, "dagster/row_count": rows[table]})
                continue
        yield _described(event, wrong, warehouse)
    if not told.success:
        context.log.error(f"dbt's log: {target / 'dbt.log'}")
        raise DbtError(summary(wrong.values(), "\n".join(told.errors)))


def _called(
    dbt: ListeningDbtCli,
    target: Path,
    prepared: Path,
    catalog: str,
    *arguments: str,
    hear: Hear | None = None,
) -> CallOfDbt:
    """What a call tells; what an earlier one left in the target folder is removed."""
    shutil.rmtree(target, ignore_errors=True)
    quieter = ("--log-level-file", "info")  # every query in it costs a tenth of a build
    return dbt.told((*arguments, *quieter), target, parsed_project(prepared, catalog), hear)


def _events(
    told: CallOfDbt, asked: DbtCliInvocationPartialParams, context: dg.AssetExecutionContext
) -> Iterator[Any]:
    """What dbt told, as Dagster's events."""
    for result in told.results:
        message = DbtCoreCliEventMessage(raw_event=result, event_history_metadata={})
        yield from message.to_default_asset_events(asked.manifest, asked.dagster_dbt_translator, context)


def prepared_manifest(settings: Settings) -> Path:
    """The dbt project's manifest, made where it is missing or older than a file of the project.

    With it the compiled tests are made, also where dbt by itself, or an earlier version, has parsed the
    project since: what it left there may be of another database, and would be parsed anew by each run.

    Raises:
        RuntimeError: dbt cannot parse the project; the message holds what dbt said.
    """
    project_dir = settings.dbt_project_dir
    manifest, newest = manifest_of(project_dir), _newest(project_dir)
    tests, parsed = manifest.parent / TESTS, manifest.parent / PARSED
    compiles = settings.warehouse_url is None
    if _made_since(newest, manifest) and (
        not compiles or _made_since(max(newest, _made_at(parsed)), tests) or not _can_be_written(manifest)
    ):
        return manifest
    with dbt_variables(settings, warehouse_of(settings)) as variables, environment(variables):
        told = call_dbt(["parse", "--log-level", "none"], project_dir, manifest.parent)
        if not told.success:
            raise RuntimeError(f"dbt cannot parse {project_dir}:\n" + "\n".join(told.errors))
        tests.unlink(missing_ok=True)
        if compiles:
            compile_tests(project_dir, manifest.parent, variables)
    os.utime(manifest)
    return manifest


def _made_since(moment: float, file: Path) -> bool:
    return file.exists() and _made_at(file) >= moment


def _made_at(file: Path) -> float:
    return file.stat().st_mtime if file.exists() else 0.0


def _can_be_written(manifest: Path) -> bool:
    """Whether more may be put beside it: a project may be part of what is installed."""
    return os.access(manifest.parent, os.W_OK)


def _newest(project_dir: Path) -> float:
    return max(file.stat().st_mtime for file in project_files(project_dir))


def _described(event: Any, wrong: Mapping[str, Wrong], warehouse: Warehouse) -> Any:
    """The event; of a check that failed, with what is wrong in words."""
    if not isinstance(event, dg.AssetCheckResult) or event.passed:
        return event
    found = wrong.get(str(event.metadata["unique_id"].value))
    return event if found is None else event._replace(description=with_rows(found, warehouse))


def _row_counts(warehouse: Warehouse) -> dict[str, int]:
    """Rows of every dbt table, by `schema.table`; views are left out."""
    with warehouse.reader() as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where database_name = current_database() and schema_name = 'marts'"
        ).fetchall()
        counts = [f"select '{table}' as name, count(*) as n from {table}" for (table,) in tables]
        return dict(connection.execute(" union all ".join(counts)).fetchall()) if counts else {}
