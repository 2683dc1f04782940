"""What the catalogue said on an event's day, against a search through all snapshots."""

from datetime import date, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.transforms.as_of import join_tracks
from tests.examples import examples

FIRST_DAY = date(2025, 3, 1)
DAYS = st.integers(0, 9).map(lambda n: FIRST_DAY + timedelta(days=n))
TRACKS = st.sampled_from(["t1", "t2", "t3"])
TRACK_SCHEMA = {
    "track_id": pl.String,
    "snapshot_date": pl.Date,
    "duration_ms": pl.Int64,
    "popularity": pl.Int64,
}


def tracks_of(*rows: tuple[str, date, int | None]) -> pl.DataFrame:
    return pl.DataFrame([(*row, 50) for row in rows], schema=TRACK_SCHEMA, orient="row")


def events_of(*rows: tuple[str | None, date]) -> pl.DataFrame:
    numbered = [(n, *row) for n, row in enumerate(rows)]
    schema = {"event": pl.Int64, "track_id": pl.String, "event_date": pl.Date}
    return pl.DataFrame(numbered, schema=schema, orient="row")


def as_of(track_id: str | None, day: date, tracks: list[tuple[str, date, int | None]]) -> int | None:
    """The newest length up to the day, or else the earliest after it, by looking at every row."""
    of_track = [(snapshot, length) for track, snapshot, length in tracks if track == track_id]
    before = [row for row in of_track if row[0] <= day]
    if before:
        return max(before, key=lambda row: row[0])[1]
    return min(of_track, key=lambda row: row[0])[1] if of_track else None


@examples(200)
@given(
    tracks=st.lists(
        st.tuples(TRACKS, DAYS, st.none() | st.integers(1, 10**6)), max_size=12, unique_by=lambda r: r[:2]
    ),
    events=st.lists(st.tuples(TRACKS | st.just("t4") | st.none(), DAYS), max_size=12),
)
def test_every_event_gets_what_a_search_through_all_snapshots_finds(tracks, events):
    frame = events_of(*events)
    joined = join_tracks(frame, tracks_of(*tracks), ["duration_ms"])
    assert joined.columns == [*frame.columns, "duration_ms"]
    assert joined.rows() == [
        (n, track, day, as_of(track, day, tracks)) for n, (track, day) in enumerate(events)
    ]


def test_a_later_snapshot_is_better_than_none():
    day = FIRST_DAY
    joined = join_tracks(
        events_of(("t1", day), ("t2", day)),
        tracks_of(("t1", day + timedelta(days=5), 5), ("t1", day + timedelta(days=3), 3), ("t2", day, 1)),
        ["duration_ms"],
    )
    assert joined["duration_ms"].to_list() == [3, 1]


def test_a_newer_snapshot_wins_even_where_it_does_not_know_the_value():
    tracks = tracks_of(("t1", FIRST_DAY, 1), ("t1", FIRST_DAY + timedelta(days=1), None))
    joined = join_tracks(events_of(("t1", FIRST_DAY + timedelta(days=2))), tracks, ["duration_ms"])
    assert joined["duration_ms"].to_list() == [None]


def test_without_a_catalogue_events_stay_with_nulls():
    joined = join_tracks(
        events_of(("t1", FIRST_DAY), (None, FIRST_DAY)), tracks_of(), ["duration_ms", "popularity"]
    )
    assert joined.select("duration_ms", "popularity").rows() == [(None, None), (None, None)]
    assert joined.schema["duration_ms"] == pl.Int64
