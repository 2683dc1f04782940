"""The dbt command as a Dagster resource, without the work whose result is not used here.

Before each call `DbtCliResource` asks dbt for its version in a process of its own (3.5 s) and loads every
macro to make an adapter in this process (2.2 s), which only `fetch_row_counts` and `fetch_column_metadata`
use. Rows are counted here by one query instead. Figures: 2 cores, dbt-core 1.11, a project of 16 models.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliInvocation, DbtCliResource
from dagster_dbt.core.dbt_cli_invocation import PARTIAL_PARSE_FILE_NAME
from dagster_dbt.errors import DagsterDbtCliRuntimeError
from packaging.version import Version
from packaging.version import parse as parse_version

from spotify_assets.assets.dbt_failures import DbtError, Wrong, summary, with_rows, wrong_in
from spotify_assets.instance.orphans import ends_with_us
from spotify_assets.settings import Settings
from spotify_assets.warehouse.door import Warehouse


@contextmanager
def dbt_variables(settings: Settings, warehouse: Warehouse) -> Iterator[dict[str, str]]:
    """The environment variables by which the dbt project knows what it needs, for the time of a call.

    Every call of dbt needs the same ones: other values would make it parse the project again.
    """
    with warehouse.for_dbt() as where:
        yield {**where, "SPOTIFY_DEFAULT_TIME_ZONE": settings.default_time_zone}


class ListeningDbtCli(DbtCliResource):
    """`DbtCliResource` for the dbt that is installed beside this package."""

    @cached_property
    def _cli_version(self) -> Version:
        return parse_version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:
        del args


def run_dbt(
    context: dg.AssetExecutionContext,
    dbt: DbtCliResource,
    settings: Settings,
    warehouse: Warehouse,
    arguments: list[str],
) -> Iterator[Any]:
    """Call dbt on the warehouse; yields its events, with each model's number of rows.

    The events come when dbt has ended: until then the warehouse is dbt's alone. What was made and tested
    before something failed is told as well.

    Raises:
        DbtError: a model or a test that blocks failed, or dbt itself.
    """
    # Beside the instance's other logs: the project folder may be read-only, as it is in a container.
    folder = settings.dagster_home / "dbt"
    target = folder / f"{context.op_execution_context.op.name}-{context.run.run_id}"
    _lend_parsed(folder, target)
    with warehouse.alone(), dbt_variables(settings, warehouse) as variables:
        with _variables(variables):
            invocation = dbt.cli(arguments, context=context, target_path=target)
        with ends_with_us(invocation.process.pid):
            events, failure = _events(invocation)
    _keep_parsed(folder, target)
    wrong = wrong_in(target, invocation.manifest["nodes"])
    if failure is None:
        shutil.rmtree(target)  # what dbt left of a call that failed stays, to be looked at
    rows = _row_counts(warehouse)
    for event in events:
        if isinstance(event, dg.Output):
            key = context.asset_key_for_output(event.output_name)
            table = ".".join(key.path)
            if table in rows:
                yield event.with_metadata({**event.metadata, "dagster/row_count": rows[table]})
                continue
        yield _described(event, wrong, warehouse)
    if failure is not None:
        context.log.error(f"dbt's log: {target / 'dbt.log'}")
        raise DbtError(summary(wrong.values(), str(failure)))


def _events(invocation: DbtCliInvocation) -> tuple[list[Any], DagsterDbtCliRuntimeError | None]:
    """What dbt told until it ended, and how it failed where it did."""
    events = []
    try:
        for event in invocation.stream():
            events.append(event)
    except DagsterDbtCliRuntimeError as failure:
        return events, failure
    return events, None


def _lend_parsed(folder: Path, target: Path) -> None:
    """Give a call the project as the last one parsed it, so that dbt parses only what changed since (3 s).

    It is kept beside the instance, because dbt parses everything anew for another warehouse, and the project
    folder may be shared by several. dbt itself decides whether it is still good.
    """
    target.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        shutil.copyfile(folder / PARTIAL_PARSE_FILE_NAME, target / PARTIAL_PARSE_FILE_NAME)


def _keep_parsed(folder: Path, target: Path) -> None:
    with suppress(FileNotFoundError):  # a call that failed early leaves none
        (target / PARTIAL_PARSE_FILE_NAME).replace(folder / PARTIAL_PARSE_FILE_NAME)


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


@contextmanager
def _variables(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the process that is started inside."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
