"""Absolute bounds: a refused day fails on the first day there is, a silent source is noticed."""

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pytest

from spotify_assets.checks.bounds import REFUSALS, SILENCE, Bounds, bounded
from spotify_assets.rows.window import Window
from spotify_assets.tables import LISTENING_EVENTS, RAW_EVENTS, REJECTED_ROWS, ROW_COUNTS, Table
from spotify_assets.warehouse.audit import Finding
from spotify_assets.warehouse.store import create_table

DAY = date(2025, 3, 10)
TODAY = DAY + timedelta(days=30)


class Stored:
    """Raw events and the books, in memory, with only what the checks look at."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        for table in (RAW_EVENTS, ROW_COUNTS, REJECTED_ROWS):
            create_table(connection, table)
            for column in table.columns:
                if not column.nullable:
                    connection.execute(f"alter table {table.full_name} alter {column.name} drop not null")

    def books(
        self,
        loaded: int,
        refused: int,
        *,
        day: date = DAY,
        table: Table = RAW_EVENTS,
        reason: str = "missing_event_id",
        file: str = "part-1.ndjson",
    ) -> None:
        self.connection.execute(
            "insert into ops.row_counts (table_name, slice_date, outcome, reason, rows) "
            "values (?, ?, 'in', '', ?), (?, ?, 'loaded', '', ?), (?, ?, 'rejected', ?, ?)",
            [
                *(table.full_name, day, loaded + refused),
                *(table.full_name, day, loaded),
                *(table.full_name, day, reason, refused),
            ],
        )
        self.connection.execute(
            "insert into ops.rejected_rows (table_name, slice_date, source_file, source_row, reason) "
            "select ?, ?, ?, row, ? from range(1, ?) as rows (row)",
            [table.full_name, day, file, reason, refused + 1],
        )

    def sent(self, source: str, rows: int, days: range) -> None:
        for back in days:
            self.connection.execute(
                "insert into raw.raw_events (event_date, source) select ?, ? from range(?)",
                [DAY - timedelta(days=back), source, rows],
            )

    def judge(
        self, check: str, table: Table = RAW_EVENTS, bounds: Bounds | None = None, today: date = TODAY
    ) -> Finding:
        window = Window(DAY, DAY + timedelta(days=1))
        found = bounded(self.connection, table, window, bounds or Bounds(), today)
        return next(finding for finding in found if finding.check == check)


@pytest.fixture
def stored() -> Iterator[Stored]:
    with duckdb.connect() as connection:
        yield Stored(connection)


@pytest.mark.parametrize(
    ("loaded", "refused", "passes", "warns"),
    [
        (95, 5, True, True),  # 5 %: not over the bound
        (94, 6, False, True),
        (50, 50, False, True),  # 50 %: not over the bound
        (49, 51, False, False),
        (0, 3_018, False, False),
        (0, 19, True, True),  # too few rows to say anything
    ],
)
def test_refused_rows_warn_above_a_share_and_fail_above_another(stored, loaded, refused, passes, warns):
    stored.books(loaded, refused)
    found = stored.judge(REFUSALS)
    assert (found.passed, found.warns) == (passes, warns)
    if not passes:
        assert "mostly missing_event_id" in found.detail


def test_one_bad_day_of_a_long_range_is_not_hidden_by_the_good_ones(stored):
    for back in range(1, 60):
        stored.books(1_000, 0, day=DAY - timedelta(days=back))
    stored.books(0, 100)
    everything = Window(DAY - timedelta(days=60), DAY + timedelta(days=1))
    found = bounded(stored.connection, RAW_EVENTS, everything, Bounds(), TODAY)[0]
    assert (found.failing_rows, found.warns) == (1, False)


def test_the_bounds_are_settings(stored):
    stored.books(90, 10)
    assert stored.judge(REFUSALS, bounds=Bounds(warn_share=0.2)).passed
    assert not stored.judge(REFUSALS, bounds=Bounds(fail_share=0.09)).warns


def test_what_the_user_excludes_is_not_refused(stored):
    stored.books(10, 90, table=LISTENING_EVENTS, reason="excluded_artist")
    assert stored.judge(REFUSALS, LISTENING_EVENTS).passed


def test_rows_that_an_import_refused_do_not_stop_the_day_they_are_booked_on(stored):
    stored.books(5, 200, file="Streaming_History_Audio_2024.json@0123456789ab")
    assert stored.judge(REFUSALS).passed


def test_a_source_that_sent_every_day_and_sends_nothing_fails(stored):
    stored.sent("stream", 40, range(1, 8))
    stored.sent("synthetic", 40, range(8))
    found = stored.judge(SILENCE)
    assert (found.passed, found.warns) == (False, False)
    assert found.detail.startswith("2025-03-10: nothing from stream, which sent 40 rows or more")
    assert stored.judge(SILENCE, bounds=Bounds(silence_fails=False)).warns


@pytest.mark.parametrize(
    ("source", "rows", "days"),
    [
        ("stream", 40, range(8)),  # it sent some
        ("stream", 40, range(1, 7)),  # six days are not every day
        ("stream", 19, range(1, 8)),  # too little to miss
        ("extended_history", 400, range(1, 8)),  # a person may rest
    ],
)
def test_silence_that_says_nothing(stored, source, rows, days):
    stored.sent(source, rows, days)
    assert stored.judge(SILENCE).passed


def test_what_lies_after_the_last_row_of_a_month_has_not_come_yet(stored):
    stored.sent("stream", 40, range(1, 8))
    month = Window(DAY.replace(day=1), date(2025, 4, 1))
    assert bounded(stored.connection, RAW_EVENTS, month, Bounds(), TODAY)[1].passed
    stored.sent("stream", 40, range(-1, 0))
    assert bounded(stored.connection, RAW_EVENTS, month, Bounds(), TODAY)[1].failing_rows == 1


def test_the_current_day_is_not_over(stored):
    stored.sent("stream", 40, range(1, 8))
    assert stored.judge(SILENCE, today=DAY).passed
