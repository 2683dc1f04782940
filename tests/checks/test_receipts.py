"""The check of receipts: it passes where files, receipts and raw events agree, and says where they do not."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import duckdb
import polars as pl
import pytest

from spotify_assets.checks.receipts import reconcile_receipts
from spotify_assets.lake.receipts import Receipt, receipts_frame
from spotify_assets.tables import IMPORT_RECEIPTS, RAW_EVENTS, REJECTED_ROWS, ROW_COUNTS

LANDED = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
RECEIPT = Receipt(
    receipt_id="events-abc",
    landed_at=LANDED,
    input_file="endsong_0.json",
    input_sha256="abc",
    kind="extended_history",
    target="raw.raw_events",
    rows_in=4,
    loaded=3,
    rejected={"unparseable_time": 1},
    source_file="endsong_0.json@abc",
    first_date=date(2025, 3, 1),
    last_date=date(2025, 3, 2),
)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse that agrees with the receipt: three rows are stored, one is refused."""
    with duckdb.connect() as connection:
        for table in (IMPORT_RECEIPTS, RAW_EVENTS, REJECTED_ROWS, ROW_COUNTS):
            connection.execute(f"create schema if not exists {table.schema}; {table.ddl}")
        for row, day in enumerate(("2025-03-01", "2025-03-01", "2025-03-02"), start=1):
            connection.execute(
                "insert into raw.raw_events (event_id, event_date, source_file, source_row) "
                "values (?, ?, ?, ?)",
                [f"e{row}", day, RECEIPT.source_file, row],
            )
        connection.execute(
            "insert into ops.rejected_rows "
            "values ('raw.raw_events', '2025-03-01', ?, 4, 'unparseable_time', '', '')",
            [RECEIPT.source_file],
        )
        yield connection


def store(connection: duckdb.DuckDBPyConnection, *receipts: Receipt) -> None:
    frame = receipts_frame(receipts)
    assert isinstance(frame, pl.DataFrame)
    connection.execute(f"insert into {IMPORT_RECEIPTS.full_name} by name select * from frame")


def write_books(connection: duckdb.DuckDBPyConnection, first: str, end: str, after_hours: int = 1) -> None:
    written_at = (LANDED + timedelta(hours=after_hours)).replace(tzinfo=None)
    connection.execute(
        "insert into ops.row_counts values ('raw.raw_events', ?, ?, 'in', '', 1, ?)", [first, end, written_at]
    )


def test_receipts_that_agree_pass(connection):
    store(connection, RECEIPT)
    write_books(connection, "2025-03-01", "2025-04-01")
    assert reconcile_receipts(connection, "reconciliation").passed


def test_a_receipt_that_does_not_add_up_fails(connection):
    store(connection, Receipt(**{**RECEIPT.__dict__, "rows_in": 6}))
    finding = reconcile_receipts(connection, "reconciliation")
    assert finding.failing_rows == 2
    assert "events-abc (endsong_0.json): 2 rows are not accounted for" in finding.detail


def test_a_row_that_was_landed_and_is_not_stored_fails(connection):
    store(connection, RECEIPT)
    write_books(connection, "2025-03-01", "2025-03-02")
    write_books(connection, "2025-03-02", "2025-03-03")
    connection.execute("delete from raw.raw_events where source_row = 2")
    finding = reconcile_receipts(connection, "reconciliation")
    assert finding.failing_rows == 1
    assert "3 rows were landed and 1 refused, raw.raw_events holds 2 and refused 1" in finding.detail


@pytest.mark.parametrize("books", [[], [("2025-03-01", "2025-03-02", 1)], [("2025-03-01", "2025-04-01", -1)]])
def test_files_whose_dates_were_not_all_written_since_are_not_compared(connection, books):
    store(connection, RECEIPT)
    for first, end, hours in books:
        write_books(connection, first, end, hours)
    connection.execute("delete from raw.raw_events")
    assert reconcile_receipts(connection, "reconciliation").passed


def test_catalogues_are_only_compared_with_themselves(connection):
    catalogue = {
        "target": "raw.raw_tracks",
        "snapshot_date": date(2025, 3, 1),
        "first_date": None,
        "last_date": None,
    }
    store(connection, Receipt(**{**RECEIPT.__dict__, **catalogue}))
    write_books(connection, "2025-03-01", "2025-04-01")
    connection.execute("delete from raw.raw_events")
    assert reconcile_receipts(connection, "reconciliation").passed


def test_no_receipts_pass(connection):
    assert reconcile_receipts(connection, "reconciliation").passed
