"""Model features of a few playbacks, worked out by hand: histories, gaps, order."""

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from spotify_assets.transforms.features import first_start
from tests.transforms.test_features import (
    NO_EVENTS,
    NOON,
    after,
    catalogue,
    events_of,
    model_features,
    playback,
    skipped,
    track_id,
)

INSTANT = timedelta(microseconds=1)
MIDNIGHT = datetime.fromisoformat("2025-03-01T00:00:00")
HISTORY_COLUMNS = ("user_plays", "user_track_plays", "user_artist_plays")


def histories(row_id: str, events: pl.DataFrame, cut: date | None = None) -> tuple[int, ...]:
    """Plays of the user, with the track and of the artist before an event; by slices cut at a date."""
    is_before = pl.col("event_date") < (cut or date(2000, 1, 1))
    features = model_features(events.remove(is_before), events.filter(is_before), catalogue(track_id(1)))
    row = features.row(by_predicate=pl.col("event_id") == row_id, named=True)
    return tuple(row[name] for name in HISTORY_COLUMNS)


@pytest.mark.parametrize(
    ("ended_at", "counts"),
    [
        (MIDNIGHT - timedelta(days=28) - INSTANT, 0),
        (MIDNIGHT - timedelta(days=28), 1),
        (MIDNIGHT - INSTANT, 1),
        (MIDNIGHT, 1),
        (NOON - INSTANT, 1),
        (NOON, 0),
        (NOON + INSTANT, 0),
    ],
)
def test_history_is_what_ended_before_the_start_and_in_the_28_days_before_its_day(
    ended_at: datetime, counts: int
):
    past = skipped(1, ended_at - timedelta(seconds=100), 100, event_id="past", session_id="anna-0")
    events = events_of(past, playback(1, NOON, event_id="now"))
    assert histories("now", events) == (counts,) * 3
    assert histories("now", events, cut=NOON.date()) == (counts,) * 3


def test_history_of_a_playback_that_began_before_the_slice_is_that_of_its_own_start():
    def ended(name: str, ended_at: datetime, **changes: Any) -> dict[str, Any]:
        return playback(1, ended_at - timedelta(seconds=60), 60, event_id=name, session_id=name, **changes)

    long = playback(1, MIDNIGHT - timedelta(minutes=10), 20 * 60, event_id="long")
    events = events_of(
        ended("before", MIDNIGHT - timedelta(minutes=11)),
        ended("during", MIDNIGHT - timedelta(minutes=9)),
        ended("after midnight", MIDNIGHT + timedelta(minutes=1)),
        ended("of another", MIDNIGHT - timedelta(minutes=11), user_id="ben"),
        ended("a podcast", MIDNIGHT - timedelta(minutes=11), content_type="podcast"),
        # It began on 28 February, 28 days before which January ends.
        ended("first of the history", datetime.fromisoformat("2025-01-31T00:00:00")),
        ended("too early", datetime.fromisoformat("2025-01-30T23:59:59")),
        long,
    )
    assert histories("long", events) == (2, 2, 2)
    assert histories("long", events, cut=MIDNIGHT.date()) == (2, 2, 2)


def test_an_overlap_within_the_resolution_of_the_clock_is_no_gap():
    events = events_of(playback(1, NOON, 100), playback(2, after(99)), playback(3, after(300)))
    assert model_features(events, NO_EVENTS, catalogue())["gap_seconds"].to_list() == [None, 0, 101]


def test_where_snapshots_disagree_about_the_artist_the_first_in_order_counts():
    older = catalogue(track_id(1), track_id(2)).with_columns(
        primary_artist_id=pl.Series(["b", "a"]), snapshot_date=pl.lit(date(2025, 2, 1))
    )
    newer = catalogue(track_id(1)).with_columns(primary_artist_id=pl.lit("a"))
    events = events_of(playback(1, track_id=track_id(1)), playback(2, after(200), track_id=track_id(2)))
    features = model_features(events, NO_EVENTS, pl.concat([older, newer]))
    assert features["user_artist_plays"].to_list() == [0, 1]


def test_rows_are_in_the_order_of_their_starts_and_ids():
    starts = [(3, NOON), (2, NOON), (1, after(50))]
    events = events_of(*(playback(n, start, session_id=f"s{n}") for n, start in reversed(starts)))
    assert model_features(events, NO_EVENTS, catalogue())["event_id"].to_list() == [
        "event-2",
        "event-3",
        "event-1",
    ]


def test_the_first_start_of_a_slice_may_lie_before_its_first_date():
    assert first_start(NO_EVENTS) is None
    events = events_of(playback(1, NOON), playback(2, MIDNIGHT - timedelta(minutes=1), 120))
    assert first_start(events) == date(2025, 2, 28)
