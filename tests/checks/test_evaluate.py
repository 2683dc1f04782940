"""The checks of stored tables: which there are, what they find, what the books must agree with."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from spotify_assets.checks.evaluate import check_names, evaluate, reconcile, record
from spotify_assets.rows.cleaned import REJECTED_SCHEMA, Cleaned
from spotify_assets.rows.window import Window
from spotify_assets.tables import CHECK_RESULTS, ROW_COUNTS, TABLES, Table
from spotify_assets.warehouse.audit import Finding
from spotify_assets.warehouse.books import Books
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.store import Predicate, create_table, delete_rows, insert_rows
from tests.warehouse.plays import PLAYS, plays, window
from tests.warehouse.random_rows import random_rows, violations

BY_NAME = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
RAW = replace(PLAYS, schema="raw", name="raw_plays")
JUDGED = replace(PLAYS, name="judged", made_from="raw.raw_plays")
WINDOWS = pytest.mark.parametrize("asked", [None, window(1, 3)], ids=["whole table", "window"])


@pytest.fixture(scope="module")
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    """Every table of the catalogue, without rows."""
    with duckdb.connect() as connection:
        for table in TABLES.values():
            create_table(connection, table)
        yield connection


@BY_NAME
@WINDOWS
def test_an_empty_table_passes_every_check_it_has(
    empty: duckdb.DuckDBPyConnection, table: Table, asked: Window | None
) -> None:
    findings = evaluate(empty, table, asked if table.partition_column else None)
    assert [finding.check for finding in findings] == list(check_names(table))
    assert [finding for finding in findings if not finding.passed] == []


@BY_NAME
def test_the_checks_of_a_stored_table_find_what_polars_finds(
    empty: duckdb.DuckDBPyConnection, table: Table
) -> None:
    """The stored rows, of which the database itself lets no required value be null."""
    rows = random_rows(table, 100, seed=5, share_bad=0.1)
    required = [column.name for column in table.columns if not column.nullable]
    rows = rows.drop_nulls(required).drop_nans([n for n in required if rows.schema[n].is_float()] or None)
    asked = window(2) if table.partition_column else None
    empty.begin()
    try:
        empty.register("frame", rows)
        empty.execute(f"insert into {table.full_name} by name from frame")
        found = {f.check: f.failing_rows for f in evaluate(empty, table, asked)}
    finally:
        empty.rollback()
        empty.unregister("frame")
    if table.partition_column:
        rows = rows.filter(pl.col(table.partition_column) == date(2025, 1, 2))
    expected = violations(table, rows)
    assert {check: found[check] for check in expected} == expected


def test_a_table_that_is_not_the_catalogues_is_told_and_looked_at_no_further() -> None:
    with duckdb.connect() as connection:
        [finding] = evaluate(connection, PLAYS, None)
        assert finding.check == "columns"
        assert "plays is missing" in finding.detail
        create_table(connection, PLAYS)
        connection.execute("alter table core.plays add column more int")
        assert evaluate(connection, PLAYS, None) == [Finding("columns", 1, "more is not in the catalogue")]


def test_only_tables_that_assets_write_by_date_have_books() -> None:
    with_books = {name for name, table in TABLES.items() if table.has_books}
    assert with_books == {
        name for name, table in TABLES.items() if table.partition_column and not name.startswith("ops.")
    }
    assert "core.listening_events" in with_books
    assert "ops.duplicate_plays" not in with_books


# Reconciliation

Rows = list[tuple[int, str, int, int | None]]


def write(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    rows: Rows,
    *parts: Window,
    rejected: int = 0,
    duplicate: int = 0,
) -> None:
    """Write slices of rows and their books, as the IO manager does; each slice loses so many rows."""
    books = Books(table)
    create_table(connection, table)
    for part in parts:
        target = Predicate.window("event_date", part)
        kept = plays([row for row in rows if date(2025, 1, row[0]) in part.days()])
        refused = pl.DataFrame(
            [(f"{part}.csv", number, "bad", "bad", "{}") for number in range(rejected)],
            schema=REJECTED_SCHEMA,
            orient="row",
        )
        delete_rows(connection, table, target)
        insert_rows(connection, table, kept, target, label=str(part))
        repeated = {"again": duplicate} if duplicate else {}
        books.add([part], Cleaned(kept, kept.height + rejected + duplicate, refused, repeated))
    books.write(connection, Window(parts[0].start, parts[-1].end))


@pytest.fixture
def judged() -> Iterator[duckdb.DuckDBPyConnection]:
    """Raw plays and those judged good: on each of three days one of four is rejected, one a repeat."""
    with duckdb.connect() as connection:
        days = [window(day) for day in (1, 2, 3)]
        rows: Rows = [(day, track, 1, 0) for day in (1, 2, 3) for track in "abcd"]
        write(connection, RAW, rows, *days)
        kept = [row for row in rows if row[1] in "ab"]
        write(connection, JUDGED, kept, *days, rejected=1, duplicate=1)
        yield connection


@WINDOWS
def test_books_that_agree_pass(judged: duckdb.DuckDBPyConnection, asked: Window | None) -> None:
    assert reconcile(judged, RAW, asked) == Finding("reconciliation", 0, "")
    assert reconcile(judged, JUDGED, asked) == Finding("reconciliation", 0, "")


@WINDOWS
@pytest.mark.parametrize(
    ("behind_the_books", "failing", "detail"),
    [
        (
            "delete from core.judged where event_date = '2025-01-02' and track = 'a'",
            1,
            "slice of 2025-01-02: 2 rows were loaded, 1 are stored",
        ),
        (
            "insert into core.judged from core.judged where event_date = '2025-01-02' and track = 'a'",
            1,
            "slice of 2025-01-02: 2 rows were loaded, 3 are stored",
        ),
        (
            "update core.judged set event_date = '2025-01-03' where day(event_date) = 1 and track = 'a'",
            2,
            "slice of 2025-01-01: 2 rows were loaded, 1 are stored; "
            "slice of 2025-01-03: 2 rows were loaded, 3 are stored",
        ),
        (
            "insert into raw.raw_plays values ('2025-01-02', 'late', 1, 0, null)",
            1,
            "slice of 2025-01-02: 4 rows came in, raw.raw_plays has 5",
        ),
        (
            "delete from raw.raw_plays where event_date = '2025-01-03'",
            4,
            "slice of 2025-01-03: 4 rows came in, raw.raw_plays has 0",
        ),
        (
            "update ops.row_counts set rows = 2 where table_name = 'core.judged' "
            "and outcome = 'rejected' and slice_date = '2025-01-01'",
            1,
            "slice of 2025-01-01: 4 rows came in, 5 are accounted for",
        ),
        (
            "delete from ops.row_counts where table_name = 'core.judged' and slice_date = '2025-01-01'",
            6,
            "slice of 2025-01-01: 0 rows were loaded, 2 are stored; "
            "slice of 2025-01-01: 0 rows came in, raw.raw_plays has 4; "
            "the books have no slice of 1 days: materialise them again",
        ),
    ],
    ids=[
        "a lost row",
        "a doubled row",
        "a row moved to another day",
        "more rows upstream",
        "fewer rows upstream",
        "books that do not add up",
        "rows without books",
    ],
)
def test_what_the_books_do_not_say_is_found(
    judged: duckdb.DuckDBPyConnection, asked: Window | None, behind_the_books: str, failing: int, detail: str
) -> None:
    judged.execute(behind_the_books)
    assert reconcile(judged, JUDGED, asked) == Finding("reconciliation", failing, detail)


def test_a_window_is_reconciled_without_the_days_outside_it(judged: duckdb.DuckDBPyConnection) -> None:
    judged.execute("delete from core.judged where event_date = '2025-01-01'")
    assert reconcile(judged, JUDGED, window(2, 3)).passed
    assert not reconcile(judged, JUDGED, window(1)).passed


def test_slices_of_several_days_are_reconciled_as_they_were_written() -> None:
    with duckdb.connect() as connection:
        rows: Rows = [(day, "a", 1, 0) for day in (1, 2, 15, 20, 31)]
        write(connection, RAW, rows, window(1, 14), window(15, 31))
        assert reconcile(connection, RAW, None).passed
        connection.execute("update raw.raw_plays set event_date = '2025-01-14' where day(event_date) = 31")
        assert reconcile(connection, RAW, None).detail == (
            "slice of 2025-01-01: 2 rows were loaded, 3 are stored; "
            "slice of 2025-01-15: 3 rows were loaded, 2 are stored"
        )


@pytest.mark.slow
def test_days_written_into_a_month_leave_no_books_of_the_month() -> None:
    """As after a change of the grain: each day counts by its own slice, days not yet rewritten are named."""
    with duckdb.connect() as connection:
        rows: Rows = [(day, "a", 1, 0) for day in range(1, 32)]
        write(connection, RAW, rows, window(1, 31))
        write(connection, JUDGED, rows, window(1, 31))
        write(connection, JUDGED, rows, window(10))
        assert reconcile(connection, JUDGED, window(10)).passed
        assert reconcile(connection, JUDGED, None).detail.endswith(
            "and 55 more; the books have no slice of 30 days: materialise them again"
        )
        for day in range(1, 32):
            write(connection, JUDGED, rows, window(day))
        assert reconcile(connection, JUDGED, None) == Finding("reconciliation", 0, "")
        write(connection, JUDGED, rows, window(1, 31))
        assert reconcile(connection, JUDGED, None) == Finding("reconciliation", 0, "")


def test_rejected_rows_leave_with_the_slice_that_refused_them() -> None:
    with duckdb.connect() as connection:
        write(connection, RAW, [], window(1, 31), rejected=2)
        write(connection, JUDGED, [], window(1, 31), rejected=2)
        write(connection, JUDGED, [], window(10), rejected=1)
        kept = "select table_name, slice_date, count(*) from ops.rejected_rows group by all order by all"
        assert connection.execute(kept).fetchall() == [
            ("core.judged", date(2025, 1, 10), 1),
            ("raw.raw_plays", date(2025, 1, 1), 2),
        ]


def test_entries_that_do_not_say_where_their_slice_ends_reach_to_the_next() -> None:
    with duckdb.connect() as connection:
        rows: Rows = [(day, "a", 1, 0) for day in (1, 2, 15, 20, 31)]
        write(connection, RAW, rows, window(1, 14), window(15, 31))
        connection.execute(f"update {ROW_COUNTS.full_name} set slice_end = null")
        assert reconcile(connection, RAW, None).passed
        connection.execute(f"alter table {ROW_COUNTS.full_name} drop column slice_end")
        assert reconcile(connection, RAW, None).passed
        write(connection, RAW, rows, window(15, 31))
        assert reconcile(connection, RAW, None).passed


def test_many_broken_slices_are_counted_and_the_first_are_named() -> None:
    with duckdb.connect() as connection:
        write(connection, RAW, [(day, "a", 1, 0) for day in range(1, 10)], *(window(d) for d in range(1, 10)))
        connection.execute("delete from raw.raw_plays")
        finding = reconcile(connection, RAW, None)
        assert finding.failing_rows == 9
        assert finding.detail.startswith("slice of 2025-01-01: 1 rows were loaded, 0 are stored; ")
        assert finding.detail.endswith("and 4 more")


# Tables that are not there


def test_a_table_that_others_need_may_be_missing(judged: duckdb.DuckDBPyConnection) -> None:
    judged.execute("drop table raw.raw_plays")
    assert reconcile(judged, JUDGED, window(1)) == Finding(
        "reconciliation", 4, "slice of 2025-01-01: 4 rows came in, raw.raw_plays has 0"
    )
    judged.execute("drop table ops.row_counts")
    assert reconcile(judged, JUDGED, window(1)).detail == (
        "slice of 2025-01-01: 0 rows were loaded, 2 are stored; "
        "the books have no slice of 1 days: materialise them again"
    )


def test_references_to_a_table_that_does_not_exist_lead_nowhere() -> None:
    counted = replace(PLAYS.columns[1], references="core.tracks.track_id")
    table = replace(PLAYS, schema="ops", columns=(PLAYS.columns[0], counted, *PLAYS.columns[2:]))
    with duckdb.connect() as connection:
        create_table(connection, table)
        assert all(finding.passed for finding in evaluate(connection, table, None))
        insert_rows(connection, table, plays([(1, "a", 1, 0)]), Predicate("true"), label="all")
        found = {finding.check: finding for finding in evaluate(connection, table, None)}
    says = "track is not in core.tracks, which does not exist yet: 1 rows"
    assert found["references"] == Finding("references", 1, says)


@BY_NAME
def test_every_table_is_evaluated_where_it_alone_exists(table: Table) -> None:
    with duckdb.connect() as connection:
        create_table(connection, table)
        assert [finding for finding in evaluate(connection, table, None) if not finding.passed] == []


# Records


def test_what_the_checks_found_is_recorded(tmp_path: Path) -> None:
    database = Database(tmp_path / "warehouse.duckdb")
    findings = [Finding("ranges", 3, "bad"), Finding("known_tempo", 1, "unusual", warns=True)]
    record(database, PLAYS, window(1, 2), findings)
    record(database, PLAYS, None, [Finding("ranges", 0, "")])
    with database.reader() as connection:
        stored = connection.execute(
            f"select * exclude (checked_at) from {CHECK_RESULTS.full_name} order by checked_at, check_name"
        ).fetchall()
    assert stored == [
        ("core.plays", "known_tempo", date(2025, 1, 1), False, "WARN", 1, "unusual"),
        ("core.plays", "ranges", date(2025, 1, 1), False, "ERROR", 3, "bad"),
        ("core.plays", "ranges", None, True, "ERROR", 0, ""),
    ]


def test_the_books_of_another_table_are_not_touched(judged: duckdb.DuckDBPyConnection) -> None:
    before = judged.execute(f"from {ROW_COUNTS.full_name} where table_name = 'raw.raw_plays'").fetchall()
    write(judged, JUDGED, [], window(1), window(2), window(3))
    after = judged.execute(f"from {ROW_COUNTS.full_name} where table_name = 'raw.raw_plays'").fetchall()
    assert after == before
