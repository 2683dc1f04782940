"""Files of the lake: every format reads the same, and what is bad costs itself and nothing else."""

import gzip
import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from spotify_assets.lake import layout
from spotify_assets.rows.cleaned import REJECTED_SCHEMA, Cleaned
from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.landed import read_landed
from spotify_assets.tables import RAW_EVENTS, RAW_TRACKS, Table
from tests.examples import examples
from tests.transforms.events import Row, at, playback, raw_events

DAY = date(2025, 3, 1)
FORMATS = (".parquet", ".ndjson", ".jsonl", ".csv", ".ndjson.gz", ".jsonl.gz", ".csv.gz")
TEXT_FORMATS = tuple(suffix for suffix in FORMATS if suffix != ".parquet")


def write(lake: Path, name: str, content: bytes | pl.DataFrame) -> Path:
    """A file among the events of the day: bytes as they are, a frame in the format of the name."""
    path = layout.events_dir(lake, DAY) / name
    if isinstance(content, pl.DataFrame) and name.endswith(".parquet"):
        return layout.write_parquet(path, content)
    if isinstance(content, pl.DataFrame):
        content = (content.write_csv() if ".csv" in name else content.write_ndjson()).encode()
        content = gzip.compress(content) if name.endswith(".gz") else content
    return layout.write_bytes(path, content)


def read(lake: Path, table: Table = RAW_EVENTS) -> Cleaned:
    """What all files of the lake hold."""
    return read_landed(layout.landed_files(lake), table, lake)


def produced(**changes: Any) -> Row:
    """A row as a producer writes it: only what it knows, times as ISO text."""
    row = {
        "event_id": "e1",
        "user_id": "anna",
        "started_at": "2025-03-01T12:00:00Z",
        "ended_at": "2025-03-01T12:03:00Z",
        "event_date": "2025-03-01",
        "action": "play",
        "ms_played": 180_000,
        "source": "stream",
    }
    return row | changes


def ndjson(*rows: Row) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from(["\n", '"', ",", ";", "\\", "'"]),
    min_size=1,
    max_size=12,
)
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    pl.String(): TEXT,
    pl.Int64(): st.integers(-(2**63), 2**63 - 1),
    pl.Float64(): st.floats(allow_nan=False, allow_infinity=False),
    pl.Boolean(): st.booleans(),
    pl.Date(): st.dates(date(1900, 1, 1), date(2200, 1, 1)),
    pl.Datetime("us"): st.datetimes(at("1900-01-01"), at("2200-01-01")),
}


def rows_of(table: Table) -> st.SearchStrategy[list[Row]]:
    """Rows of a raw table with whatever its types hold, of the day."""
    columns = {
        c.name: VALUES[table.polars_schema[c.name]]
        if not c.nullable
        else st.none() | VALUES[table.polars_schema[c.name]]
        for c in table.columns
    }
    assert table.partition_column is not None
    columns[table.partition_column] = st.just(DAY)
    return st.lists(
        st.fixed_dictionaries(columns),
        max_size=5,
        unique_by=lambda row: (row["source_file"], row["source_row"]),
    )


@pytest.mark.slow
@pytest.mark.parametrize("table", [RAW_EVENTS, RAW_TRACKS], ids=lambda table: table.name)
@examples(25)
@given(data=st.data())
def test_the_same_rows_read_the_same_in_every_format(table, data):
    frame = pl.DataFrame(data.draw(rows_of(table)), schema=table.polars_schema)
    for suffix in FORMATS:
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), f"part{suffix}", frame)
            landed = read(Path(folder), table)
        assert_frame_equal(landed.rows, frame)
        assert (landed.rows_in, landed.rejected.height) == (frame.height, 0)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_row_of_several_files_says_where_it_came_from(tmp_path, suffix):
    frame = raw_events(playback("e1"), playback("e2")).drop("source_file", "source_row")
    write(tmp_path, f"one{suffix}", frame)
    write(tmp_path, f"hour=12/two{suffix}", frame[:1])
    folder = "listening_events/date=2025-03-01"
    assert read(tmp_path).rows.select("source_file", "source_row").rows() == [
        (f"{folder}/hour=12/two{suffix}", 1),
        (f"{folder}/one{suffix}", 1),
        (f"{folder}/one{suffix}", 2),
    ]


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_row_that_knows_its_origin_keeps_it(tmp_path, suffix):
    handed_in = playback("e1", source_file="export.zip@0123456789ab", source_row=77)
    write(tmp_path, f"one{suffix}", raw_events(handed_in, playback("e2", source_file=None, source_row=5)))
    assert read(tmp_path).rows.select("source_file", "source_row").rows() == [
        ("export.zip@0123456789ab", 77),
        (f"listening_events/date=2025-03-01/one{suffix}", 2),
    ]


