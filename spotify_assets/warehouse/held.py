"""What the raw tables hold: which files they tell of, and which dates they were written for."""

import polars as pl

from spotify_assets.rows.window import Window
from spotify_assets.tables import RAW_EVENTS, RAW_TRACKS, REJECTED_ROWS, ROW_COUNTS, Table
from spotify_assets.warehouse.connection import Connection
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.store import row_counts

RAW = (RAW_TRACKS, RAW_EVENTS)
_FILES = pl.Schema({"table_name": pl.String(), "day": pl.Date(), "source_file": pl.String()})


def held_files(warehouse: Warehouse) -> pl.DataFrame:
    """Columns `table_name`, `day`, `source_file`: one row for each raw table, date and file it has rows of.

    Raises:
        WarehouseLockedError: another process writes to the warehouse longer than the database waits.
    """
    parts = [
        f"select '{table.full_name}' as table_name, {table.partition_column} as day, source_file "
        f"from {table.full_name} group by all"
        for table in RAW
    ]
    return _query(warehouse, RAW, " union all ".join(parts), _FILES)


def refused_files(warehouse: Warehouse) -> set[str]:
    """The files of which a raw table refused rows."""
    names = ", ".join(f"'{table.full_name}'" for table in RAW)
    query = f"select distinct source_file from {REJECTED_ROWS.full_name} where table_name in ({names})"
    found = _query(warehouse, (REJECTED_ROWS,), query, pl.Schema({"source_file": pl.String()}))
    return set(found["source_file"])


def written_windows(warehouse: Warehouse, table: Table) -> list[Window]:
    """The windows for which a table was written, with rows or without, in order."""
    found = _query(
        warehouse,
        (ROW_COUNTS,),
        "select distinct slice_date as first, coalesce(slice_end, slice_date + 1)::date as beyond "
        # The books of an older version lack the column.
        f"from (select null::date as slice_end where false union all by name from {ROW_COUNTS.full_name}) "
        f"where table_name = '{table.full_name}' order by all",
        pl.Schema({"first": pl.Date(), "beyond": pl.Date()}),
    )
    return [Window(first, beyond) for first, beyond in found.iter_rows()]


def _query(warehouse: Warehouse, tables: tuple[Table, ...], query: str, schema: pl.Schema) -> pl.DataFrame:
    """The rows of a query; none where one of its tables is not there."""
    if not warehouse.exists():
        return pl.DataFrame(schema=schema)
    with warehouse.reader() as connection:
        if len(row_counts(connection, {table.full_name: table for table in tables})) < len(tables):
            return pl.DataFrame(schema=schema)
        return _frame(connection, query).cast(schema)


def _frame(connection: Connection, query: str) -> pl.DataFrame:
    rows: pl.DataFrame = connection.sql(query).pl()
    return rows
