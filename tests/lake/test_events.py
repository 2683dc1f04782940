"""Events in the lake: landed by month, read by any windows, every row once, nothing half landed."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.lake import events as events_module
from spotify_assets.lake import layout
from spotify_assets.lake.events import EventLake, remove_unfinished
from spotify_assets.lake.landing import landed_before
from spotify_assets.lake.receipts import read_receipts
from spotify_assets.rows.cleaned import REJECTED_DATE, Cleaned
from spotify_assets.rows.window import Window
from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.kinds import Chunk
from spotify_assets.tables import RAW_EVENTS
from tests.examples import examples
from tests.lake.events import (
    SHA,
    SOURCE_FILE,
    chunk,
    contents,
    event_rows,
    handed_in,
    in_pieces,
    land_events,
    refused,
)

MOMENTS = [
    datetime(2024, 2, 29, 23, 59, 59),  # noqa: DTZ001
    datetime(2016, 7, 3, 12, 0),  # noqa: DTZ001
    datetime(2024, 2, 1, 0, 0),  # noqa: DTZ001
    datetime(2024, 3, 1, 0, 0),  # noqa: DTZ001
]
EVERYTHING = Window(date(2016, 1, 1), date(2026, 1, 1))


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    return tmp_path / "raw"


def land(lake: Path, *chunks: Chunk, **changes: object):
    return land_events(handed_in(**changes), iter(chunks), lake)


class TestLanding:
    def test_one_file_a_month_in_the_order_of_time_and_the_receipt(self, lake):
        receipt = land(lake, chunk(event_rows(MOMENTS), refused([5])))
        files = [
            f"listening_events/month={month}/{receipt.receipt_id}.parquet"
            for month in ("2016-07", "2024-02", "2024-03")
        ]
        assert contents(lake).keys() == {
            *files,
            f"_rejected/{receipt.receipt_id}.parquet",
            f"_receipts/{receipt.receipt_id}.json",
        }
        february = pl.read_parquet(lake / files[1], hive_partitioning=False)
        assert february.schema == RAW_EVENTS.polars_schema
        assert february["source_row"].to_list() == [3, 1]
        assert read_receipts(lake) == [receipt]

    def test_the_receipt_adds_up_and_says_whose_and_when(self, lake):
        rejects = pl.concat([refused([5, 6]), refused([7], "no_play")])
        receipt = land(lake, chunk(event_rows(MOMENTS[:2])), chunk(event_rows(MOMENTS[2:], 3), rejects))
        assert (receipt.rows_in, receipt.loaded) == (7, 4)
        assert receipt.rejected == {"missing_ts": 2, "no_play": 1}
        assert receipt.reconciles
        assert (receipt.first_date, receipt.last_date) == (date(2016, 7, 3), date(2024, 3, 1))
        assert (receipt.user_id, receipt.source_file, receipt.input_sha256) == ("anna", SOURCE_FILE, SHA)
        assert receipt.input_file == "export.zip/history.json"

    def test_what_the_reader_put_right_is_told(self, lake):
        rows = event_rows(MOMENTS)
        noted = Chunk(rows=rows, rows_in=rows.height, notes={"odd_types": 2})
        assert land(lake, noted, noted).dialect == {"format": "json", "notes": {"odd_types": 4}}

    def test_a_file_of_refused_rows_only(self, lake):
        receipt = land(lake, chunk(RAW_EVENTS.empty(), refused([1])))
        assert (receipt.loaded, receipt.landed_files, receipt.reconciles) == (0, (), True)
        told = EventLake(lake).read(Window(receipt.books_date, receipt.books_date + timedelta(days=1)))
        assert (told.rows_in, told.rejected.height) == (1, 1)

    def test_a_file_without_rows(self, lake):
        receipt = land(lake)
        assert (receipt.rows_in, receipt.first_date, receipt.reconciles) == (0, None, True)
        assert contents(lake).keys() == {f"_receipts/{receipt.receipt_id}.json"}

    @pytest.mark.parametrize("spool_rows", [1, 3, 1_000])
    def test_memory_is_bounded_by_a_spool_and_nothing_else_changes(
        self, lake, tmp_path, monkeypatch, spool_rows
    ):
        moments = [MOMENTS[0] - timedelta(days=9 * n, hours=n) for n in range(40)]
        whole = tmp_path / "whole"
        land(whole, chunk(event_rows(moments)))
        monkeypatch.setattr(events_module, "SPOOL_ROWS", spool_rows)
        pieces = [chunk(piece) for piece in in_pieces(event_rows(moments), 4)]
        land(lake, *pieces)
        assert events_of(lake).equals(events_of(whole))

    def test_a_chunk_that_does_not_add_up_lands_nothing(self, lake):
        rows = event_rows(MOMENTS)
        with pytest.raises(ValueError, match=r"history\.json.*5 rows were read, 4 are accounted for"):
            land(lake, Chunk(rows=rows, rows_in=5))
        assert contents(lake) == {}

    def test_a_reader_that_fails_midway_lands_nothing(self, lake, monkeypatch):
        monkeypatch.setattr(events_module, "SPOOL_ROWS", 1)

        def chunks() -> Iterator[Chunk]:
            yield chunk(event_rows(MOMENTS), refused([5]))
            raise SourceError(Path("history.json"), "the zip is damaged", "Download it again")

        with pytest.raises(SourceError):
            land_events(handed_in(), chunks(), lake)
        assert contents(lake) == {}

    def test_a_disk_that_is_full_at_the_receipt_lands_nothing_and_it_can_be_repeated(self, lake, monkeypatch):
        def no_space(path: Path, _: object) -> Path:
            raise OSError(28, "No space left on device", str(path))

        with monkeypatch.context() as patched:
            patched.setattr(layout, "write_bytes", no_space)
            with pytest.raises(OSError, match="No space left"):
                land(lake, chunk(event_rows(MOMENTS), refused([5])))
        assert contents(lake) == {}
        assert land(lake, chunk(event_rows(MOMENTS), refused([5]))).reconciles


class TestLandedBefore:
    def test_the_same_bytes_for_the_same_listener(self, lake):
        assert landed_before(handed_in(), lake) is None
        receipt = land(lake, chunk(event_rows(MOMENTS)))
        again = landed_before(handed_in(name="renamed.json"), lake)
        assert again == receipt
        assert again is not None
        assert again.already_landed

    def test_a_landing_of_which_a_file_is_gone_does_not_count(self, lake):
        receipt = land(lake, chunk(event_rows(MOMENTS)))
        (lake / receipt.landed_files[0]).unlink()
        assert landed_before(handed_in(), lake) is None

    def test_the_same_bytes_for_another_listener_are_refused(self, lake):
        land(lake, chunk(event_rows(MOMENTS)))
        with pytest.raises(ValueError, match="imported for listener anna before"):
            landed_before(handed_in(user_id="ben"), lake)

    def test_empty_files_are_nobodys(self, lake):
        land(lake)
        assert landed_before(handed_in(user_id="ben"), lake) is None


class TestUnfinished:
    def test_files_without_their_receipt_are_not_read_and_are_removed(self, lake):
        receipt = land(lake, chunk(event_rows(MOMENTS)))
        layout.receipt_path(lake, receipt.receipt_id).unlink()
        (lake / ".landing-killed").mkdir()
        (lake / ".landing-killed" / "2024-01-0.arrow").write_bytes(b"x")

        assert EventLake(lake).read(EVERYTHING).rows_in == 0
        assert layout.landed_dates(lake) == []
        remove_unfinished(lake)
        assert contents(lake) == {}

    def test_finished_landings_stay(self, lake):
        land(lake, chunk(event_rows(MOMENTS), refused([5])))
        before = contents(lake)
        remove_unfinished(lake)
        assert contents(lake) == before


class TestReading:
    def test_a_window_has_the_rows_of_its_dates(self, lake):
        land(lake, chunk(event_rows(MOMENTS)))
        day = EventLake(lake).read(Window(date(2024, 2, 29), date(2024, 3, 1)))
        assert day.rows["source_row"].to_list() == [1]
        assert day.rows_in == 1

    def test_what_landing_refused_is_told_once_on_the_first_date(self, lake):
        land(lake, chunk(event_rows(MOMENTS), refused([5, 6])))
        reader = EventLake(lake)
        first = reader.read(Window(date(2016, 7, 3), date(2016, 7, 4)))
        assert (first.rows.height, first.rejected.height, first.rows_in) == (1, 2, 3)
        assert first.rejected[REJECTED_DATE].to_list() == [date(2016, 7, 3)] * 2
        assert reader.read(Window(date(2016, 7, 4), date(2026, 1, 1))).rejected.is_empty()

    def test_producers_and_imports_stand_side_by_side(self, lake):
        land(lake, chunk(event_rows(MOMENTS)))
        layout.write_parquet(
            layout.events_dir(lake, date(2024, 2, 29)) / "part-a.parquet",
            event_rows([MOMENTS[0]], user="ben"),
        )
        found = EventLake(lake).read(Window(date(2024, 2, 29), date(2024, 3, 1)))
        assert sorted(found.rows["user_id"]) == ["anna", "ben"]

    def test_a_file_that_was_moved_to_another_month_is_refused_row_by_row(self, lake):
        receipt = land(lake, chunk(event_rows(MOMENTS[:1])))
        moved = layout.month_dir(lake, date(2024, 5, 1)) / f"{receipt.receipt_id}.parquet"
        moved.parent.mkdir()
        (lake / receipt.landed_files[0]).rename(moved)
        found = EventLake(lake).read(Window(date(2024, 5, 1), date(2024, 5, 2)))
        assert found.rejected["reason"].to_list() == ["wrong_folder"]
        assert found.rows_in == 1
        assert EventLake(lake).read(Window(date(2024, 5, 2), date(2024, 6, 1))).rows_in == 0

    def test_a_damaged_file_is_named(self, lake):
        receipt = land(lake, chunk(event_rows(MOMENTS)))
        (lake / receipt.landed_files[0]).write_bytes(b"PAR1 no more")
        with pytest.raises(SourceError, match=receipt.receipt_id):
            EventLake(lake).read(EVERYTHING)

    def test_nothing_in_an_empty_lake(self, lake):
        assert EventLake(lake).read(EVERYTHING).rows.schema == RAW_EVENTS.polars_schema


def events_of(lake: Path) -> pl.DataFrame:
    return EventLake(lake).read(EVERYTHING).rows.sort("source_row")


MOMENT = st.datetimes(datetime(2019, 11, 1), datetime(2020, 3, 31))  # noqa: DTZ001


@examples(40)
@given(
    moments=st.lists(MOMENT, max_size=30),
    size=st.integers(1, 30),
    cuts=st.lists(st.dates(date(2019, 11, 2), date(2020, 3, 31)), max_size=6, unique=True),
)
def test_any_chunks_and_any_windows_give_every_row_once(tmp_path_factory, moments, size, cuts):
    lake = tmp_path_factory.mktemp("lake")
    rows = event_rows([moment.replace(microsecond=0) for moment in moments])
    receipt = land(lake, *(chunk(piece) for piece in in_pieces(rows, size)))
    assert receipt.loaded == rows.height

    borders = [date(2019, 11, 1), *sorted(cuts), date(2020, 4, 1)]
    reader = EventLake(lake)
    read: list[Cleaned] = [reader.read(Window(a, b)) for a, b in pairwise(borders)]

    assert pl.concat(part.rows for part in read).sort("source_row").equals(rows)
    assert sum(part.rows_in for part in read) == rows.height
    assert layout.landed_dates(lake) == sorted({moment.date() for moment in moments})
