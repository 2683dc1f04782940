"""What a stored table looks like, whoever made it and when."""

from pathlib import Path

import duckdb

from spotify_assets.tables import TABLES
from spotify_assets.warehouse.connection import columns_of
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.store import create_table


def as_all_are_described(connection: duckdb.DuckDBPyConnection, name: str) -> list[tuple[str, str, bool]]:
    return connection.execute(
        "select column_name, data_type, is_nullable from duckdb_columns() "
        "where schema_name || '.' || table_name = ? order by column_index",
        [name],
    ).fetchall()


def test_each_table_of_the_catalogue_is_described_as_among_all(tmp_path: Path) -> None:
    database = Database(tmp_path / "warehouse.duckdb")
    with database.transaction() as connection:
        for table in TABLES.values():
            create_table(connection, table)
    with database.reader() as connection:
        for name, table in TABLES.items():
            described = columns_of(connection, name)
            assert described == as_all_are_described(connection, name)
            assert [column for column, *_ in described] == list(table.column_names)


def test_a_transaction_sees_what_it_made_and_changed_and_goes_on_where_there_is_nothing(
    tmp_path: Path,
) -> None:
    database = Database(tmp_path / "warehouse.duckdb")
    with database.transaction() as connection:
        connection.execute("create schema core; create table core.old (a integer)")
    with database.transaction() as connection:
        assert columns_of(connection, "core.nothing") == []
        connection.execute("alter table core.old add column b varchar")
        connection.execute("create table core.new (c date not null)")
        assert columns_of(connection, "core.old") == [("a", "INTEGER", True), ("b", "VARCHAR", True)]
        assert columns_of(connection, "core.new") == [("c", "DATE", False)]
    with database.reader() as connection:
        assert [name for name, *_ in columns_of(connection, "core.old")] == ["a", "b"]


def test_a_database_that_was_chosen_is_the_one_that_is_described(tmp_path: Path) -> None:
    for name, column in (("one", "a"), ("two", "b")):
        with duckdb.connect(str(tmp_path / f"{name}.duckdb")) as connection:
            connection.execute(f"create schema core; create table core.t ({column} integer)")
    with duckdb.connect(str(tmp_path / "one.duckdb")) as connection:
        connection.execute(f"attach '{tmp_path / 'two.duckdb'}' as two; use two")
        assert columns_of(connection, "core.t") == [("b", "INTEGER", True)]
