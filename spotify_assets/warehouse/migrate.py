"""Bringing stored tables to the schema of the catalogue without losing a row.

A plan is made by comparing what is stored with what is declared, and touches nothing. Only what cannot lose
anything is ever planned: a table that does not exist is created, an empty one is made anew, a new column that
may be null is added, a type is widened, a column is allowed to be null, or required where it never is. When
anything else differs, the plan of that table has no steps and says what to do instead.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from spotify_assets.tables import Column, Table
from spotify_assets.warehouse.connection import Connection, columns_of, single_row
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.errors import WarehouseMissingError

WIDENINGS: Mapping[str, frozenset[str]] = {
    "BIGINT": frozenset({"TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"}),
    "DOUBLE": frozenset({"FLOAT", "TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"}),
    "TIMESTAMP": frozenset({"DATE", "TIMESTAMP_S", "TIMESTAMP_MS"}),
}
"""For each type of the catalogue, the stored types whose every value it holds exactly. BIGINT is not among
those of DOUBLE, which holds integers up to 2^53."""


@dataclass(frozen=True)
class StoredColumn:
    """A column as the warehouse has it."""

    type: str
    nullable: bool = True
    has_nulls: bool = False
    """Whether a stored row has no value in it; looked up only where the catalogue forbids that."""


@dataclass(frozen=True)
class StoredTable:
    """A table as the warehouse has it: its columns by name, in order, and how many rows it holds."""

    columns: Mapping[str, StoredColumn]
    rows: int


@dataclass(frozen=True)
class Step:
    """One change of a stored table: its SQL, and what it does in words."""

    sql: str
    words: str
    on_write: bool = False
    """Whether a write takes the step itself; otherwise it is a person who decides to migrate."""


@dataclass(frozen=True)
class Migration:
    """What is to be done about one table: steps that lose nothing, or, where there are problems, none."""

    table: Table
    steps: tuple[Step, ...] = ()
    problems: tuple[str, ...] = ()
    advice: str = ""
    """What a person has to do about the problems, or about the steps once they are done; may be empty."""

    @property
    def on_write(self) -> bool:
        """Whether a write may take all of the steps itself."""
        return not self.problems and all(step.on_write for step in self.steps)


def stored_table(connection: Connection, table: Table) -> StoredTable | None:
    """What the warehouse has under the name of a table of the catalogue; None where it has nothing."""
    described = columns_of(connection, table.full_name)
    if not described:
        return None
    nullable = {name: is_nullable for name, _, is_nullable in described}
    to_tighten = [c.name for c in table.columns if not c.nullable and nullable.get(c.name)]
    counts = ", ".join(["count(*)", *(f'count(*) - count("{name}")' for name in to_tighten)])
    rows, *nulls = single_row(connection, f"select {counts} from {table.full_name}")
    missing = dict(zip(to_tighten, nulls, strict=True))
    columns = {
        name: StoredColumn(kind, is_nullable, bool(missing.get(name)))
        for name, kind, is_nullable in described
    }
    return StoredTable(columns, rows)


def plan(table: Table, stored: StoredTable | None) -> Migration:
    """What makes a stored table the table of the catalogue."""
    if stored is None:
        return Migration(table, (Step(table.ddl, "created", on_write=True),))
    steps: list[Step] = []
    problems: list[str] = []
    for column in table.columns:
        _compare(table, column, stored.columns.get(column.name), steps, problems)
    unknown = [name for name in stored.columns if name not in table.column_names]
    problems += [f"{name} is stored but not in the catalogue" for name in unknown]
    if problems and not stored.rows:
        anew = Step(
            f"drop table {table.full_name};\n{table.ddl}",
            f"made anew, having no rows ({'; '.join(problems)})",
        )
        return Migration(table, (anew,))
    if problems:
        return Migration(table, problems=tuple(problems), advice=_advice(table, stored, unknown))
    added = [c.name for c in table.columns if c.name not in stored.columns]
    fill = f"{', '.join(added)}: null in the rows that are stored, until they are materialised again"
    return Migration(table, tuple(steps), advice=fill if added and stored.rows else "")


def apply(connection: Connection, planned: Migration) -> None:
    """Take the steps of a plan, inside the caller's transaction."""
    if planned.steps:
        connection.execute(f"create schema if not exists {planned.table.schema}")
    for step in planned.steps:
        connection.execute(step.sql)


def migrate(warehouse: Warehouse, tables: Iterable[Table], *, dry_run: bool = False) -> list[Migration]:
    """Bring each table to the schema of the catalogue as far as nothing is lost; returns every plan.

    All steps are one transaction. With `dry_run` nothing is changed.

    Raises:
        WarehouseMissingError: there is no warehouse yet.
        WarehouseLockedError: another process holds the warehouse longer than the database waits.
    """
    if not warehouse.exists():
        raise WarehouseMissingError(f"{warehouse} does not exist yet: run spotify-assets materialize")
    with warehouse.transaction() as connection:
        plans = [plan(table, stored_table(connection, table)) for table in tables]
        if not dry_run:
            for planned in plans:
                apply(connection, planned)
    return plans


def _compare(
    table: Table, column: Column, stored: StoredColumn | None, steps: list[Step], problems: list[str]
) -> None:
    """Enter what has to be done about one column of the catalogue."""
    alter = f"alter table {table.full_name}"
    if stored is None and column.nullable:
        sql = f"{alter} add column {column.name} {column.type}"
        steps.append(Step(sql, f"added {column.name}", on_write=True))
    elif stored is None:
        problems.append(f"{column.name} is missing, and the stored rows have no value for it")
    if stored is None:
        return
    if stored.type in WIDENINGS.get(column.type, ()):
        words = f"widened {column.name} from {stored.type} to {column.type}"
        steps.append(Step(f"{alter} alter column {column.name} type {column.type}", words))
    elif stored.type != column.type:
        problems.append(f"{column.name} is {stored.type}, the catalogue says {column.type}")
    if column.nullable and not stored.nullable:
        steps.append(Step(f"{alter} alter column {column.name} drop not null", f"let {column.name} be null"))
    elif stored.has_nulls:
        problems.append(f"{column.name} may not be null by the catalogue, but is in some stored rows")
    elif stored.nullable and not column.nullable:
        words = f"required {column.name}, which is never null"
        steps.append(Step(f"{alter} alter column {column.name} set not null", words))


def _advice(table: Table, stored: StoredTable, unknown: Sequence[str]) -> str:
    missing = [c.name for c in table.columns if c.name not in stored.columns]
    renamed = (
        f"where a column was renamed, `alter table {table.full_name} rename {unknown[0]} to {missing[0]}` "
        "keeps its values; otherwise "
        if unknown and missing
        else ""
    )
    return (
        f"{renamed}take the change out of the catalogue, or `drop table {table.full_name}` and materialise "
        "it again"
    )
