"""What playbacks that are stored say of lengths: which the catalogue has wrong, and whichever slice asks."""

import pickle
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from spotify_assets.rows.window import Window
from spotify_assets.tables import RAW_EVENTS, TRACKS, Table
from spotify_assets.transforms.events import listening_events
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.lengths import length_sources
from spotify_assets.warehouse.reader import TableReader
from tests.transforms.events import Row, playback, raw_events, track

FIRST = date(2025, 3, 1)
Length = tuple[int, str, int | None]
"""Number of a track, day of the snapshot, milliseconds."""


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "warehouse.duckdb")


def store(database: Database, events: Sequence[Row], lengths: Sequence[Length]) -> tuple[TableReader, ...]:
    """Raw events and a catalogue as the warehouse has them, where it requires nothing of other columns."""
    tracks = pl.DataFrame(
        {
            "track_id": [track(number) for number, *_ in lengths],
            "snapshot_date": [date.fromisoformat(day) for _, day, _ in lengths],
            "duration_ms": [length for *_, length in lengths],
            "track_name": [f"T{number}" for number, *_ in lengths],
            "primary_artist_name": ["Ada"] * len(lengths),
        },
        schema={
            name: TRACKS.polars_schema[name]
            for name in ("track_id", "snapshot_date", "duration_ms", "track_name", "primary_artist_name")
        },
    )
    with duckdb.connect(str(database.path)) as connection:
        for table, rows in ((RAW_EVENTS, raw_events(*events)), (TRACKS, tracks)):
            write(connection, table, rows)
    return TableReader(database, RAW_EVENTS), TableReader(database, TRACKS)


def write(connection: duckdb.DuckDBPyConnection, table: Table, rows: pl.DataFrame) -> None:
    columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
    connection.execute(
        f"create schema if not exists {table.schema}; create table {table.full_name} ({columns})"
    )
    connection.register("new_rows", rows.to_arrow())
    connection.execute(f"insert into {table.full_name} by name from new_rows")


def heard(number: int, *seconds: float, **changes: Any) -> list[Row]:
    """Playbacks of a track, one a day, each of so many seconds."""
    return [
        playback(
            f"{number}-{n}-{each}-{changes}", f"2025-03-{n:02} 12:00", each, track_id=track(number), **changes
        )
        for n, each in enumerate(seconds, 1)
    ]


def refuted(database: Database, events: Sequence[Row], lengths: Sequence[Length]) -> list[tuple[str, int]]:
    return sorted(length_sources(*store(database, events, lengths)).refuted().rows())


TWENTY: list[Length] = [(1, "2025-01-01", 20_000)]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([31, 31], False),
        ([31, 31, 31], True),
        ([31, 31, 30], False),
        ([30.001, 30.001, 30.001], True),
        ([200, 200, 200, 20, 20, 20], True),
        ([200, 200, 200, 20, 20, 20, 20], False),
        ([200, 200, 200, 19.999, 19.999, 19.999, 19.999], True),
    ],
)
def test_three_plays_far_beyond_a_length_refute_it_if_they_are_half_of_those_that_reached_it(
    database, seconds, expected
):
    found = refuted(database, heard(1, *seconds), TWENTY)
    assert found == ([(track(1), 20_000)] if expected else [])


def test_a_play_that_several_rows_tell_of_counts_once(database):
    twice = [row for row in heard(1, 200, 200) for _ in range(2)]
    assert refuted(database, twice, TWENTY) == []


@pytest.mark.parametrize("changes", [{"source": "lastfm"}, {"source": "listenbrainz"}, {"track_id": None}])
def test_scrobbles_and_plays_without_an_id_refute_nothing(database, changes):
    rows = [row | changes for row in heard(1, 200, 200, 200)]
    assert refuted(database, rows, TWENTY) == []


def test_of_several_snapshots_only_the_wrong_length_is_refuted(database):
    lengths: list[Length] = [
        *TWENTY,
        (1, "2025-01-02", 20_000),
        (1, "2025-02-01", 200_000),
        (1, "2025-02-02", None),
        (2, "2025-01-01", 20_000),
    ]
    events = [*heard(1, 200, 200, 200), *heard(2, 20, 20, 20)]
    assert refuted(database, events, lengths) == [(track(1), 20_000)]


def test_tasks_elsewhere_are_sent_what_refutes_a_length_and_do_not_look_for_it(database: Database):
    sources = length_sources(*store(database, heard(1, 200, 200, 200), TWENTY))
    sent = pickle.loads(pickle.dumps(sources))
    database.path.unlink()
    assert sent.refuted().rows() == [(track(1), 20_000)]


def made(database: Database, readers: tuple[TableReader, ...], days: int) -> pl.DataFrame:
    """Listening events of March, made from the slices of so many days that have some."""
    events, tracks = readers
    sources = length_sources(events, tracks)
    windows = [
        Window(FIRST + timedelta(days=n), FIRST + timedelta(days=min(n + days, 31)))
        for n in range(0, 31, days)
    ]

    def clean(window: Window) -> pl.DataFrame:
        return listening_events(
            events.read(window),
            lambda before: events.read(window.preceding(before)),
            tracks.as_of(window, "track_id", ["track_id", "snapshot_date", "duration_ms"]),
            lambda after: events.read(window.following(after)),
            lengths=sources,
        ).rows

    rows = pl.concat([clean(window) for window in windows if events.read(window).height])
    return rows.select("event_id", "outcome", "is_stream", "known_duration_ms").sort("event_id")


@pytest.mark.slow
def test_days_give_the_outcomes_and_lengths_that_the_month_gives(database):
    """Own plays and refutations of any day count for all days; a play of the next day follows nothing."""
    account = {"track_id": None, "reason_start": None, "reason_end": None, "source": "account_data"}
    events = [
        *heard(1, 200, 200, 200, 60, reason_end="fwdbtn", artist_name="Ada", track_name="T1"),
        *heard(2, 180, artist_name="Ada", track_name="T2"),
        playback("late", "2025-03-20 12:00", 175, track_id=track(2), reason_end="fwdbtn"),
        playback("first", "2025-03-01 00:10", 3, artist_name="Ada", track_name="T2", **account),
        playback("next", "2025-03-01 00:20", 180, artist_name="Ada", track_name="T2", **account),
        playback("last", "2025-03-29 23:55", 60, artist_name="Ada", track_name="T2", **account),
        playback("after", "2025-03-30 00:01", 60, artist_name="Ada", track_name="T3", **account),
        playback("again", "2025-03-28 12:00", 240, artist_name="Ada", track_name="T3", **account),
        playback("agrees", "2025-03-31 12:00", 240.5, artist_name="Ada", track_name="T3", **account),
    ]
    readers = store(database, events, TWENTY)
    by_month, by_day, by_five = (made(database, readers, days) for days in (31, 1, 5))
    assert by_day.equals(by_month)
    assert by_five.equals(by_month)
    found = {event_id: (outcome, length) for event_id, outcome, _, length in by_month.iter_rows()}
    expected = {
        "late": ("complete", 180_000),
        "first": ("skip", 180_000),
        "next": ("complete", 180_000),
        "last": ("unknown", 180_000),
        "after": ("unknown", 240_500),
        "again": ("complete", 240_500),
        "agrees": ("complete", 240_500),
    }
    assert {event_id: found[event_id] for event_id in expected} == expected
    refuted_one = by_month.filter(pl.col("event_id").str.starts_with("1-"))
    assert refuted_one["known_duration_ms"].null_count() == 4
    assert set(refuted_one["outcome"]) == {"skip"}
