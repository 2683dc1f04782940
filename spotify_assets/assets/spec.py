"""What every asset of the product has in common, derived from the table catalogue."""

import re
from typing import Any

import dagster as dg

from spotify_assets.partitions import partitions
from spotify_assets.settings import Settings
from spotify_assets.tables import (
    TABLES,
    Table,
)
from spotify_assets.warehouse.io_manager import column_schema
from spotify_assets.warehouse.making import INDEPENDENT

_OWNERS = dict.fromkeys(("raw", "publish", "upkeep"), "team:data-platform") | {"ml": "team:data-science"}
_OWNER = "team:listening-analytics"
POOL = "duckdb"
"""Every step that opens a warehouse that is a file is in this pool, which lets one run at a time."""
FIRST = {"dagster/priority": "1"}
"""Tags of the steps from the lake to the published metrics: they go before the other steps of a run."""
LAST = {"dagster/priority": "-1"}
"""Tags of the steps that only models need: what people read first waits for none of them."""
IO_MANAGER = "warehouse"


def pool_of(settings: Settings) -> str:
    """The pool of every step that opens the warehouse: for each lakehouse its own, by where its rows are.

    It is that of all machines on the Dagster instance, so that they take turns wherever they run.
    """
    if settings.warehouse_url is None:
        return POOL
    return "lakehouse_" + re.sub(r"\W+", "_", str(settings.lakehouse_data)).strip("_")


def owner_of(layer: str) -> str:
    """Who looks after the assets of a layer: what comes in and goes out, what learns, and all between."""
    return _OWNERS.get(layer, _OWNER)


def key_of(table: Table) -> dg.AssetKey:
    """The asset that makes a table."""
    return dg.AssetKey([table.schema, table.name])


def about(table: Table) -> dict[str, Any]:
    """Key, group, description, owner, kinds and metadata of the asset that makes a table."""
    metadata: dict[str, Any] = {
        "dagster/column_schema": column_schema(table),
        "dagster/table_name": table.full_name,
        "grain": table.grain,
    }
    if table.partition_column:
        metadata["partition_expr"] = table.partition_column
    return {
        "key": key_of(table),
        "group_name": table.schema,
        "description": f"{table.description}\n\nGrain: {table.grain}.",
        "owners": [owner_of(table.schema)],
        "kinds": {"polars", "duckdb"},
        "tags": {"layer": table.schema},
        "metadata": metadata,
    }


def made_anywhere(table: Table) -> dict[str, Any]:
    """As `about`, of an asset whose windows are independent: none reads what another one makes.

    Its slices may be made on a cluster (`SPOTIFY_SPARK_MASTER`); those of all other assets are made here.
    """
    told = about(table)
    words = "No window reads what another one makes, so that a cluster may make them side by side."
    return {
        **told,
        "description": f"{told['description']}\n\n{words}",
        "metadata": told["metadata"] | {INDEPENDENT: True},
    }


def partitioned(settings: Settings) -> dict[str, Any]:
    """Arguments that make an asset partitioned, a range of partitions few runs, and runs take turns."""
    return {
        "partitions_def": partitions(settings),
        "backfill_policy": backfill_policy(settings),
        "pool": pool_of(settings),
    }


def backfill_policy(settings: Settings) -> dg.BackfillPolicy:
    """How a backfill is cut into runs: all partitions in one, or so many in each as the settings say."""
    if settings.backfill_partitions is None:
        return dg.BackfillPolicy.single_run()
    return dg.BackfillPolicy.multi_run(settings.backfill_partitions)


def asset_out(table: Table) -> dg.AssetOut:
    """One table of an asset that makes several."""
    return dg.AssetOut(io_manager_key=IO_MANAGER, **about(table))


def reads(full_name: str, mapping: dg.PartitionMapping | None = None) -> dg.AssetIn:
    """An input from a table of the catalogue."""
    return dg.AssetIn(key=key_of(TABLES[full_name]), partition_mapping=mapping)
