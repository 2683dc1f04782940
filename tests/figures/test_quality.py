"""Receipts, books and checks against what was planted; rules against the rules themselves."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from spotify_assets.figures import quality
from spotify_assets.figures.view import Filters, Period, choices
from spotify_assets.settings import Settings
from spotify_assets.tables import PLAYBACK_ACTIONS
from spotify_assets.transforms import rules
from spotify_assets.warehouse.database import Database
from tests.dbt import test_kpis as kpis
from tests.figures.recount import FEBRUARY, LONG, genres
from tests.worked import BROKEN, MOMENT

VIEW = Filters(FEBRUARY)


@pytest.fixture
def connection(worked: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with Database(Settings(data_dir=worked, _env_file=None).serving_path).reader() as opened:
        yield opened


def test_a_receipt_says_what_became_of_the_rows_of_a_file(connection):
    newer, older = quality.receipts(connection).to_dicts()
    assert (newer["input_file"], older["input_file"]) == ("archive.zip/newer.json", "archive.zip/older.json")
    assert newer["landed_at"] == MOMENT
    for receipt in (newer, older):
        assert (receipt["rows_in"], receipt["loaded"], receipt["rejected"], receipt["duplicate"]) == (
            100,
            90,
            3,
            7,
        )
        assert receipt["difference"] == 0


def test_books_that_lost_a_row_do_not_add_up(connection):
    books = {book["table_name"]: book for book in quality.books(connection).to_dicts()}
    assert books["core.tracks"]["difference"] == 0
    assert books["core.tracks"]["rows_in"] == 200
    assert books["raw.raw_events"]["difference"] == 1
    assert books["raw.raw_events"]["loaded"] == 179
    for book in books.values():
        assert book["slices"] == 2
        assert str(book["newest_date"]) == "2025-04-02"
        assert book["written_at"] == MOMENT


def test_reasons_tell_where_rows_went(connection):
    found = set(quality.reasons(connection).iter_rows())
    assert found == {
        (stage, *reason)
        for stage in ("core.tracks", "raw.raw_events", "landing")
        for reason in (("duplicate", "same_event", 14), ("rejected", "missing_name", 6))
    }


def test_refused_rows_of_the_newest_slices_come_first(connection):
    assert quality.rejected_rows(connection).height == 6
    newest = quality.rejected_rows(connection, 2)
    assert newest["source_row"].to_list() == [1, 2]
    assert set(newest["slice_date"].dt.to_string()) == {"2025-04-02"}


def test_of_a_check_the_last_evaluation_counts(connection):
    found = {check["check_name"]: check for check in quality.checks(connection).to_dicts()}
    unique, ranges, not_null = found["unique_key"], found["ranges"], found["not_null"]
    # A slice that passes does not undo that the whole table failed before.
    assert (unique["passed"], unique["failing_rows"], unique["failing_slices"]) == (False, 5, 1)
    # One slice was mended, the other was not.
    assert (ranges["passed"], ranges["failing_rows"], ranges["failing_slices"]) == (False, 2, 1)
    assert ranges["detail"] == "2 rows"
    # The whole table passes after a slice failed.
    assert (not_null["passed"], not_null["failing_rows"], not_null["detail"]) == (True, 0, "")
    assert quality.checks(connection)["passed"].to_list() == [False, False, True]


def test_what_is_broken_is_told_with_its_moment(worked):
    processed = Settings(data_dir=worked, _env_file=None).processed_dir
    found = quality.incidents(processed)
    assert found is not None
    _, broken = found
    [row] = broken.to_dicts()
    assert (row["title"], row["detail"], row["blocks"]) == (BROKEN.title, BROKEN.detail, True)
    assert row["assets"] == "core/tracks"
    assert quality.incidents(processed / "elsewhere") is None


@pytest.mark.parametrize("name", [None, "user_id", "country", "device", "genre", "artist_id"])
def test_streams_under_each_rule_are_those_of_the_rules(connection, name):
    """Against `spotify-assets rules compare`, which looks at whole events."""
    events = kpis.core("listening_events").filter(
        pl.col("event_date").is_between(FEBRUARY.first, FEBRUARY.last)
    )
    view = VIEW
    if name:
        offered = choices(connection)
        value = next(iter(getattr(offered, name)))
        view = replace(VIEW, **{name: value})
        if name == "genre":
            own = genres().filter(pl.col("genre") == value)["track"]
            events = events.filter(pl.col("track_key").is_in(own.implode()))
        elif name == "artist_id":
            artist = offered.artist_id[value]
            own = kpis.track_totals().filter(pl.col("primary_artist_name") == artist)["track_id"]
            events = events.filter(pl.col("track_key").is_in(own.implode()))
        else:
            events = events.filter(pl.col(name) == value)
    expected = rules.under_each_stream_rule(events)
    found = quality.under_each_stream_rule(connection, view)
    assert events.height > 0
    assert found["rule"].to_list() == expected["rule"].to_list()
    assert found["streams"].to_list() == expected["streams"].to_list()
    assert found["share"].to_list() == pytest.approx(expected["share"].to_list())
    assert found["hours"].to_list() == pytest.approx(expected["hours"].to_list())
    playbacks = events.filter(pl.col("action").is_in(PLAYBACK_ACTIONS)).height
    assert set(found["playbacks"]) == {playbacks}


def test_rules_are_compared_over_the_last_weeks_of_a_long_period(connection):
    period = quality.rule_period(LONG)
    assert (period.last, period.days) == (LONG.last, quality.RULE_DAYS)
    long = quality.under_each_stream_rule(connection, Filters(LONG))
    assert long.equals(quality.under_each_stream_rule(connection, Filters(period)))


def test_nothing_heard_has_no_share(connection):
    day = FEBRUARY.first - timedelta(days=900)
    found = quality.under_each_stream_rule(connection, Filters(Period(day, day)))
    assert found["playbacks"].sum() == 0
    assert found["share"].null_count() == found.height


def test_without_books_and_receipts_there_are_no_rows(tmp_path: Path):
    with duckdb.connect(str(tmp_path / "empty.duckdb")) as empty:
        for figure in (
            quality.receipts,
            quality.books,
            quality.reasons,
            quality.rejected_rows,
            quality.checks,
        ):
            assert figure(empty).is_empty()