@pytest.mark.parametrize("suffix", FORMATS)
def test_rows_that_come_again_under_one_origin_are_rows_of_their_own(tmp_path, suffix):
    """A file copied beside itself, and a producer that wrote a row three times: good rows and bad ones."""
    good = playback("e1", source_file="made@seed7", source_row=1)
    bad = playback("e2", source_file="made@seed7", source_row=2) | {"event_date": date(2025, 3, 2)}
    for name in ("one", "two", "three"):
        write(tmp_path, f"{name}{suffix}", raw_events(good, bad, bad, bad))
    landed = read(tmp_path)
    provenance = pl.concat(
        [part.select("source_file", "source_row") for part in (landed.rows, landed.rejected)]
    )
    assert (landed.rows.height, landed.rejected.height) == (3, 9)
    assert provenance.is_unique().all()
    assert ("made@seed7", 1) in landed.rows.select("source_file", "source_row").rows()


@pytest.mark.parametrize("suffix", FORMATS)
def test_optional_columns_that_are_missing_are_null(tmp_path, suffix):
    write(tmp_path, f"one{suffix}", raw_events(playback("e1")).select("event_id", "event_date", "user_id"))
    [row] = read(tmp_path).rows.to_dicts()
    known = {name for name, value in row.items() if value is not None}
    assert known == {"event_id", "event_date", "user_id", "source_file", "source_row"}
    assert read(tmp_path).rows.schema == RAW_EVENTS.polars_schema


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (pl.lit("x").alias("mood"), "has an unknown column mood"),
        (None, "has no column event_id"),
    ],
)
def test_unknown_and_missing_columns_refuse_the_file_by_name(tmp_path, suffix, change, problem):
    frame = raw_events(playback("e1"))
    frame = frame.drop("event_id") if change is None else frame.with_columns(change)
    write(tmp_path, f"one{suffix}", frame)
    with pytest.raises(SourceError, match=f"/one{suffix}: {problem}. Write the columns of raw.raw_events.$"):
        read(tmp_path)


BAD_VALUES = [
    ("ms_played", "many", "ms_played 'many' is no whole number"),
    ("ms_played", "1.5", "ms_played '1.5' is no whole number"),
    ("ms_played", "99999999999999999999", "ms_played '99999999999999999999' is no whole number"),
    ("skipped", "perhaps", "skipped 'perhaps' is no true or false"),
    ("skipped", "2", "skipped '2' is no true or false"),
    ("started_at", "yesterday", "started_at 'yesterday' is no time"),
    ("started_at", "1740830400", "started_at '1740830400' is no time"),
    ("started_at", "2025-02-30T12:00:00", "started_at '2025-02-30T12:00:00' is no time"),
    ("event_date", "01.03.2025", "event_date '01.03.2025' is no date"),
    ("event_date", "20250301", "event_date '20250301' is no date"),
]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(("column", "value", "detail"), BAD_VALUES)
def test_one_bad_value_refuses_its_row_only(tmp_path, suffix, column, value, detail):
    rows = [produced(event_id=f"e{n}", skipped=False) for n in (1, 2, 3)]
    texts = pl.DataFrame([{name: str(each).lower() for name, each in row.items()} for row in rows])
    bad = pl.when(pl.col("event_id") == "e2").then(pl.lit(value)).otherwise(column).alias(column)
    write(tmp_path, f"one{suffix}", texts.with_columns(bad))
    landed = read(tmp_path)
    assert landed.rows["event_id"].to_list() == ["e1", "e3"]
    assert landed.rows["ms_played"].to_list() == [180_000, 180_000]
    assert landed.rows_in == 3
    assert landed.rejected.schema == REJECTED_SCHEMA
    [refused] = landed.rejected.to_dicts()
    assert (refused["source_file"], refused["source_row"], refused["reason"]) == (
        f"listening_events/date=2025-03-01/one{suffix}",
        2,
        f"unparseable_{column}",
    )
    assert refused["detail"].startswith(detail)
    assert json.loads(refused["original"])[column] == value


