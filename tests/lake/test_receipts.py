"""Receipts: they survive being written, they add up, and they become the tables of the catalogue."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import polars as pl
import pytest

from spotify_assets.lake import layout
from spotify_assets.lake.layout import receipt_path
from spotify_assets.lake.receipts import (
    Receipt,
    read_receipts,
    receipts_frame,
    rejected_at_landing,
    rejected_path,
)
from spotify_assets.rows.cleaned import REJECTED_SCHEMA
from spotify_assets.tables import IMPORT_RECEIPTS

RECEIPT = Receipt(
    receipt_id="catalogue-2026-11-01-abc",
    landed_at=datetime(2026, 11, 2, 8, 30, tzinfo=UTC),
    input_file="Straße 東京.csv",
    input_sha256="abc",
    kind="catalogue: other",
    target="raw.raw_tracks",
    rows_in=10,
    loaded=6,
    rejected={"missing_track_id": 1, "truncated_row": 2},
    duplicates={"repeated_row": 1},
    snapshot_date=date(2026, 11, 1),
    landed_files=("spotify_tracks/snapshot_date=2026-11-01/part-a.parquet",),
    dialect={"encoding": "utf-8", "unknown_columns": ["mood"], "bom": False},
    source_file="Straße 東京.csv@abc",
    user_id="anna",
    first_date=date(2026, 10, 1),
    last_date=date(2026, 10, 31),
)


def changed(**changes: object) -> Receipt:
    return Receipt(**{**RECEIPT.__dict__, **changes})


def store(lake: Path, receipt: Receipt) -> None:
    layout.write_bytes(receipt_path(lake, receipt.receipt_id), receipt.to_json().encode())


def test_a_receipt_reads_back_equal():
    assert Receipt.from_json(RECEIPT.to_json()) == RECEIPT


def test_a_receipt_of_events_has_no_snapshot_date():
    receipt = changed(snapshot_date=None)
    assert Receipt.from_json(receipt.to_json()).snapshot_date is None


def test_a_receipt_of_a_version_without_listeners_and_dates_reads_back():
    content = json.loads(RECEIPT.to_json())
    for name in ("source_file", "user_id", "first_date", "last_date"):
        del content[name]
    assert Receipt.from_json(json.dumps(content)).first_date is None


@pytest.mark.parametrize(
    ("changes", "day"),
    [
        ({}, date(2026, 11, 1)),
        ({"snapshot_date": None}, date(2026, 10, 1)),
        ({"snapshot_date": None, "first_date": None}, date(2026, 11, 2)),
    ],
)
def test_refused_rows_belong_to_the_snapshot_or_the_first_date_or_the_landing(changes, day):
    assert changed(**changes).books_date == day


def test_being_landed_already_is_not_stored():
    assert not Receipt.from_json(changed(already_landed=True).to_json()).already_landed


@pytest.mark.parametrize(
    ("changes", "reconciles"),
    [({}, True), ({"loaded": 7}, False), ({"rejected": {}}, False), ({"duplicates": {}}, False)],
)
def test_a_receipt_reconciles_where_every_row_has_an_outcome(changes, reconciles):
    assert changed(**changes).reconciles is reconciles


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"receipt_id": "x"}', '{"surprise": 1}'])
def test_what_is_no_receipt_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        Receipt.from_json(text)


class TestReading:
    def test_none_in_an_empty_lake(self, tmp_path):
        assert read_receipts(tmp_path) == []

    def test_in_the_order_of_landing(self, tmp_path):
        later = changed(receipt_id="a", landed_at=RECEIPT.landed_at + timedelta(hours=1))
        for receipt in (later, RECEIPT):
            store(tmp_path, receipt)
        assert read_receipts(tmp_path) == [RECEIPT, later]

    def test_unfinished_files_are_not_read(self, tmp_path):
        store(tmp_path, RECEIPT)
        receipt_path(tmp_path, ".catalogue.json.0000.tmp").write_text("{")
        receipt_path(tmp_path, ".hidden").write_text("{")
        assert read_receipts(tmp_path) == [RECEIPT]

    def test_a_damaged_receipt_is_named(self, tmp_path):
        layout.write_bytes(receipt_path(tmp_path, "broken"), b"{")
        with pytest.raises(ValueError, match=r"broken\.json.*land its input again"):
            read_receipts(tmp_path)


class TestFrames:
    def test_one_row_per_outcome_and_reason(self):
        frame = receipts_frame([RECEIPT])
        assert frame.schema == IMPORT_RECEIPTS.polars_schema
        assert frame.select("outcome", "reason", "rows").rows() == [
            ("in", "", 10),
            ("loaded", "", 6),
            ("rejected", "missing_track_id", 1),
            ("rejected", "truncated_row", 2),
            ("duplicate", "repeated_row", 1),
        ]
        assert not frame.select(pl.struct(IMPORT_RECEIPTS.key).is_duplicated().any()).item()

    def test_times_are_naive_utc(self):
        receipt = changed(landed_at=datetime(2026, 11, 2, 10, 30, tzinfo=timezone(timedelta(hours=2))))
        assert receipts_frame([receipt])["landed_at"][0] == datetime(2026, 11, 2, 8, 30)  # noqa: DTZ001

    def test_no_receipts_no_rows(self):
        assert receipts_frame([]).schema == IMPORT_RECEIPTS.polars_schema

    def test_only_finished_landings_have_refused_rows(self, tmp_path):
        rejected = pl.DataFrame(
            {"source_file": ["f"], "source_row": [3], "reason": ["r"], "detail": ["d"], "original": ["{}"]}
        )
        store(tmp_path, RECEIPT)
        for receipt_id in (RECEIPT.receipt_id, "of-a-landing-that-never-finished"):
            layout.write_parquet(rejected_path(tmp_path, receipt_id), rejected)
        frame = rejected_at_landing(read_receipts(tmp_path), tmp_path)
        assert frame.rows() == [("f", 3, "r", "d", "{}")]

    def test_the_rows_refused_by_some_landings(self, tmp_path):
        later = changed(receipt_id="catalogue-2026-12-01-abc", snapshot_date=date(2026, 12, 1))
        without = changed(receipt_id="catalogue-2026-12-01-def", snapshot_date=date(2026, 12, 1))
        for number, receipt in enumerate((RECEIPT, later, without), start=1):
            store(tmp_path, receipt)
            row = {"source_file": "f", "source_row": number, "reason": "r", "detail": "d", "original": "{}"}
            if receipt != without:
                layout.write_parquet(rejected_path(tmp_path, receipt.receipt_id), pl.DataFrame([row]))
        refused = rejected_at_landing([later, without], tmp_path)
        assert refused.schema == REJECTED_SCHEMA
        assert refused["source_row"].to_list() == [2]
        assert rejected_at_landing([], tmp_path).schema == REJECTED_SCHEMA

    def test_no_lake_no_rejected_rows(self, tmp_path):
        assert rejected_at_landing([RECEIPT], tmp_path / "nowhere").schema == REJECTED_SCHEMA
