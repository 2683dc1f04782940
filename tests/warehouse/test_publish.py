"""The published copy: what is in it, how it takes the place of the old one, CSV out of it."""

import csv
import subprocess
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from spotify_assets.rows.cleaned import Cleaned
from spotify_assets.rows.window import Window
from spotify_assets.tables import DAILY_TRACK_METRICS as METRICS
from spotify_assets.tables import Table
from spotify_assets.warehouse import database as warehouse_database
from spotify_assets.warehouse import publish as publishing
from spotify_assets.warehouse import published_files
from spotify_assets.warehouse.books import Books
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.errors import WarehouseError, WarehouseMissingError
from spotify_assets.warehouse.manifest import PublishedManifest
from spotify_assets.warehouse.publish import export_csv, publish, publish_serving
from spotify_assets.warehouse.store import Predicate, create_table, delete_rows, insert_rows
from tests.warehouse.processes import another_process_can_write
from tests.warehouse.random_rows import random_rows

BOOKS_FILE = "ops/row_counts/data.parquet"
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
    "core/everything/data.parquet",
    "core/names/data.parquet",
    "core/nothing/data.parquet",
    "marts/totals/data.parquet",
]
PUBLISHED = sorted([*PARQUET_FILES, "manifest.json", "serving.duckdb"])


def test_the_copy_has_the_tables_and_views_of_the_warehouse_with_their_types(
    database: Database, processed: Path
) -> None:
    published = publish(database, processed)
    assert published.serving == processed / "serving.duckdb"
    assert published.rows == {"core.everything": 3, "core.names": 1, "core.nothing": 0, "marts.totals": 1}
    with opened(published.serving) as copy, database.reader() as warehouse:
        assert relations(copy) == relations(warehouse)
        assert contents(copy) == contents(warehouse)
    assert tree(processed) == PUBLISHED


def test_every_table_lies_beside_it_as_parquet(database: Database, processed: Path) -> None:
    publish(database, processed)
    names = pl.read_parquet(processed / "core/names/data.parquet")
    assert names.equals(pl.DataFrame({"name": ["a"]}))
    nothing = pl.read_parquet(processed / "core/nothing/data.parquet")
    assert nothing.is_empty()
    assert nothing.schema == {"day": pl.Date, "n": pl.Int64}


@pytest.mark.slow
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


@pytest.mark.parametrize("step", ["read", "write_parts", "_replace"])
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
    if step != "read":
        monkeypatch.setattr(publishing, step, fail)
    with pytest.raises((duckdb.Error, ZeroDivisionError)):
        publish(database, processed)
    assert serving.read_bytes() == before
    assert tree(processed) == PUBLISHED


def fail(*_: object) -> None:
    raise ZeroDivisionError


def test_what_a_killed_publishing_left_is_cleared(database: Database, processed: Path) -> None:
    for left in (".publishing-x/core/names/data.parquet", "core/left/month=2025-01/data.parquet"):
        (processed / left).parent.mkdir(parents=True)
        (processed / left).write_text("half")
    publish(database, processed)
    assert tree(processed) == PUBLISHED


@pytest.mark.slow
def test_tables_that_vanish_are_published_no_more(database: Database, processed: Path) -> None:
    publish(database, processed)
    with database.transaction() as connection:
        connection.execute("drop view marts.totals; drop table core.names")
    published = publish(database, processed)
    assert set(published.rows) == {"core.everything", "core.nothing"}
    assert tree(processed / "core") == ["everything/data.parquet", "nothing/data.parquet"]
    assert not (processed / "marts").exists()
    with opened(published.serving) as copy:
        assert set(contents(copy)) == {"core.everything", "core.nothing"}


def test_names_that_sql_would_have_quoted_are_published(database: Database, processed: Path) -> None:
    with database.transaction() as connection:
        connection.execute(
            'create schema "My Marts"; create table "My Marts"."order" as select 1 as "group by"'
        )
    assert publish(database, processed).rows["My Marts.order"] == 1
    assert export_csv(Database(processed / "serving.duckdb"), "My Marts.order", processed / "order.csv") == 1


