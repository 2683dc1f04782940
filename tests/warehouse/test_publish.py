"""The published copy: what is in it, how it takes the place of the old one, CSV out of it."""

import csv
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from spotify_assets.warehouse import publish as publishing
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.errors import WarehouseMissingError
from spotify_assets.warehouse.publish import export_csv, publish

EVERY_TYPE = """
    select
        i as id, i::boolean as flag, i::bigint as big, i / 7 as share, i::hugeint as huge,
        (i / 7)::decimal(9, 3) as price, date '2025-01-01' + i::integer as day,
        timestamp '2025-01-01 00:00:00.000001' as moment, timestamptz '2025-01-01 00:00:00+02' as zoned,
        'Ålesund "' || i || '"' as name, [i, null] as list, {'a': i} as struct, map {'k': i} as map,
        'a'::enum ('a', 'b') as kind, 'x'::blob as bytes, uuid '00000000-0000-0000-0000-000000000001' as key,
        case when i > 1 then i end as maybe
    from range(3) r(i)
"""


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """Two tables, an empty one, and a view, in two schemas."""
    database = Database(tmp_path / "warehouse.duckdb", lock_timeout_seconds=0)
    with database.transaction() as connection:
        connection.execute("create schema core; create schema marts")
        connection.execute(f"create table core.everything as {EVERY_TYPE}")
        connection.execute("create table core.nothing (day date not null, n bigint)")
        connection.execute("create table core.names as select 'a' as name")
        connection.execute(
            "create view marts.totals as select sum(big) as big, count(*) n from core.everything"
        )
    return database


@pytest.fixture
def processed(tmp_path: Path) -> Path:
    return tmp_path / "processed"


