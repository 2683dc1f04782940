"""Bringing stored tables to another schema: everything that was stored stays, or nothing changes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.tables import POLARS_TYPES, TABLES, Column, Table
from spotify_assets.warehouse.audit import audit_columns
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.errors import SliceRefusedError, WarehouseMissingError
from spotify_assets.warehouse.migrate import StoredTable, apply, migrate, plan, stored_table
from spotify_assets.warehouse.store import create_table
from tests.examples import examples

PLAIN = Table(
    schema="core",
    name="plain",
    grain="one row per n",
    description="Two columns.",
    columns=(Column("n", "BIGINT", "Number.", nullable=False), Column("name", "VARCHAR", "Name.")),
    key=("n",),
)


def columns(*declared: Column) -> Table:
    return replace(PLAIN, columns=declared)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """`core.plain` with two rows."""
    with duckdb.connect() as connection:
        create_table(connection, PLAIN)
        connection.execute("insert into core.plain values (1, 'a'), (2, null)")
        yield connection


def migrated(connection: duckdb.DuckDBPyConnection, table: Table) -> list[tuple[Any, ...]]:
    planned = plan(table, stored_table(connection, table))
    assert planned.problems == ()
    apply(connection, planned)
    assert audit_columns(connection, table).passed
    return connection.execute("from core.plain order by all").fetchall()


def problems(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    planned = plan(table, stored_table(connection, table))
    assert planned.steps == ()
    return "; ".join((*planned.problems, planned.advice))


# What loses nothing


def test_a_table_that_is_missing_is_created(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("drop table core.plain; drop schema core")
    assert migrated(connection, PLAIN) == []


def test_a_new_column_that_may_be_null_is_added(connection: duckdb.DuckDBPyConnection) -> None:
    wider = columns(*PLAIN.columns, Column("day", "DATE", "Day."))
    assert "day: null in the rows that are stored" in plan(wider, stored_table(connection, wider)).advice
    assert migrated(connection, wider) == [(1, "a", None), (2, None, None)]


@pytest.mark.parametrize(
    ("stored", "declared", "value", "kept"),
    [
        ("integer", "BIGINT", -(2**31), -(2**31)),
        ("uinteger", "BIGINT", 2**32 - 1, 2**32 - 1),
        ("float", "DOUBLE", 0.5, 0.5),
        ("uinteger", "DOUBLE", 2**32 - 1, float(2**32 - 1)),
        ("date", "TIMESTAMP", date(2025, 1, 2), datetime.fromisoformat("2025-01-02T00:00:00")),
    ],
)
def test_a_type_is_widened_to_one_that_holds_every_value(
    connection: duckdb.DuckDBPyConnection, stored: str, declared: Any, value: object, kept: object
) -> None:
    connection.execute(f"create or replace table core.plain (n {stored} not null)")
    connection.execute("insert into core.plain values (?)", [value])
    assert migrated(connection, columns(Column("n", declared, "Widened.", nullable=False))) == [(kept,)]


def test_a_column_may_become_null_and_one_that_never_is_may_be_required(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("delete from core.plain where name is null")
    loose = columns(replace(PLAIN.columns[0], nullable=True), replace(PLAIN.columns[1], nullable=False))
    assert migrated(connection, loose) == [(1, "a")]
    connection.execute("insert into core.plain values (null, 'b')")
    with pytest.raises(duckdb.ConstraintException):
        connection.execute("insert into core.plain values (3, null)")


def test_a_table_without_rows_is_made_anew(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("delete from core.plain")
    assert migrated(connection, columns(Column("other", "DATE", "Another.", nullable=False))) == []


def test_a_view_over_a_table_shows_what_was_added(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create view shown as select n, name from core.plain")
    migrated(connection, columns(*PLAIN.columns, Column("day", "DATE", "Day.")))
    assert connection.execute("from shown order by all").fetchall() == [(1, "a"), (2, None)]


# What a person decides


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (columns(PLAIN.columns[0]), "name is stored but not in the catalogue"),
        (
            columns(*PLAIN.columns, Column("m", "BIGINT", "M.", nullable=False)),
            "m is missing, and the stored",
        ),
        (columns(PLAIN.columns[0], Column("name", "DATE", "D.")), "name is VARCHAR, the catalogue says DATE"),
        (columns(PLAIN.columns[0], replace(PLAIN.columns[1], nullable=False)), "name may not be null"),
        (columns(PLAIN.columns[0], Column("title", "VARCHAR", "T.")), "core.plain rename name to title"),
    ],
)
def test_what_would_lose_something_is_told_and_not_done(
    connection: duckdb.DuckDBPyConnection, table: Table, words: str
) -> None:
    said = problems(connection, table)
    assert words in said
    assert "`drop table core.plain` and materialise it again" in said


@pytest.mark.parametrize("stored", ["hugeint", "ubigint", "double", "varchar", "boolean"])
def test_a_type_that_may_not_hold_a_value_is_not_widened(
    connection: duckdb.DuckDBPyConnection, stored: str
) -> None:
    connection.execute(f"create or replace table core.plain as select 1::{stored} as n")
    assert "the catalogue says BIGINT" in problems(connection, columns(Column("n", "BIGINT", "N.")))


# On write


def test_a_write_adds_a_column_and_asks_for_everything_else(connection: duckdb.DuckDBPyConnection) -> None:
    wider = columns(*PLAIN.columns, Column("day", "DATE", "Day."))
    create_table(connection, wider)
    assert audit_columns(connection, wider).passed
    connection.execute("alter table core.plain alter column n type integer")
    with pytest.raises(SliceRefusedError, match=r"widened n from INTEGER.*`spotify-assets migrate`"):
        create_table(connection, wider)
    with pytest.raises(
        SliceRefusedError, match=r"day is stored but not in the catalogue.*Nothing was written"
    ):
        create_table(connection, PLAIN)


# The whole warehouse


@pytest.mark.slow
def test_migrating_twice_does_nothing_the_second_time(tmp_path: Path) -> None:
    database = Database(tmp_path / "warehouse.duckdb")
    with database.writer():
        pass
    assert all(planned.steps for planned in migrate(database, TABLES.values()))
    assert not any(planned.steps or planned.problems for planned in migrate(database, TABLES.values()))


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "warehouse.duckdb")
    with database.writer():
        pass
    [planned] = migrate(database, [PLAIN], dry_run=True)
    assert [step.words for step in planned.steps] == ["created"]
    with database.reader() as connection:
        assert stored_table(connection, PLAIN) is None


def test_there_is_nothing_to_migrate_before_anything_was_made(tmp_path: Path) -> None:
    database = Database(tmp_path / "warehouse.duckdb")
    with pytest.raises(WarehouseMissingError):
        migrate(database, [PLAIN])
    assert not database.path.exists()


# Any old schema, any new one

STORED_TYPES = ["TINYINT", "INTEGER", "UINTEGER", "FLOAT", "DATE", "TIMESTAMP_S", *POLARS_TYPES]
LITERALS = {
    **dict.fromkeys(("TINYINT", "INTEGER", "UINTEGER", "BIGINT"), ("0", "1", "100")),
    **dict.fromkeys(("FLOAT", "DOUBLE"), ("0.5", "-0.0", "'nan'")),
    **dict.fromkeys(("DATE", "TIMESTAMP_S", "TIMESTAMP"), ("'2025-01-02'", "'1969-12-31'")),
    "VARCHAR": ("'1'", "''", "'2025-01-02'"),
    "BOOLEAN": ("true", "false"),
}


@st.composite
def old_tables(draw: st.DrawFn) -> tuple[str, list[str]]:
    """The statement that makes an old table, and its rows as SQL."""
    names = draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True))
    kinds = [(name, draw(st.sampled_from(STORED_TYPES)), draw(st.booleans())) for name in names]
    definition = ", ".join(f"{name} {kind} {'' if null else 'not null'}" for name, kind, null in kinds)
    cells = [st.sampled_from([*LITERALS[kind], *(["null"] if null else [])]) for _, kind, null in kinds]
    rows = draw(st.lists(st.tuples(*cells), max_size=4))
    return f"create table core.plain ({definition})", [f"({', '.join(row)})" for row in rows]


@st.composite
def new_tables(draw: st.DrawFn) -> Table:
    names = draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True))
    kind = st.sampled_from(list(POLARS_TYPES))
    declared = [Column(name, draw(kind), "Any.", nullable=draw(st.booleans())) for name in names]
    return replace(PLAIN, columns=tuple(declared), key=(names[0],))


@pytest.fixture(scope="module")
def memory() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@pytest.mark.slow
@examples(200)
@given(old_tables(), new_tables())
def test_after_migrating_the_table_is_the_catalogues_with_all_it_held_or_nothing_changed(
    memory: duckdb.DuckDBPyConnection, old: tuple[str, list[str]], table: Table
) -> None:
    statement, rows = old
    with memory.cursor() as connection:
        connection.execute(f"drop schema if exists core cascade; create schema core; {statement}")
        if rows:
            connection.execute(f"insert into core.plain values {', '.join(rows)}")
        before = stored(connection, table)
        held = connection.execute("from core.plain").fetchall()
        planned = plan(table, before)
        apply(connection, planned)
        after = stored(connection, table)
        if planned.problems:
            assert after == before
            assert planned.advice
            return
        assert audit_columns(connection, table).passed
        assert {name: column.nullable for name, column in after.columns.items()} == {
            column.name: column.nullable for column in table.columns
        }
        assert after.rows == before.rows
        if rows:
            names = list(before.columns)
            kept = ", ".join(f"{name}::{before.columns[name].type}" for name in names)
            again = connection.execute(f"select {kept} from core.plain").fetchall()
            assert list(map(repr, again)) == list(map(repr, held))
        assert plan(table, after).steps == ()


def stored(connection: duckdb.DuckDBPyConnection, table: Table) -> StoredTable:
    found = stored_table(connection, table)
    assert found
    return found
