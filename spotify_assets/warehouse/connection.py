"""What comes through the door: connections, and the errors that readers outside `warehouse` may meet.

Every warehouse is spoken to through DuckDB, be it one file or a lakehouse. Others know it by these names.
"""

from collections.abc import Sequence
from typing import Any

import duckdb

from spotify_assets.rows.sql import text

Connection = duckdb.DuckDBPyConnection
"""A connection to a warehouse: `execute` and `sql` take DuckDB's SQL; `.pl()` of the answer is a frame."""
OUTDATED_COPY = (duckdb.CatalogException, duckdb.BinderException)
"""What is raised where the published copy lacks a table, or a column that this version adds to one."""


def single_row(connection: Connection, query: str, parameters: Sequence[object] = ()) -> tuple[Any, ...]:
    """The row of a query that gives exactly one.

    All of the result is fetched: a connection of DuckDB 2 refuses other work while one is unfinished.
    """
    [row] = connection.execute(query, list(parameters)).fetchall()
    return row


def columns_of(connection: Connection, full_name: str) -> list[tuple[str, str, bool]]:
    """Name, type and whether it may be null of each column of a stored `schema.table`, in order.

    One row per column; none where there is no such table. What describes one table takes a tenth of the time
    of what describes all (0.6 and 5.7 ms of 80 tables), but an error about a missing one would end the
    transaction in DuckDB 2. So another connection is asked first whether it is there; that one sees neither
    what this transaction made nor a database that this connection chose with `use`.
    """
    one = f'select name, type, not "notnull" from pragma_table_info({text(full_name)}) order by cid'
    try:
        with connection.cursor() as other:
            other.execute(one)
    except duckdb.CatalogException:
        return connection.execute(
            "select column_name, data_type, is_nullable from duckdb_columns() where database_name = "
            "current_database() and schema_name || '.' || table_name = ? order by column_index",
            [full_name],
        ).fetchall()
    return connection.execute(one).fetchall()
