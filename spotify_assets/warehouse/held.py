"""What the raw tables hold: which files they tell of, and which dates they were written for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from spotify_assets.rows.window import Window
from spotify_assets.tables import RAW_EVENTS, RAW_TRACKS, REJECTED_ROWS, ROW_COUNTS, Table
from spotify_assets.warehouse.connection import Connection
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.store import stored_tables

RAW = (RAW_TRACKS, RAW_EVENTS)


@dataclass(frozen=True)
class Held:
    """What the raw tables hold, by name of the table: dates with their files, and the dates written, with
    rows or without. `refused` are the files of which one of them refused rows.
    """

    files: Mapping[str, frozenset[tuple[date, str]]]
    written: Mapping[str, frozenset[date]]
    refused: frozenset[str]


_NOTHING = Held(
    files={table.full_name: frozenset() for table in RAW},
    written={table.full_name: frozenset() for table in RAW},
    refused=frozenset(),
)


def held_in(warehouse: Warehouse) -> Held:
    """What the raw tables of a warehouse hold; nothing where it or they do not exist.

    All of it is asked of one connection: to open a file costs more than the questions.

    Raises:
        WarehouseLockedError: another process writes to the warehouse longer than the database waits.
    """
    if not warehouse.exists():
        return _NOTHING
    with warehouse.reader() as connection:
        there = stored_tables(connection)
        return Held(
            files=_files(connection) if {table.full_name for table in RAW} <= there else _NOTHING.files,
            written={table.full_name: _dates_written(connection, table) for table in RAW}
            if ROW_COUNTS.full_name in there
            else _NOTHING.written,
            refused=_refused(connection) if REJECTED_ROWS.full_name in there else _NOTHING.refused,
        )


def _files(connection: Connection) -> dict[str, frozenset[tuple[date, str]]]:
    query = "select distinct {}, source_file from {}"
    return {
        table.full_name: frozenset(
            (day, source)
            for day, source in connection.execute(
                query.format(table.partition_column, table.full_name)
            ).fetchall()
        )
        for table in RAW
    }


def _dates_written(connection: Connection, table: Table) -> frozenset[date]:
    found = connection.execute(
        "select distinct slice_date, coalesce(slice_end, slice_date + 1)::date "
        # The books of an older version lack the column.
        f"from (select null::date as slice_end where false union all by name from {ROW_COUNTS.full_name}) "
        f"where table_name = '{table.full_name}'"
    ).fetchall()
    return frozenset(day for first, beyond in found for day in Window(first, beyond).days())


def _refused(connection: Connection) -> frozenset[str]:
    names = ", ".join(f"'{table.full_name}'" for table in RAW)
    query = f"select distinct source_file from {REJECTED_ROWS.full_name} where table_name in ({names})"
    return frozenset(source for (source,) in connection.execute(query).fetchall())