def relations(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    """Schema, table, column and type of everything."""
    return connection.execute(
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where not internal order by schema_name, table_name, column_index"
    ).fetchall()


def contents(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    names = dict.fromkeys(f"{schema}.{table}" for schema, table, _, _ in relations(connection))
    return {name: connection.execute(f"from {name} order by all").fetchall() for name in names}


def opened(path: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(path), read_only=True)


def tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


PARQUET_FILES = [
    "tables/core/everything.parquet",
    "tables/core/names.parquet",
    "tables/core/nothing.parquet",
    "tables/marts/totals.parquet",
]


def test_the_copy_has_the_tables_and_views_of_the_warehouse_with_their_types(
    database: Database, processed: Path
) -> None:
    published = publish(database, processed)
    assert published.serving == processed / "serving.duckdb"
    assert published.rows == {"core.everything": 3, "core.names": 1, "core.nothing": 0, "marts.totals": 1}
    with opened(published.serving) as copy, database.reader() as warehouse:
        assert relations(copy) == relations(warehouse)
        assert contents(copy) == contents(warehouse)
    assert tree(processed) == ["serving.duckdb", *PARQUET_FILES]


def test_every_table_lies_beside_it_as_parquet(database: Database, processed: Path) -> None:
    publish(database, processed)
    names = pl.read_parquet(processed / "tables/core/names.parquet")
    assert names.equals(pl.DataFrame({"name": ["a"]}))
    nothing = pl.read_parquet(processed / "tables/core/nothing.parquet")
    assert nothing.is_empty()
    assert nothing.schema == {"day": pl.Date, "n": pl.Int64}


def test_whoever_has_the_old_copy_open_keeps_reading_it(database: Database, processed: Path) -> None:
    serving = publish(database, processed).serving
    with opened(serving) as old:
        assert contents(old)["core.names"] == [("a",)]
        with database.transaction() as connection:
            connection.execute("insert into core.names select 'b' || range from range(100000)")
        publish(database, processed)
        assert contents(old)["core.names"] == [("a",)]
        assert len(old.execute("from core.everything").fetchall()) == 3
    with opened(serving) as new:
        assert len(contents(new)["core.names"]) == 100_001


@pytest.mark.parametrize("step", ["read", "copy", "replace"])
def test_a_publishing_that_fails_leaves_the_old_copy_and_no_work_behind(
    database: Database, processed: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    serving = publish(database, processed).serving
    before = serving.read_bytes()
    with database.transaction() as connection:
        connection.execute("insert into core.names values ('b')")
        if step == "read":
            connection.execute("create view marts.broken as from core.names")
            connection.execute("drop table core.names")
    if step == "copy":
        monkeypatch.setattr(publishing, "single_row", fail)
    if step == "replace":
        monkeypatch.setattr(publishing, "_replace_tree", fail)
    with pytest.raises((duckdb.Error, ZeroDivisionError)):
        publish(database, processed)
    assert serving.read_bytes() == before
    assert tree(processed) == ["serving.duckdb", *PARQUET_FILES]


def fail(*_: object) -> None:
    raise ZeroDivisionError


def test_what_a_killed_publishing_left_is_cleared(database: Database, processed: Path) -> None:
    left = processed / ".publishing" / "tables" / "core" / "left.parquet"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    publish(database, processed)
    assert tree(processed) == ["serving.duckdb", *PARQUET_FILES]


def test_tables_that_vanish_are_published_no_more(database: Database, processed: Path) -> None:
    publish(database, processed)
    with database.transaction() as connection:
        connection.execute("drop view marts.totals; drop table core.names")
    published = publish(database, processed)
    assert set(published.rows) == {"core.everything", "core.nothing"}
    assert tree(processed / "tables") == ["core/everything.parquet", "core/nothing.parquet"]
    with opened(published.serving) as copy:
        assert set(contents(copy)) == {"core.everything", "core.nothing"}


def test_names_that_sql_would_have_quoted_are_published(database: Database, processed: Path) -> None:
    with database.transaction() as connection:
        connection.execute(
            'create schema "My Marts"; create table "My Marts"."order" as select 1 as "group by"'
        )
    assert publish(database, processed).rows["My Marts.order"] == 1
    assert export_csv(processed / "serving.duckdb", "My Marts.order", processed / "order.csv") == 1


def test_an_empty_warehouse_is_published_as_one(tmp_path: Path, processed: Path) -> None:
    database = Database(tmp_path / "warehouse.duckdb")
    with database.writer():
        pass
    assert publish(database, processed).rows == {}
    assert tree(processed) == ["serving.duckdb"]


def test_publishing_what_was_never_made_says_so_and_leaves_nothing(tmp_path: Path, processed: Path) -> None:
    with pytest.raises(WarehouseMissingError, match="materialise the assets first"):
        publish(Database(tmp_path / "warehouse.duckdb"), processed)
    assert tree(processed) == []


# CSV


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    database = Database(folder / "warehouse.duckdb")
    with database.transaction() as connection:
        connection.execute("create schema core")
        connection.execute("create table core.plays (day date, name varchar, n bigint)")
        connection.execute(
            """
            insert into core.plays values
                ('2025-01-01', 'Sagan, "om" dig', 1), ('2025-01-02', null, null), ('2025-01-03', '', 3),
                ('2025-01-04', 'two\nlines', 4), ('2025-01-05', '=1+1', 5)
            """
        )
    return publish(database, folder / "processed").serving


@pytest.mark.parametrize(
    "name", ["plays.csv", "PLAYS.CSV", "plays.txt", "plays", "it's.csv", "new/folder/plays.csv"]
)
def test_a_table_is_exported_as_csv_whatever_the_file_is_called(
    serving: Path, tmp_path: Path, name: str
) -> None:
    assert export_csv(serving, "core.plays", tmp_path / name) == 5
    with (tmp_path / name).open(newline="", encoding="utf-8") as file:
        lines = list(csv.reader(file))
    assert lines == [
        ["day", "name", "n"],
        ["2025-01-01", 'Sagan, "om" dig', "1"],
        ["2025-01-02", "", ""],
        ["2025-01-03", "", "3"],
        ["2025-01-04", "two\nlines", "4"],
        ["2025-01-05", "=1+1", "5"],
    ]


def test_null_and_empty_text_stay_apart(serving: Path, tmp_path: Path) -> None:
    export_csv(serving, "core.plays", tmp_path / "plays.csv")
    text = (tmp_path / "plays.csv").read_text()
    assert "2025-01-02,,\n" in text
    assert '2025-01-03,"",3\n' in text


@pytest.mark.parametrize("table", ["core.nope", "plays", "core.plays; drop table core.plays", ""])
def test_exporting_an_unknown_table_lists_those_there_are(serving: Path, tmp_path: Path, table: str) -> None:
    with pytest.raises(ValueError, match=r"no published table .*; there are core\.plays"):
        export_csv(serving, table, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_exporting_before_anything_was_published_says_so(tmp_path: Path) -> None:
    with pytest.raises(WarehouseMissingError, match="materialise the assets first"):
        export_csv(tmp_path / "serving.duckdb", "core.plays", tmp_path / "out.csv")
