"""The table catalogue is consistent with itself and with DuckDB."""

import re

import duckdb
import polars as pl
import pytest

from spotify_assets.tables import TABLES, Table
from spotify_assets.warehouse.audit import audit_columns

every_table = pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))


@every_table
def test_the_ddl_makes_exactly_the_columns_declared(table: Table):
    with duckdb.connect() as connection:
        connection.execute(f"create schema if not exists {table.schema}")
        connection.execute(table.ddl)

        assert audit_columns(connection, table).passed
        assert connection.sql(f"select * from {table.full_name}").columns == table.column_names


@every_table
def test_frames_go_to_duckdb_and_back_with_their_types(table: Table):
    empty = table.empty()
    with duckdb.connect() as connection:
        connection.register("frame", empty)
        back = connection.sql("select * from frame").pl()

    assert back.schema == table.polars_schema == empty.schema


@every_table
def test_keys_partition_columns_and_references_exist(table: Table):
    assert set(table.key) <= set(table.column_names)
    assert table.partition_column in (None, *table.column_names)
    assert table.made_from in (None, *TABLES)
    for column in table.columns:
        if column.references:
            target, name = column.references.rsplit(".", 1)
            assert name in TABLES[target].column_names
        if column.pattern:
            re.compile(column.pattern)


@every_table
def test_everything_is_described(table: Table):
    assert table.description.endswith((".", "future."))
    assert table.grain.startswith("one row per ")
    assert all(column.description.endswith((".", "`.")) for column in table.columns)
    assert len(set(table.column_names)) == len(table.columns)


def test_table_names_are_unique_without_their_schema():
    names = [table.name for table in TABLES.values()]
    assert len(set(names)) == len(names)


def test_milliseconds_are_64_bit_wherever_they_are_stored():
    for table in TABLES.values():
        for column in table.columns:
            if column.name.endswith("_ms") or column.name.startswith("ms_"):
                assert table.polars_schema[column.name] == pl.Int64()
