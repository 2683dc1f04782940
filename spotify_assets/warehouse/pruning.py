"""Taking what lies before the first partition out of the tables: a later start date means what it says.

Here belongs: the tables of the catalogue. Not here: the marts, which dbt makes again for the dates that they
have of before (`assets.dbt`).
"""

from collections.abc import Collection, Mapping
from datetime import date

from spotify_assets.tables import DUPLICATE_PLAYS, REJECTED_ROWS, ROW_COUNTS, TABLES, Table
from spotify_assets.warehouse.connection import Connection, single_row
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.store import Predicate, delete_rows, row_counts

_MADE_FROM = ("first_event_date", "event_date", "snapshot_date", "valid_from")
"""Columns that say of which date on a row of a mart is made; the first that it has."""
_BOOKS = (DUPLICATE_PLAYS, REJECTED_ROWS, ROW_COUNTS)


def prune(warehouse: Warehouse, start: date) -> dict[str, int]:
    """Remove the rows and the books of dates before `start` from every table that has date partitions.

    Returns how many rows went, by `schema.table`. One transaction for each table, its books included, so that
    a process that is killed leaves no table half done, and doing it again finishes it.

    Raises:
        WarehouseLockedError: another process holds the warehouse longer than the database waits.
    """
    gone: dict[str, int] = {}
    if not warehouse.exists():
        return gone
    with warehouse.reader() as connection:
        there = row_counts(connection, TABLES)
        early = [
            table
            for name, table in TABLES.items()
            if name in there and table not in _BOOKS and _is_early(connection, table, start, there)
        ]
    for table in early:
        with warehouse.transaction() as connection:
            before = _before(table, start)
            [gone[table.full_name]] = single_row(
                connection, f"select count(*) from {table.full_name} where {before.sql}", before.parameters
            )
            delete_rows(connection, table, before)
            for books in _BOOKS:
                if books.full_name in there:
                    delete_rows(connection, books, _of_books(books, table, start))
    return gone


def first_date(warehouse: Warehouse, schema: str, names: Collection[str]) -> date | None:
    """The first date that the rows of some tables are made from, where the table says so; None for none."""
    if not warehouse.exists():
        return None
    with warehouse.reader() as connection:
        columns: dict[str, set[str]] = {}
        for name, column in connection.execute(
            "select table_name, column_name from duckdb_columns() "
            "where database_name = current_database() and schema_name = ? and list_contains(?, table_name)",
            [schema, list(names)],
        ).fetchall():
            columns.setdefault(name, set()).add(column)
        found = [
            single_row(connection, f"select min({column}) from {schema}.{name}")[0]
            for name, there in columns.items()
            if (column := next((each for each in _MADE_FROM if each in there), None))
        ]
    return min((day for day in found if day is not None), default=None)


def _before(table: Table, start: date) -> Predicate:
    return Predicate(f"{table.partition_column} < ?", [start])


def _of_books(books: Table, table: Table, start: date) -> Predicate:
    """What the books say of a table's slices that begin before a date; the repeats lie by their own date."""
    if books is DUPLICATE_PLAYS:
        return Predicate("event_date < ?", [start]) if table.tells_repeats else Predicate("false")
    return Predicate("table_name = ? and slice_date < ?", [table.full_name, start])


def _is_early(connection: Connection, table: Table, start: date, there: Mapping[str, int]) -> bool:
    """Whether a table, or its books, have something from before a date."""
    if not any(c.name == table.partition_column and c.type == "DATE" for c in table.columns):
        return False
    found = [(table, _before(table, start))]
    if ROW_COUNTS.full_name in there:
        found.append((ROW_COUNTS, _of_books(ROW_COUNTS, table, start)))
    return any(
        single_row(
            connection,
            f"select count(*) from (from {each.full_name} where {where.sql} limit 1)",
            where.parameters,
        )[0]
        for each, where in found
    )