@pytest.mark.parametrize("value", [1.5, "x", 10**20, [1], {"a": 1}, True])
def test_ndjson_with_values_of_several_types_refuses_only_those_that_do_not_fit(tmp_path, value):
    write(tmp_path, "one.ndjson", ndjson(produced(), produced(event_id="e2", ms_played=value)))
    landed = read(tmp_path)
    assert landed.rows.select("event_id", "ms_played").rows() == [("e1", 180_000)]
    assert landed.rejected.select("source_row", "reason").rows() == [(2, "unparseable_ms_played")]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("column", ["event_id", "event_date"])
def test_a_row_without_a_required_value_is_refused_in_every_format(tmp_path, suffix, column):
    frame = raw_events(playback("e1"), playback("e2") | {column: None}, playback("e3"))
    write(tmp_path, f"one{suffix}", frame)
    landed = read(tmp_path)
    assert landed.rows["event_id"].to_list() == ["e1", "e3"]
    assert landed.rejected.select("source_row", "reason", "detail").rows() == [
        (2, f"missing_{column}", f"{column} is empty")
    ]


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_row_in_the_folder_of_another_date_is_refused(tmp_path, suffix):
    write(tmp_path, f"one{suffix}", raw_events(playback("e1"), playback("e2", "2025-03-02 12:00")))
    landed = read(tmp_path)
    assert landed.rows["event_id"].to_list() == ["e1"]
    assert landed.rejected.select("source_row", "reason", "detail").rows() == [
        (2, "wrong_folder", "event_date is 2025-03-02 in the folder of 2025-03-01")
    ]


def test_a_catalogue_row_in_the_folder_of_another_snapshot_is_refused(tmp_path):
    rows = pl.DataFrame({"track_id": ["t1", "t2"], "snapshot_date": [DAY, date(2025, 3, 2)]})
    layout.write_parquet(layout.tracks_dir(tmp_path, DAY) / "one.parquet", rows)
    landed = read(tmp_path, RAW_TRACKS)
    assert landed.rows["track_id"].to_list() == ["t1"]
    assert landed.rejected["reason"].to_list() == ["wrong_folder"]


@pytest.mark.parametrize(
    "written",
    [
        "2025-03-01T12:00:00Z",
        "2025-03-01T12:00:00z",
        "2025-03-01T12:00:00.000Z",
        "2025-03-01T12:00:00.000000Z",
        "2025-03-01T12:00:00+00:00",
        "2025-03-01T14:00:00+02:00",
        "2025-03-01T14:00:00+0200",
        "2025-03-01T07:30:00.000-04:30",
        "2025-03-01 12:00:00",
        "2025-03-01T12:00:00",
        "2025-03-01 12:00:00.000000",
    ],
)
@pytest.mark.parametrize("suffix", TEXT_FORMATS)
def test_times_of_producers_become_utc(tmp_path, suffix, written):
    frame = pl.DataFrame([produced(started_at=written)])
    write(tmp_path, f"one{suffix}", frame)
    assert read(tmp_path).rows["started_at"].to_list() == [at("2025-03-01 12:00")]


