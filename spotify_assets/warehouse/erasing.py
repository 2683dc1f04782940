"""Erasing a listener from the tables, and every trace of deleted rows from the file.

Here belongs: rows that name the listener. Not here: tables that were counted from those rows, which are made
again from what remains.
"""

import json
import tempfile
from collections.abc import Collection
from datetime import date
from pathlib import Path

import duckdb

from spotify_assets.tables import RAW_EVENTS, REJECTED_ROWS
from spotify_assets.warehouse.audit import is_stored
from spotify_assets.warehouse.database import Database, single_row

_NEW = "compacted"


def erase_rows(database: Database, user_id: str, source_files: Collection[str]) -> dict[str, int]:
    """Delete a listener's rows from every table that has `user_id`, and what was refused of their files.

    Returns how many rows went, by `schema.table`. All of it happens, or nothing.

    Raises:
        WarehouseLockedError: another process holds the warehouse longer than the database waits.
    """
    gone: dict[str, int] = {}
    with database.transaction() as connection:
        for name in _tables_with_user(connection):
            gone[name] = _delete(connection, name, "trim(user_id) = ?", [user_id])
        if is_stored(connection, REJECTED_ROWS):
            gone[REJECTED_ROWS.full_name] = _delete(
                connection,
                REJECTED_ROWS.full_name,
                "list_contains(?, source_file) or trim(original ->> '$.user_id') = ? "
                # What is kept of a message of the stream, which may be no JSON.
                "or contains(original ->> '$.message', ?)",
                [sorted(source_files), user_id, json.dumps(user_id, ensure_ascii=False)],
            )
    return {name: rows for name, rows in gone.items() if rows}


def event_dates(database: Database, user_id: str) -> tuple[list[date], date | None]:
    """The dates on which the warehouse has events of a listener, and the last one on which it has any."""
    with database.reader() as connection:
        if not is_stored(connection, RAW_EVENTS):
            return [], None
        theirs = connection.execute(
            f"select distinct event_date from {RAW_EVENTS.full_name} where trim(user_id) = ? order by 1",
            [user_id],
        ).fetchall()
        [newest] = single_row(connection, f"select max(event_date) from {RAW_EVENTS.full_name}")
    return [day for (day,) in theirs], newest


def compact(database: Database) -> None:
    """Write the warehouse anew, because the blocks of deleted rows keep their bytes until they are reused.

    Raises:
        WarehouseLockedError: another process holds the warehouse longer than the database waits.
    """
    with tempfile.TemporaryDirectory(prefix=".compacting-", dir=database.path.parent) as folder:
        target = Path(folder) / database.path.name
        with database.writer() as connection:
            connection.execute("checkpoint")
            quoted = str(target).replace("'", "''")
            connection.execute(f"attach '{quoted}' as {_NEW}")
            connection.execute(f"copy from database {_name(connection)} to {_NEW}")
            connection.execute(f"detach {_NEW}")
            target.replace(database.path)  # while the lock on the old file is held


def _name(connection: duckdb.DuckDBPyConnection) -> str:
    [name] = single_row(connection, "select current_database()")
    return '"' + str(name).replace('"', '""') + '"'


def _tables_with_user(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute(
        """
        select table_schema, table_name
        from information_schema.columns
        join information_schema.tables using (table_catalog, table_schema, table_name)
        where column_name = 'user_id' and table_type = 'BASE TABLE' and table_catalog = current_database()
        order by all
        """
    ).fetchall()
    return [f'"{schema}"."{name}"' if '"' in schema + name else f"{schema}.{name}" for schema, name in found]


def _delete(
    connection: duckdb.DuckDBPyConnection, table: str, condition: str, parameters: list[object]
) -> int:
    [rows] = single_row(connection, f"select count(*) from {table} where {condition}", parameters)
    connection.execute(f"delete from {table} where {condition}", parameters)
    return int(rows)
