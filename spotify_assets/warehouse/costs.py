"""The books of what runs used: ops.run_costs, with what each table takes in the warehouse."""

import polars as pl

from spotify_assets.tables import RUN_COSTS
from spotify_assets.warehouse.connection import Connection, single_row
from spotify_assets.warehouse.database import text
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.store import EVERYTHING, create_table, insert_rows


def write_costs(warehouse: Warehouse, costs: pl.DataFrame) -> None:
    """Add the rows of a run, which know everything but `stored_bytes`."""
    with warehouse.transaction() as connection:
        stored = stored_bytes(connection)
        rows = costs.with_columns(
            stored_bytes=pl.col("table_name").replace_strict(stored, default=None, return_dtype=pl.Int64)
        )
        create_table(connection, RUN_COSTS)
        insert_rows(connection, RUN_COSTS, rows, EVERYTHING, label=f"run {costs['run_id'][0]}")


def stored_bytes(connection: Connection) -> dict[str, int]:
    """Bytes of the blocks of each table, by `schema.table`; what is committed and in no block of its own yet
    counts nothing."""
    [block] = single_row(connection, "select block_size from pragma_database_size()")
    tables = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where database_name = current_database()"
    ).fetchall()
    return {
        name: block
        * single_row(
            connection,
            f"select count(distinct block_id) from pragma_storage_info({text(name)}) where persistent",
        )[0]
        for (name,) in tables
    }