def test_times_written_in_several_ways_in_one_file_are_all_read(tmp_path):
    times = ["2025-03-01T12:00:00Z", "2025-03-01T12:00:00.250Z", None, "2025-03-01T13:00:00.000500+01:00"]
    write(
        tmp_path,
        "one.ndjson",
        ndjson(*(produced(event_id=f"e{n}", started_at=t) for n, t in enumerate(times))),
    )
    assert read(tmp_path).rows["started_at"].to_list() == [
        at("2025-03-01 12:00"),
        at("2025-03-01 12:00:00.250"),
        None,
        at("2025-03-01 12:00:00.000500"),
    ]


def test_a_file_of_which_no_time_can_be_read_is_refused_row_by_row(tmp_path):
    write(tmp_path, "one.ndjson", ndjson(produced(started_at="?"), produced(started_at="noon")))
    landed = read(tmp_path)
    assert (landed.rows.height, landed.rejected.height, landed.rows_in) == (0, 2, 2)


def test_what_a_producer_may_leave_out_or_nest_is_read(tmp_path):
    rows = [
        produced(),
        produced(event_id="e2", extra={"mood": [1, "é"]}, shuffle=True),
        produced(event_id="e3", extra="{}"),
    ]
    write(tmp_path, "one.ndjson", ndjson(*rows))
    landed = read(tmp_path)
    first, second, third = landed.rows.to_dicts()
    assert (first["extra"], first["shuffle"], first["ms_played"]) == (None, None, 180_000)
    assert (json.loads(second["extra"]), second["shuffle"]) == ({"mood": [1, "é"]}, True)
    assert third["extra"] == "{}"


MALFORMED = [
    b'{"event_id": "e2", "event_date"',
    b"nonsense",
    b"null",
    b"5",
    b'["e2"]',
    b'{"event_id": "e2"} {"event_id": "e3"}',
    b'{"event_id": "e2", "ms_played": NaN}',
    b'{"event_id": "e2", "ms_played": 1e999}',
    b'{"event_id": "e2\xff"}',
    b'{"event_id": "e2", "ms_played": 1,}',
    b"{'event_id': 'e2'}",
    b'{"event_id": ' + b"[" * 100_000,
]


@pytest.mark.parametrize("line", MALFORMED, ids=range(len(MALFORMED)))
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_malformed_line_of_ndjson_is_refused_alone_and_kept_as_text(tmp_path, line, line_end, position):
    good = [ndjson(produced(event_id=name)).rstrip() for name in ("e1", "e3")]
    lines = [*good[:position], line, *good[position:]]
    write(tmp_path, "one.ndjson", line_end.join(lines))
    landed = read(tmp_path)
    assert landed.rows["event_id"].to_list() == ["e1", "e3"]
    assert landed.rows["source_row"].to_list() == [n for n in (1, 2, 3) if n != position + 1]
    assert landed.rows["started_at"].to_list() == [at("2025-03-01 12:00")] * 2
    assert landed.rows_in == 3
    [refused] = landed.rejected.to_dicts()
    assert (refused["source_row"], refused["reason"]) == (position + 1, "malformed_json")
    assert refused["source_file"] == "listening_events/date=2025-03-01/one.ndjson"
    assert json.loads(refused["original"]) == {"text": line.decode(errors="replace")}


@examples(25)
@given(rows_of(RAW_EVENTS))
def test_a_malformed_line_changes_nothing_in_its_neighbours(rows):
    frame = pl.DataFrame(rows, schema=RAW_EVENTS.polars_schema)
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), "one.ndjson", frame.write_ndjson().encode() + b'{"event_id": "cut')
        landed = read(Path(folder))
    assert_frame_equal(landed.rows, frame)
    assert landed.rejected["source_row"].to_list() == [frame.height + 1]


def test_a_file_of_malformed_lines_only_is_refused_line_by_line(tmp_path):
    write(tmp_path, "one.ndjson", b"a\nb\n")
    landed = read(tmp_path)
    assert (landed.rows.height, landed.rows_in) == (0, 2)
    assert [json.loads(original)["text"] for original in landed.rejected["original"]] == ["a", "b"]


def test_objects_without_any_field_are_not_taken_for_no_rows(tmp_path):
    write(tmp_path, "one.ndjson", b"{}\n{}\n")
    with pytest.raises(SourceError, match=r"/one\.ndjson: has no column event_date; has no column event_id"):
        read(tmp_path)


