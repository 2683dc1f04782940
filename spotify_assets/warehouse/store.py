"""Writing and reading slices of catalogued tables, without an orchestrator.

Every write follows one order: make the frame fit the catalogue, refuse rows outside the window, audit,
insert by name. All of it happens inside the caller's transaction, after the slice was deleted there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa

from spotify_assets.rows.tally import TALLY
from spotify_assets.rows.window import Window
from spotify_assets.tables import Table
from spotify_assets.warehouse import migrate
from spotify_assets.warehouse.audit import audit_columns, audit_rows
from spotify_assets.warehouse.connection import Connection, single_row
from spotify_assets.warehouse.errors import SliceRefusedError, WarehouseError, WarehouseMissingError

_FRAME = "slice_to_write"
_WIDENED = {
    pl.Int8: pl.Int64,
    pl.Int16: pl.Int64,
    pl.Int32: pl.Int64,
    pl.UInt8: pl.Int64,
    pl.UInt16: pl.Int64,
    pl.UInt32: pl.Int64,
    pl.Float32: pl.Float64,
    pl.Categorical: pl.String,
    pl.Enum: pl.String,
}
"""Conversions that cannot lose anything; every other difference in type is refused."""


@dataclass(frozen=True)
class Predicate:
    """The rows of one slice, as SQL with parameters."""

    sql: str
    parameters: Sequence[Any] = ()

    @classmethod
    def between(cls, column: str, start: date | datetime, end: date | datetime) -> "Predicate":
        """Rows whose `column` lies between two moments; the end is exclusive."""
        return cls(f"({column} >= ? and {column} < ?)", [start, end])

    @classmethod
    def window(cls, column: str, window: Window) -> "Predicate":
        """Rows whose `column` lies in the window."""
        return cls.between(column, window.start, window.end)

    def __and__(self, other: "Predicate") -> "Predicate":
        return Predicate(f"({self.sql} and {other.sql})", [*self.parameters, *other.parameters])


EVERYTHING = Predicate("true")
NOTHING = Predicate("false")


def create_table(connection: Connection, table: Table) -> None:
    """Create the table from the catalogue where it does not exist; add new columns that may be null.

    Raises:
        SliceRefusedError: it differs from the catalogue in anything else.
    """
    planned = migrate.plan(table, migrate.stored_table(connection, table))
    if not planned.on_write:
        differences = "; ".join(planned.problems or (step.words for step in planned.steps))
        raise SliceRefusedError(
            f"{table.full_name} in the warehouse is not the table of the catalogue: {differences}. "
            "Nothing was written; "
            + (planned.advice if planned.problems else "`spotify-assets migrate` changes it without loss.")
        )
    migrate.apply(connection, planned)


def delete_rows(connection: Connection, table: Table, predicate: Predicate) -> None:
    """Remove the rows of a slice."""
    connection.execute(f"delete from {table.full_name} where {predicate.sql}", list(predicate.parameters))


def insert_rows(
    connection: Connection,
    table: Table,
    rows: pl.DataFrame,
    predicate: Predicate,
    *,
    label: str,
) -> None:
    """Insert rows by column name after checking that each of them may stand there.

    Raises:
        SliceRefusedError: the frame's columns or types differ from the catalogue's, a row lies outside the
            slice, or a rule of the catalogue is broken. `label` names the slice in the message.
    """
    insert_audited(connection, table, audited(connection, table, rows, predicate, label=label))


def audited(
    connection: Connection,
    table: Table,
    rows: pl.DataFrame,
    predicate: Predicate,
    *,
    label: str,
) -> pl.DataFrame:
    """The rows as they may stand in the table, with the catalogue's columns; any connection will do.

    Raises:
        SliceRefusedError: as `insert_rows`.
    """
    where = f"{table.full_name}, slice {label}"
    fitting = conform(rows, table, where)
    slice_to_write = _seen_by_duckdb(connection, fitting)
    assert _FRAME in locals()
    _refuse_outsiders(connection, predicate, where)
    failed = [f for f in audit_rows(connection, table, f"select * from {_FRAME}") if not f.passed]
    if failed:
        problems = "; ".join(f"{finding.check} ({finding.detail})" for finding in failed)
        raise SliceRefusedError(f"{where}: {problems}. Nothing was written.")
    del slice_to_write
    return fitting


def insert_audited(connection: Connection, table: Table, rows: pl.DataFrame) -> None:
    """Insert rows of which it is known that they may stand there."""
    slice_to_write = _seen_by_duckdb(connection, rows)
    assert _FRAME in locals()
    connection.execute(f"insert into {table.full_name} by name select * from {_FRAME}")
    del slice_to_write


def _seen_by_duckdb(connection: Connection, rows: pl.DataFrame) -> pa.Table:
    """The rows, without a copy, as DuckDB finds them by the name of the variable they are given to.

    It looks in that function and in those called from it. Frames that are registered in a transaction stay
    until its end, and with them the memory of every slice.
    """
    connection.execute("set python_scan_all_frames = true")
    # Text as views, which is how Polars holds it: the oldest Arrow layout would be a copy of every text.
    return rows.to_arrow(compat_level=pl.CompatLevel.newest())


def conform(rows: pl.DataFrame, table: Table, where: str) -> pl.DataFrame:
    """The frame with the catalogue's column order and types.

    Raises:
        SliceRefusedError: a column is missing, unknown, or of a type that cannot be converted without loss.
    """
    schema = table.polars_schema
    missing = [name for name in schema if name not in rows.columns]
    unknown = [name for name in rows.columns if name not in schema]
    if missing or unknown:
        problems = [f"{name} is missing" for name in missing] + [f"{name} is unknown" for name in unknown]
        raise SliceRefusedError(
            f"{where}: {'; '.join(problems)}. Nothing was written; change the frame, or the catalogue."
        )
    wrong = [
        f"{name} is {rows.schema[name]}, the catalogue says {kind}"
        for name, kind in schema.items()
        if not _fits(rows.schema[name], kind)
    ]
    if wrong:
        hint = " Durations are stored as integer milliseconds." if pl.Duration in rows.dtypes else ""
        raise SliceRefusedError(f"{where}: {'; '.join(wrong)}. Nothing was written.{hint}")
    return rows.select(pl.col(name).cast(kind) for name, kind in schema.items())


def read_rows(
    connection: Connection,
    table: Table,
    predicate: Predicate = EVERYTHING,
    columns: Sequence[str] | None = None,
    relation: str | None = None,
) -> pl.DataFrame:
    """The rows of a slice, with the catalogue's types; `relation` is what they are read from, else the table.

    Raises:
        WarehouseMissingError: the table does not exist yet.
        WarehouseError: a column that was asked for is not in the catalogue, or not in the stored table.
    """
    names = list(columns or table.column_names)
    unknown = sorted(set(names) - set(table.column_names))
    if unknown:
        raise WarehouseError(f"{table.full_name} has no column {', '.join(unknown)}")
    try:
        rows = connection.sql(
            f"select {', '.join(names)} from {relation or table.full_name} where {predicate.sql}",
            params=list(predicate.parameters),
        )
    except duckdb.CatalogException as error:
        raise WarehouseMissingError(
            f"{table.full_name} does not exist yet: materialise asset {table.schema}/{table.name} first"
        ) from error
    except duckdb.BinderException as error:
        raise WarehouseError(
            f"{table.full_name} in the warehouse is not the table of the catalogue: "
            f"{audit_columns(connection, table).detail}. `spotify-assets migrate` adds what may be null and "
            "says what to do about the rest."
        ) from error
    frame: pl.DataFrame = rows.pl()
    TALLY.read += frame.height
    return frame.select(pl.col(name).cast(table.polars_schema[name]) for name in names)


def stored_tables(connection: Connection) -> set[str]:
    """The tables that there are, as `schema.table`."""
    found = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
    ).fetchall()
    return {f"{schema}.{name}" for schema, name in found}


def row_counts(connection: Connection, tables: Mapping[str, Table]) -> dict[str, int]:
    """How many rows each table has, by `schema.table`; tables that do not exist are left out."""
    existing = stored_tables(connection)
    counts = {}
    for full_name in tables:
        if full_name in existing:
            [counts[full_name]] = single_row(connection, f"select count(*) from {full_name}")
    return counts


def _fits(actual: pl.DataType, declared: pl.DataType) -> bool:
    return actual in (declared, pl.Null) or _WIDENED.get(actual.base_type()) == declared.base_type()


def _refuse_outsiders(connection: Connection, predicate: Predicate, where: str) -> None:
    outside = f"from {_FRAME} where not coalesce({predicate.sql}, false)"
    [count] = single_row(connection, f"select count(*) {outside}", predicate.parameters)
    if count:
        [first] = (
            connection.sql(f"select * {outside} limit 1", params=list(predicate.parameters)).pl().to_dicts()
        )
        raise SliceRefusedError(
            f"{where}: {count:,} rows lie outside the slice, the first is {_short(first)}. "
            "Nothing was written."
        )


def _short(row: Mapping[str, object]) -> str:
    known = {name: value for name, value in row.items() if value is not None}
    return ", ".join(f"{name}={_text(value)}" for name, value in list(known.items())[:6])


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else repr(value)
