"""The product's own events from elsewhere: every format gives the same rows, and nothing personal passes."""

import io
import json
from datetime import date
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.imports import Kind
from spotify_assets.tables import RAW_EVENTS
from tests.sources.inputs import as_json, as_lines, kind_of, read, reasons
from tests.transforms.events import at


def event(number: int = 1, **changes: Any) -> dict[str, Any]:
    row = {
        "event_id": f"e{number}",
        "user_id": "ben",
        "track_id": f"{number:022d}",
        "started_at": "2025-03-01T12:00:00Z",
        "ended_at": "2025-03-01T12:03:00Z",
        "event_date": "2025-03-01",
        "action": "play",
        "ms_played": 180_000,
        "device": "mobile",
        "source": "stream",
    }
    return {key: value for key, value in {**row, **changes}.items() if value is not ...}


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


ROWS = [event(1), event(2, country="DE")]
FORMATS = {
    "lines": as_lines(ROWS),
    "array": as_json(ROWS),
    "csv": pl.DataFrame(ROWS).write_csv().encode(),
    "semicolons": pl.DataFrame(ROWS).write_csv(separator=";").encode(),
    "parquet of text": parquet(pl.DataFrame(ROWS)),
    "parquet": parquet(
        pl.DataFrame(ROWS).with_columns(
            pl.col("started_at", "ended_at").str.to_datetime("%Y-%m-%dT%H:%M:%SZ"),
            pl.col("event_date").str.to_date(),
        )
    ),
}


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_gives_the_same_rows(form: str):
    assert kind_of(FORMATS[form]) is Kind.EVENTS
    rows, expected = read(FORMATS[form]).rows, read(FORMATS["lines"]).rows
    assert rows.schema == RAW_EVENTS.polars_schema
    assert_frame_equal(rows.drop("source_file"), expected.drop("source_file"))
    assert rows["user_id"].to_list() == ["ben", "ben"]
    assert rows["ended_at"].to_list() == [at("2025-03-01T12:03:00")] * 2


def test_what_follows_from_the_rest_is_filled_in():
    row = event(event_id=..., user_id=..., ended_at=..., event_date=..., started_at="2025-03-01T23:59:00Z")
    (found,) = read(as_lines([row])).rows.iter_rows(named=True)
    assert (found["user_id"], found["ended_at"]) == ("anna", at("2025-03-02T00:02:00"))
    assert found["event_date"] == date(2025, 3, 2)
    assert len(found["event_id"]) == 32


def test_a_row_that_does_not_convert_is_refused_beside_its_neighbours():
    rows = [
        event(1),
        event(2, ms_played="long"),
        event(3, ended_at="never"),
        event(4, event_date="1970-01-01"),
    ]
    found = read(as_lines(rows) + b"broken\n")
    assert found.rows["event_id"].to_list() == ["e1"]
    assert reasons(found) == {
        2: "unparseable_ms_played",
        3: "unparseable_ended_at",
        4: "time_out_of_range",
        5: "malformed_json",
    }


@pytest.mark.parametrize("form", ["lines", "csv", "parquet"])
def test_unknown_columns_go_to_extra_and_personal_ones_nowhere(form: str):
    frame = pl.DataFrame(
        [event(bitrate="320", ip_address="93.184.216.34", note="at 93.184.216.35", lat="48.1")]
    )
    content = {
        "lines": frame.write_ndjson().encode(),
        "csv": frame.write_csv().encode(),
        "parquet": parquet(frame),
    }[form]
    found = read(content)
    assert json.loads(found.rows["extra"][0]) == {"bitrate": "320"}
    assert "93.184" not in found.rows.write_csv()
    assert found.notes["personal_fields_dropped"] == 3


def test_extra_of_the_file_itself_is_scrubbed_also_in_refused_rows():
    extra = json.dumps({"offline": True, "email": "a@example.org", "at": "10.0.0.1"})
    found = read(as_lines([event(1, extra=extra), event(2, extra=extra, ms_played="x")]))
    assert json.loads(found.rows["extra"][0]) == {"offline": True}
    assert "example.org" not in found.rejected["original"][0]


def test_devices_are_kinds():
    found = read(as_lines([event(1, device="iPhone12,1 of somebody"), event(2, device="tv")]))
    assert found.rows["device"].to_list() == ["mobile", "tv"]


def test_rows_name_the_file_they_are_read_from():
    found = read(as_lines([event(1, source_file="other", source_row=99)]))
    assert found.rows.select("source_row").item() == 1
    assert found.rows["source_file"][0].startswith("some.file@")


def test_a_damaged_parquet_file_is_one_clear_error():
    content = bytearray(FORMATS["parquet"])
    content[20:60] = bytes(40)
    with pytest.raises(SourceError, match=r"some\.file: the Parquet file cannot be read"):
        read(bytes(content))
    assert kind_of(FORMATS["parquet"][:-20]) is Kind.UNKNOWN


@pytest.mark.parametrize("ms_played", ["9000000000000000000", "-9000000000000000000", "99999999999999999"])
@pytest.mark.parametrize("absent", ["started_at", "ended_at"])
def test_a_time_played_that_leads_out_of_all_time_fills_nothing_in(absent: str, ms_played: str):
    found = read(as_lines([event(1), {**event(2, ms_played=ms_played), absent: None}]))
    assert found.rows["source_row"].to_list() == [1, 2]
    assert found.rows[absent].is_null().to_list() == [False, True]


def test_a_parquet_file_with_damaged_texts_is_one_clear_error():
    buffer = io.BytesIO()
    table = pl.DataFrame([event(n, track_name=f"Song {n}") for n in range(3)]).to_arrow()
    pq.write_table(table, buffer, compression="none", use_dictionary=False)
    damaged = buffer.getvalue().replace(b"Song 1", b"Song \xff")
    assert damaged != buffer.getvalue()
    with pytest.raises(SourceError, match="cannot be read"):
        read(damaged, "events.parquet")


def test_nested_columns_of_the_table_are_refused():
    content = parquet(pl.DataFrame([event()]).with_columns(country=pl.struct("device")))
    with pytest.raises(SourceError, match="has country as Struct"):
        read(content)


@pytest.mark.parametrize("number", [2**63, 10**40, 10**300])
@pytest.mark.parametrize("key", ["ms_played", "track_name", "ended_at", "extra", "other"])
def test_numbers_that_no_column_holds_cost_their_row_at_most(key: str, number: int):
    found = read(as_lines([event(1), event(2, **{key: number}), event(3)]))
    assert {1, 3} <= set(found.rows["source_row"])
    assert found.rows_in == 3