def test_an_empty_warehouse_is_published_as_one(tmp_path: Path, processed: Path) -> None:
    database = Database(tmp_path / "warehouse.duckdb")
    with database.writer():
        pass
    assert publish(database, processed).rows == {}
    assert tree(processed) == ["manifest.json", "serving.duckdb"]


def test_publishing_what_was_never_made_says_so_and_leaves_nothing(tmp_path: Path, processed: Path) -> None:
    with pytest.raises(WarehouseMissingError, match="run spotify-assets materialize"):
        publish(Database(tmp_path / "warehouse.duckdb"), processed)
    assert tree(processed) == []


# Only what changed


def write(database: Database, table: Table, rows: pl.DataFrame, *parts: Window) -> None:
    """Write slices with their books, as the IO manager does."""
    with database.transaction() as connection:
        books = Books(table)
        create_table(connection, table)
        for part in parts:
            target = Predicate.window("event_date", part)
            kept = rows.filter(pl.col("event_date").is_between(part.start, part.end, closed="left"))
            delete_rows(connection, table, target)
            insert_rows(connection, table, kept, target, label=str(part))
            books.add([part], Cleaned(kept, kept.height))
            books.write(connection, part)
            books = Books(table)


def random_days(table: Table, days: Sequence[date], seed: int) -> pl.DataFrame:
    """One good row for each date."""
    rows = random_rows(table, len(days), seed, share_bad=0)
    return rows.with_columns(pl.Series("event_date", days))


DAYS = [date(2025, 1, 30), date(2025, 1, 31), date(2025, 2, 1), date(2025, 3, 5)]


@pytest.fixture
def months(of_three_months: Path, tmp_path: Path) -> Database:
    """A copy of it, to be changed."""
    copy = tmp_path / of_three_months.name
    Database(of_three_months).copy_to(copy)
    return Database(copy, lock_timeout_seconds=0)