def test_blank_lines_and_a_byte_order_mark_are_no_rows(tmp_path):
    content = b"\xef\xbb\xbf\n" + ndjson(produced()) + b"\n  \r\n" + ndjson(produced(event_id="e2"))
    write(tmp_path, "one.ndjson", content)
    landed = read(tmp_path)
    assert landed.rows.select("event_id", "source_row").rows() == [("e1", 2), ("e2", 5)]
    assert landed.rows_in == 2


@pytest.mark.parametrize("record", ["e2,2025-03-01", 'e2,2025-03-01,anna,"x', "e2,2025-03-01,anna,5,6"])
def test_a_malformed_record_of_csv_is_refused_alone(tmp_path, record):
    lines = ["event_id,event_date,user_id,ms_played", "e1,2025-03-01,anna,1", record, "e3,2025-03-01,ben,3"]
    write(tmp_path, "one.csv", "\n".join(lines).encode())
    landed = read(tmp_path)
    assert landed.rows.select("event_id", "ms_played").rows() == [("e1", 1), ("e3", 3)]
    [refused] = landed.rejected.to_dicts()
    assert (refused["source_row"], refused["reason"]) == (2, "malformed_row")
    assert json.loads(refused["original"]) == {"text": record}


@pytest.mark.parametrize("value", ["180000.0", "180000"])
def test_whole_numbers_may_be_written_with_a_fraction_of_zero(tmp_path, value):
    write(tmp_path, "one.csv", f"event_id,event_date,ms_played\ne1,2025-03-01,{value}\n".encode())
    assert read(tmp_path).rows["ms_played"].to_list() == [180_000]


def test_parquet_of_other_writers_is_read_without_loss(tmp_path):
    frame = raw_events(playback("e1", ms_played=5, shuffle=True))
    write(
        tmp_path,
        "one.parquet",
        frame.with_columns(
            pl.col("started_at").dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Berlin"),
            pl.col("ended_at").cast(pl.Datetime("ns")),
            pl.col("event_date").cast(pl.Datetime("ms")),
            pl.col("ms_played").cast(pl.Float64),
            pl.col("source_row").cast(pl.UInt32),
            pl.col("country").cast(pl.Categorical),
            pl.col("shuffle").cast(pl.Int8),
            pl.col("extra").cast(pl.Null),
        ),
    )
    assert_frame_equal(read(tmp_path).rows, frame)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("started_at", pl.lit(1_740_830_400)),
        ("started_at", pl.lit(DAY)),
        ("event_date", pl.lit(at("2025-03-01 12:00"))),
        ("ms_played", pl.lit(1.5)),
        ("ms_played", pl.lit(value=True)),
        ("shuffle", pl.lit(2)),
    ],
)
def test_parquet_of_other_types_is_refused_where_it_would_lose_something(tmp_path, column, value):
    write(tmp_path, "one.parquet", raw_events(playback("e1")).with_columns(value.alias(column)))
    landed = read(tmp_path)
    assert landed.rows.is_empty()
    assert landed.rejected["reason"].to_list() == [f"unparseable_{column}"]


@pytest.mark.parametrize("value", [pl.lit([1]), pl.struct(a=1), pl.lit(b"\xff"), pl.duration(seconds=1)])
def test_parquet_of_types_that_no_column_holds_is_refused_by_name(tmp_path, value):
    write(tmp_path, "one.parquet", raw_events(playback("e1")).with_columns(value.alias("track_name")))
    with pytest.raises(SourceError, match=r"/one\.parquet: has track_name as "):
        read(tmp_path)


