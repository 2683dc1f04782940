"""What is used of Dagster and its dbt package below their public interfaces; an upgrade that moves it fails.

Each failure names what moved. That it still does what it is used for is shown by the tests of the modules.
"""

import ast
import importlib
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.execution.context.metadata_logging import OutputMetadataAccumulator
from dagster._core.execution.context.system import StepExecutionContext
from dagster._core.instance.runs.run_domain import RunDomain
from dagster._core.launcher import DefaultRunLauncher
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    SqliteEventLogStorage,
    SqliteEventLogStorageWatchdog,
)
from dagster_dbt.asset_utils import get_updated_cli_invocation_params_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage
from dbt.adapters.duckdb.connections import DuckDBConnectionManager

import spotify_assets
from tests.test_architecture import PRIVATE

PACKAGE = Path(spotify_assets.__file__).parent.parent


def imported() -> list[tuple[str, str, str]]:
    """Module of the product, module that it imports from, and name."""
    found = []
    for module in sorted(PRIVATE):
        tree = ast.parse((PACKAGE / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith(
                ("dagster.", "dagster_dbt.", "dbt.")
            ):
                found += [(module, str(node.module), alias.name) for alias in node.names]
    return found


@pytest.mark.parametrize(("ours", "theirs", "name"), imported())
def test_what_is_imported_is_there(ours: str, theirs: str, name: str):
    assert hasattr(importlib.import_module(theirs), name), f"{theirs} has no {name}, which {ours} uses"


CALLED: list[tuple[Callable[..., Any], list[str]]] = [
    (SqliteEventLogStorage.__init__, ["base_dir", "inst_data"]),
    (SqliteEventLogStorage._connect, ["shard"]),
    (SqliteEventLogStorage._initdb, ["engine", "for_index_shard"]),
    (SqliteEventLogStorage.path_for_shard, ["run_id"]),
    (SqliteEventLogStorage.conn_string_for_shard, ["shard_name"]),
    (SqliteEventLogStorage.run_connection, ["run_id"]),
    (SqliteEventLogStorage.index_connection, []),
    (SqliteEventLogStorage._event_to_row, ["event"]),
    (SqliteEventLogStorage._store_asset_event_tags, ["conn", "events", "event_ids"]),
    (SqliteEventLogStorage._store_asset_event, ["conn", "event", "event_id"]),
    (SqliteEventLogStorage.store_event_batch, ["events"]),
    (SqliteEventLogStorage.has_table, ["table_name"]),
    (SqliteEventLogStorage._has_asset_key_col_on_connection, ["conn", "column_name"]),
    (SqliteEventLogStorage.wipe, []),
    (SqliteEventLogStorage.dispose, []),
    (SqliteEventLogStorage.watch, ["run_id", "cursor", "callback"]),
    (SqliteEventLogStorage.register_instance, ["instance"]),
    (SqliteEventLogStorageWatchdog._process_log, []),
    (RunDomain._log_asset_planned_events, ["dagster_run", "execution_plan_snapshot", "asset_graph"]),
    (dg.DagsterInstance.handle_new_event, ["event", "batch_metadata"]),
    (DefaultRunLauncher.check_run_worker_health, ["run"]),
    (
        get_updated_cli_invocation_params_for_context,
        ["context", "manifest", "dagster_dbt_translator", "runtime_selects", "runtime_excludes"],
    ),
    (
        DbtCoreCliEventMessage.to_default_asset_events,
        ["manifest", "dagster_dbt_translator", "context", "target_path", "project"],
    ),
]
"""What is called or overridden below, with the names of its parameters."""


@pytest.mark.parametrize(("method", "parameters"), CALLED, ids=lambda each: getattr(each, "__qualname__", ""))
def test_what_is_called_or_overridden_takes_what_it_took(method: Callable[..., Any], parameters: list[str]):
    taken = [name for name in inspect.signature(method).parameters if name != "self"]
    assert taken == parameters, f"{method.__qualname__} of Dagster changed"


READ = [
    (SqliteEventLogStorage.__init__, "_base_dir"),
    (SqliteEventLogStorage.__init__, "_obs"),
    (SqliteEventLogStorage.__init__, "_watchers"),
    (SqliteEventLogStorage.__init__, "_initialized_dbs"),
    (SqliteEventLogStorageWatchdog.__init__, "_log_path"),
    (RunDomain.create_run, "_log_asset_planned_events"),
    (RunDomain.create_run, "remote_job_origin"),
    (StepExecutionContext.__init__, "_metadata_accumulator"),
]
"""What is set or called there, and read or overridden here: without it, an override would do nothing, and
nobody would be told."""


@pytest.mark.parametrize(("method", "name"), READ, ids=lambda each: getattr(each, "__qualname__", each))
def test_what_is_overridden_is_used(method: Callable[..., Any], name: str):
    assert name in inspect.getsource(method), f"{method.__qualname__} does not use {name} any more"


def test_metadata_of_partitions_is_kept_by_output():
    assert OutputMetadataAccumulator.empty().per_output_metadata == {}


def test_the_connection_that_dbt_keeps_open_is_where_it_is_closed():
    assert "_ENV" in vars(DuckDBConnectionManager)


def test_a_storage_knows_the_folder_of_its_instance_when_it_is_registered():
    """`register_instance` opens the event log in `root_directory`, which is there by then."""
    made = inspect.getsource(dg.DagsterInstance.__init__)
    assert made.index("self._local_artifact_storage") < made.index("self._event_storage.register_instance")