@pytest.fixture(scope="module")
def of_three_months(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogued table with books over three months, and what dbt made of it."""
    database = Database(tmp_path_factory.mktemp("months") / "warehouse.duckdb", lock_timeout_seconds=0)
    rows = random_days(METRICS, DAYS, seed=1)
    write(database, METRICS, rows, *(Window(day, day + timedelta(days=1)) for day in DAYS))
    with database.transaction() as connection:
        connection.execute(f"create schema marts; create table marts.fact_days as from {METRICS.full_name}")
        connection.execute(f"create schema staging; create view staging.stg as from {METRICS.full_name}")
    return database.path


def metrics_file(month: str) -> str:
    return f"core/{METRICS.name}/month={month}/data.parquet"


def published_rows(processed: Path, table: str) -> list[tuple[Any, ...]]:
    """The rows of a table by its Parquet files, after a comparison with those of the serving database."""
    files = str(processed / table.replace(".", "/") / "**/*.parquet")
    with opened(processed / "serving.duckdb") as copy:
        rows = copy.execute(f"from {table} order by all").fetchall()
        read = f"select * exclude (month) from read_parquet('{files}', hive_partitioning = true) order by all"
        assert copy.execute(read).fetchall() == rows
    return rows


def test_a_table_of_dates_has_a_file_for_each_month(months: Database, processed: Path) -> None:
    publish(months, processed)
    of_months = [f"month={month}/data.parquet" for month in ("2025-01", "2025-02", "2025-03")]
    assert tree(processed / "core" / METRICS.name) == of_months
    assert tree(processed / "marts" / "fact_days") == of_months
    assert not (processed / "staging").exists()
    assert len(published_rows(processed, METRICS.full_name)) == len(DAYS)
    assert len(published_rows(processed, "marts.fact_days")) == len(DAYS)


@pytest.mark.slow
@pytest.mark.parametrize("at_once", [1, 7, 10_000])
def test_however_many_months_are_written_at_once_each_file_has_its_rows(
    tmp_path: Path, processed: Path, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """More months than files that DuckDB keeps open, one of them larger than what is written together."""
    monkeypatch.setattr(published_files, "_TOGETHER", at_once)
    monkeypatch.setattr(published_files, "_SMALL_MONTH", min(at_once, 40))
    database = Database(tmp_path / "warehouse.duckdb", lock_timeout_seconds=0)
    with database.transaction() as connection:
        connection.execute(
            "create schema marts; create table marts.fact_days as "
            "select date '2010-01-01' + (n * 13 % 4000)::integer as event_date, n as number, n % 7 as more "
            "from range(3000) t(n) union all select date '2015-05-05', n, 0 from range(50) t(n) "
            "union all select null, 1, 1"
        )
    published = publish(database, processed)
    assert len(published_rows(processed, "marts.fact_days")) == 3051
    for path in published.written:
        query = f"select strftime(event_date, '%Y-%m') from '{processed / path}'"
        days = duckdb.execute(query).fetchall()
        expected = path.split("month=")[1].split("/")[0]
        assert {day or "__HIVE_DEFAULT_PARTITION__" for (day,) in days} == {expected}


def test_no_row_is_lost_where_several_threads_write_more_months_than_files_stay_open(
    tmp_path: Path, processed: Path
) -> None:
    """DuckDB 1.5 wrote a quarter of these months in two files of one name, of which the last one stayed."""
    database = Database(tmp_path / "warehouse.duckdb", lock_timeout_seconds=0)
    with database.transaction() as connection:
        connection.execute(
            "set threads = 4; create schema marts; create table marts.fact_days as "
            "select (date '1990-01-01' + to_months((hash(n) % 200)::integer))::date as event_date, "
            "n as number from range(400000) t(n)"
        )
    publish(database, processed)
    numbers = [number for _, number in published_rows(processed, "marts.fact_days")]
    assert sorted(numbers) == list(range(400_000))


def test_nothing_is_written_again_when_nothing_changed(months: Database, processed: Path) -> None:
    publish(months, processed)
    before = {path: (processed / path).stat().st_mtime_ns for path in tree(processed) if "month" in path}
    assert publish(months, processed).written == ()
    assert {path: (processed / path).stat().st_mtime_ns for path in before} == before


@pytest.mark.slow
def test_only_the_months_of_written_slices_are_written_again(months: Database, processed: Path) -> None:
    publish(months, processed)
    day = Window(date(2025, 2, 1), date(2025, 2, 2))
    write(months, METRICS, random_days(METRICS, [day.start], seed=2), day)
    assert set(publish(months, processed).written) == {metrics_file("2025-02"), BOOKS_FILE}
    published_rows(processed, METRICS.full_name)


@pytest.mark.slow
def test_a_month_that_loses_its_rows_loses_its_file(months: Database, processed: Path) -> None:
    publish(months, processed)
    day = Window(date(2025, 2, 1), date(2025, 2, 2))
    write(months, METRICS, METRICS.empty(), day)
    publish(months, processed)
    assert not (processed / metrics_file("2025-02")).parent.exists()
    assert len(published_rows(processed, METRICS.full_name)) == len(DAYS) - 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        "delete from {} where event_date = '2025-01-31'",
        "update {} set event_date = '2025-01-31' where event_date = '2025-03-05'",
        "alter table {} add column more int",
    ],
)
def test_what_was_changed_past_the_books_is_noticed_by_its_rows_and_columns(
    months: Database, processed: Path, change: str
) -> None:
    publish(months, processed)
    with months.transaction() as connection:
        connection.execute(change.format(METRICS.full_name))
    assert metrics_file("2025-01") in publish(months, processed).written
    published_rows(processed, METRICS.full_name)


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        "update marts.fact_days set plays = plays + 1 where event_date = '2025-02-01'",
        "insert into marts.fact_days select * replace (5 as plays) from marts.fact_days "
        "where event_date = '2025-02-01'",
    ],
)
def test_a_table_without_books_is_known_by_its_rows(months: Database, processed: Path, change: str) -> None:
    publish(months, processed)
    with months.transaction() as connection:
        connection.execute(change)
    assert publish(months, processed).written == ("marts/fact_days/month=2025-02/data.parquet",)
    published_rows(processed, "marts.fact_days")


def test_rows_without_a_date_have_a_folder_of_their_own(months: Database, processed: Path) -> None:
    with months.transaction() as connection:
        connection.execute("create table marts.loose as select null::date as event_date, 1 as n")
    publish(months, processed)
    assert tree(processed / "marts" / "loose") == ["month=__HIVE_DEFAULT_PARTITION__/data.parquet"]
    assert published_rows(processed, "marts.loose") == [(None, 1)]


@pytest.mark.parametrize("lost", [metrics_file("2025-01"), "manifest.json", "serving.duckdb"])
@pytest.mark.parametrize("how", ["removed", "cut short"])
def test_what_was_lost_is_published_again(months: Database, processed: Path, lost: str, how: str) -> None:
    publish(months, processed)
    if how == "removed":
        (processed / lost).unlink()
    else:
        (processed / lost).write_bytes((processed / lost).read_bytes()[:-100])
    publish(months, processed)
    assert len(published_rows(processed, METRICS.full_name)) == len(DAYS)
    assert PublishedManifest.read(processed).complete


@pytest.mark.slow
def test_a_publishing_cut_short_between_files_and_manifest_is_made_good(
    months: Database, processed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the warehouse then goes back to what the manifest knew before."""
    publish(months, processed)
    move = f"update {METRICS.full_name} set event_date = event_date + {{}}"
    rows = published_rows(processed, METRICS.full_name)
    with months.transaction() as connection:
        connection.execute(move.format(31))
    written: list[bool] = []

    def once(manifest: PublishedManifest, folder: Path) -> None:
        if written:
            raise ZeroDivisionError
        written.append(True)
        write_manifest(manifest, folder)

    write_manifest = PublishedManifest.write
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(PublishedManifest, "write", once)
        publish(months, processed)
    assert not PublishedManifest.read(processed).complete
    with months.transaction() as connection:
        connection.execute(move.format(-31))
    publish(months, processed)
    assert published_rows(processed, METRICS.full_name) == rows


@pytest.mark.slow
def test_the_manifest_says_which_publishing_wrote_each_file(months: Database, processed: Path) -> None:
    publish(months, processed)
    day = Window(date(2025, 2, 1), date(2025, 2, 2))
    write(months, METRICS, random_days(METRICS, [day.start], seed=2), day)
    publish(months, processed)
    manifest = PublishedManifest.read(processed)
    assert manifest.version == 2
    versions = [manifest.files[metrics_file(month)].version for month in ("2025-01", "2025-02", "2025-03")]
    assert versions == [1, 2, 1]
    assert manifest.files[metrics_file("2025-01")].rows == 2


@pytest.mark.slow
def test_the_lock_is_held_while_the_warehouse_is_copied_and_given_back(
    months: Database, processed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes are copied by another process, or this one would lose its lock by closing the file."""
    could_write: list[bool] = []
    run = subprocess.run

    def copying(*arguments: Any, **options: Any) -> Any:
        done = run(*arguments, **options)
        if not could_write:
            could_write.append(False)
            could_write[0] = another_process_can_write(months.path)
        return done

    monkeypatch.setattr(subprocess, "run", copying)
    publish(months, processed)
    assert could_write == [False]
    assert another_process_can_write(months.path)


def test_a_copy_that_is_cut_short_is_told_and_nothing_is_replaced(
    months: Database, processed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(months, processed)
    before = {path: (processed / path).read_bytes() for path in tree(processed)}
    monkeypatch.setattr(warehouse_database, "_COPY", "import sys; open(sys.argv[2], 'wb').write(b'x' * 99)")
    with pytest.raises(WarehouseError, match=r"99 of [\d,]+ bytes were written.*published before stays"):
        publish(months, processed)
    assert {path: (processed / path).read_bytes() for path in tree(processed)} == before


def test_views_that_name_their_database_are_tables_of_the_copy(database: Database, processed: Path) -> None:
    """DuckDB 1.5 stores the name of the database in a view; the copy has another."""
    with database.transaction() as connection:
        connection.execute("create view marts.named as select 'warehouse.' as text, * from core.names")
        connection.execute("create view marts.over_it as from warehouse.marts.named")
    published = publish(database, processed)
    assert published.rows["marts.over_it"] == 1
    with opened(published.serving) as copy:
        assert contents(copy)["marts.over_it"] == [("warehouse.", "a")]


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
    assert export_csv(Database(serving), "core.plays", tmp_path / name) == 5
    with (tmp_path / name).open(newline="", encoding="utf-8") as file:
        lines = list(csv.reader(file))
    assert lines == [
        ["day", "name", "n"],
        ["2025-01-01", 'Sagan, "om" dig', "1"],
        ["2025-01-02", "", ""],
        ["2025-01-03", "", "3"],
        ["2025-01-04", "two\nlines", "4"],
        ["2025-01-05", "'=1+1", "5"],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+46", "-M-", "@home", "\t=1", "\r=1"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(tmp_path: Path, text: str) -> None:
    serving = tmp_path / "serving.duckdb"
    with duckdb.connect(str(serving)) as connection:
        connection.execute("create table cells as select ?::varchar as name, -1.5 as number", [text])
        connection.execute("insert into cells values (?, 2)", [f"a{text}"])
    export_csv(Database(serving), "main.cells", tmp_path / "cells.csv")
    with (tmp_path / "cells.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file))[1:] == [[f"'{text}", "-1.5"], [f"a{text}", "2.0"]]
    export_csv(Database(serving), "main.cells", tmp_path / "raw.csv", raw=True)
    with (tmp_path / "raw.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file))[1:] == [[text, "-1.5"], [f"a{text}", "2.0"]]


def test_null_and_empty_text_stay_apart(serving: Path, tmp_path: Path) -> None:
    export_csv(Database(serving), "core.plays", tmp_path / "plays.csv")
    text = (tmp_path / "plays.csv").read_text()
    assert "2025-01-02,,\n" in text
    assert '2025-01-03,"",3\n' in text


@pytest.mark.parametrize("table", ["core.nope", "plays", "core.plays; drop table core.plays", ""])
def test_exporting_an_unknown_table_names_the_nearest(serving: Path, tmp_path: Path, table: str) -> None:
    with pytest.raises(ValueError, match=r"no published table .*core\.plays"):
        export_csv(Database(serving), table, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_exporting_before_anything_was_published_says_so(tmp_path: Path) -> None:
    with pytest.raises(WarehouseMissingError, match="run spotify-assets materialize"):
        export_csv(Database(tmp_path / "serving.duckdb"), "core.plays", tmp_path / "out.csv")


@pytest.mark.slow
def test_the_serving_database_alone_is_new_while_the_files_stay(database: Database, processed: Path) -> None:
    publish(database, processed)
    before = PublishedManifest.read(processed)
    with database.transaction() as connection:
        connection.execute("insert into core.names values ('b')")
    serving = publish_serving(database, processed)
    with opened(serving) as copy:
        assert contents(copy)["core.names"] == [("a",), ("b",)]
    assert pl.read_parquet(processed / "core/names/data.parquet")["name"].to_list() == ["a"]
    assert PublishedManifest.read(processed) == before
    assert tree(processed) == PUBLISHED
    assert publish(database, processed).written == ("core/names/data.parquet",)
