"""The books of what runs used: ops.run_costs, with what each table takes in the warehouse."""

import polars as pl

from spotify_assets.tables import RUN_COSTS
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.store import EVERYTHING, create_table, insert_rows


def write_costs(warehouse: Warehouse, costs: pl.DataFrame) -> None:
    """Add the rows of a run, which know everything but `stored_bytes`."""
    with warehouse.transaction() as connection:
        stored = warehouse.stored_bytes(connection)
        rows = costs.with_columns(
            stored_bytes=pl.col("table_name").replace_strict(stored, default=None, return_dtype=pl.Int64)
        )
        create_table(connection, RUN_COSTS)
        insert_rows(connection, RUN_COSTS, rows, EVERYTHING, label=f"run {costs['run_id'][0]}")
