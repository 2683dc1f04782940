"""What lies before the first partition leaves the tables and their books, table by table."""

from datetime import date
from pathlib import Path

import pytest

from spotify_assets.assets.dbt import from_first_mart
from spotify_assets.rows.window import Window
from spotify_assets.tables import DUPLICATE_PLAYS, RAW_EVENTS, ROW_COUNTS, SKIP_MODEL
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.pruning import first_date, prune

START = date(2024, 2, 1)
DATES = ("2024-01-31", "2024-02-01", "2024-03-01")


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """Tables with a row for each of `DATES`; all columns but the date are null."""
    database = Database(tmp_path / "warehouse.duckdb")
    with database.writer() as connection:
        connection.execute("create schema raw; create schema ml; create schema ops; create schema marts")
        for table in (RAW_EVENTS, SKIP_MODEL, DUPLICATE_PLAYS):
            columns = ", ".join(f"null::{column.type} as {column.name}" for column in table.columns)
            for day in DATES:
                known = f"select {columns}".replace(
                    f"null::DATE as {table.partition_column}", f"date '{day}' as {table.partition_column}"
                )
                verb = "create table {} as" if day == DATES[0] else "insert into {}"
                connection.execute(f"{verb.format(table.full_name)} {known}")
        connection.execute(ROW_COUNTS.ddl)
        for counted in ("raw.raw_events", "core.listening_events"):
            for day in DATES:
                connection.execute(
                    f"insert into {ROW_COUNTS.full_name} values (?, ?, ?::date + 1, 'in', '', 1, now())",
                    [counted, day, day],
                )
        connection.execute("create table marts.fct as select date '2024-01-05' as first_event_date")
        connection.execute("create table marts.agg as select date '2024-01-07' as event_date")
        connection.execute("create table marts.rebuilt as select date '2011-01-07' as event_date")
    return database


def dates(database: Database, table: str, column: str) -> list[str]:
    with database.reader() as connection:
        found = connection.execute(f"select {column}::varchar from {table} order by 1").fetchall()
    return [day for (day,) in found]


@pytest.mark.slow
def test_rows_and_books_before_the_start_leave_and_the_others_stay(database: Database):
    assert prune(database, START) == {"raw.raw_events": 1, "ml.skip_model": 1}
    assert dates(database, "raw.raw_events", "event_date") == list(DATES[1:])
    assert dates(database, "ml.skip_model", "cutoff_date") == list(DATES[1:])
    of_events = "(select * from ops.row_counts where table_name = 'raw.raw_events')"
    assert dates(database, of_events, "slice_date") == list(DATES[1:])
    assert prune(database, START) == {}
    assert prune(database, date(2024, 1, 1)) == {}


def test_without_tables_nothing_happens(tmp_path: Path):
    assert prune(Database(tmp_path / "none.duckdb"), START) == {}
    assert first_date(Database(tmp_path / "none.duckdb"), "marts", ["fct"]) is None


def test_marts_from_before_the_partitions_are_made_again_from_there(database: Database, make_settings):
    run = Window(date(2024, 3, 1), date(2024, 4, 1))
    later, earlier = make_settings(start_date=START), make_settings(start_date=date(2024, 1, 1))
    assert from_first_mart(run, later, database, ["fct", "agg", "unknown"]) == Window(
        date(2024, 1, 5), run.end
    )
    assert from_first_mart(run, later, database, ["agg"]) == Window(date(2024, 1, 7), run.end)
    assert from_first_mart(run, earlier, database, ["fct", "agg"]) == run
    assert from_first_mart(run, later, database, ["unknown"]) == run