def cut(content: bytes) -> list[bytes]:
    """The bytes as they are when a write breaks off at several places."""
    return [b"", *(content[: len(content) * tenths // 10] for tenths in range(1, 10)), content[:-1]]


def test_a_link_that_leads_nowhere_is_named(tmp_path):
    file = write(tmp_path, "one.parquet", b"")
    file.unlink()
    file.symlink_to(tmp_path / "gone.parquet")
    with pytest.raises(
        SourceError, match=r"/one\.parquet: cannot be read: .* Write or import the file again"
    ):
        read(tmp_path)


def test_a_parquet_file_that_was_cut_is_named(tmp_path):
    whole = write(tmp_path, "one.parquet", raw_events(*(playback(f"e{n}") for n in range(500)))).read_bytes()
    for content in [b"no Parquet", *cut(whole)]:
        write(tmp_path, "one.parquet", content)
        with pytest.raises(
            SourceError, match=r"/one\.parquet: cannot be read: .* Write or import the file again"
        ):
            read(tmp_path)


def test_damage_inside_a_parquet_file_raises_nothing_else(tmp_path):
    whole = write(tmp_path, "one.parquet", raw_events(*(playback(f"e{n}") for n in range(500)))).read_bytes()
    named = 0
    for start in range(4, len(whole), len(whole) // 60):
        write(tmp_path, "one.parquet", whole[:start] + b"\xa5" * 8 + whole[start + 8 :])
        try:
            read(tmp_path)
        except SourceError as error:
            assert error.file.name == "one.parquet"
            named += 1
    assert named > 0


@pytest.mark.parametrize("suffix", [".ndjson.gz", ".csv.gz"])
def test_a_damaged_compressed_file_is_named(tmp_path, suffix):
    frame = raw_events(*(playback(f"e{n}") for n in range(500)))
    whole = write(tmp_path, f"one{suffix}", frame).read_bytes()
    middle = len(whole) // 2
    overwritten = whole[:middle] + b"\xff" * 8 + whole[middle + 8 :]
    for content in [b"no gzip", overwritten, *cut(whole)]:
        write(tmp_path, f"one{suffix}", content)
        with pytest.raises(
            SourceError, match=rf"/one{suffix}: cannot be read: .* Write or import the file again"
        ):
            read(tmp_path)


def test_a_file_that_is_gone_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"^gone\.csv: cannot be read"):
        read_landed([tmp_path / "gone.csv"], RAW_EVENTS, tmp_path)


@pytest.mark.parametrize("suffix", TEXT_FORMATS)
@pytest.mark.parametrize("content", [b"", b"\n"])
def test_an_empty_text_file_has_no_rows(tmp_path, suffix, content):
    write(tmp_path, f"one{suffix}", gzip.compress(content) if suffix.endswith(".gz") else content)
    landed = read(tmp_path)
    assert (landed.rows_in, landed.rows.height, landed.rejected.height) == (0, 0, 0)
    assert landed.rows.schema == RAW_EVENTS.polars_schema


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_with_columns_and_no_rows_has_no_rows(tmp_path, suffix):
    write(tmp_path, f"one{suffix}", raw_events())
    landed = read(tmp_path)
    assert (landed.rows_in, landed.rows.height) == (0, 0)
    assert landed.rows.schema == RAW_EVENTS.polars_schema


def test_a_lake_without_files_has_no_rows(tmp_path):
    landed = read(tmp_path / "nowhere")
    assert landed.rows_in == 0
    assert landed.rows.schema == RAW_EVENTS.polars_schema
    assert landed.rejected.schema == REJECTED_SCHEMA


def test_unfinished_and_foreign_files_are_not_read(tmp_path):
    write(tmp_path, "one.ndjson", ndjson(produced()))
    for name in (".one.ndjson.0a1b2c3d.tmp", ".two.parquet", "_SUCCESS", "_temporary.csv", "two.ndjson.tmp"):
        write(tmp_path, name, b"half a line")
    (layout.events_dir(tmp_path, DAY) / "folder.csv").mkdir()
    landed = read(tmp_path)
    assert (landed.rows_in, landed.rejected.height) == (1, 0)


def test_a_write_that_fails_leaves_nothing_to_read(tmp_path):
    path = layout.events_dir(tmp_path, DAY) / "one.parquet"
    with pytest.raises(AttributeError):
        layout.write_parquet(path, None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        layout.write_bytes(path, None)  # type: ignore[arg-type]
    assert list(path.parent.iterdir()) == []
