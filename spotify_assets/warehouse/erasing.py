"""Erasing a listener from the tables. Of the deleted rows the warehouse keeps bytes until it is compacted.

Here belongs: rows that name the listener. Not here: tables that were counted from those rows, which are made
again from what remains.
"""

import json
from collections.abc import Collection
from datetime import date

from spotify_assets.tables import RAW_EVENTS, REJECTED_ROWS
from spotify_assets.warehouse.audit import is_stored
from spotify_assets.warehouse.connection import Connection, single_row
from spotify_assets.warehouse.door import Warehouse


def erase_rows(warehouse: Warehouse, user_id: str, source_files: Collection[str]) -> dict[str, int]:
    """Delete a listener's rows from every table that has `user_id`, and what was refused of their files.

    Returns how many rows went, by `schema.table`. All of it happens, or nothing.

    Raises:
        WarehouseLockedError: another process holds the warehouse longer than the database waits.
    """
    gone: dict[str, int] = {}
    with warehouse.transaction() as connection:
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


def event_dates(warehouse: Warehouse, user_id: str) -> tuple[list[date], date | None]:
    """The dates on which the warehouse has events of a listener, and the last one on which it has any."""
    with warehouse.reader() as connection:
        if not is_stored(connection, RAW_EVENTS):
            return [], None
        theirs = connection.execute(
            f"select distinct event_date from {RAW_EVENTS.full_name} where trim(user_id) = ? order by 1",
            [user_id],
        ).fetchall()
        [newest] = single_row(connection, f"select max(event_date) from {RAW_EVENTS.full_name}")
    return [day for (day,) in theirs], newest


def _tables_with_user(connection: Connection) -> list[str]:
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


def _delete(connection: Connection, table: str, condition: str, parameters: list[object]) -> int:
    [rows] = single_row(connection, f"select count(*) from {table} where {condition}", parameters)
    connection.execute(f"delete from {table} where {condition}", parameters)
    return int(rows)
