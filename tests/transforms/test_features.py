"""Model features: what each row says, and that no row knows how its playback ended."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from spotify_assets.tables import LISTENING_EVENTS, MODEL_FEATURES, TRACKS
from spotify_assets.transforms.features import EVENT_COLUMNS, TRACK_COLUMNS
from spotify_assets.transforms.features import model_features as features_of
from tests.examples import examples
from tests.transforms.before import Before

NOON = datetime.fromisoformat("2025-03-01T12:00:00")
NO_EVENTS = LISTENING_EVENTS.empty()
DECIDED_AT_START = [c for c in MODEL_FEATURES.column_names if c not in ("is_skip", "event_date")]
"""All columns but the label and the partition, which follow from the end of the playback."""


def track_id(number: int) -> str:
    return f"{number:022d}"


def playback(
    position: int | None, start: datetime = NOON, seconds: float = 100, **changes: Any
) -> dict[str, Any]:
    end = start + timedelta(seconds=seconds)
    row = {
        "event_id": f"event-{position}",
        "user_id": "anna",
        "track_id": track_id(1),
        "started_at": start,
        "ended_at": end,
        "event_date": end.date(),
        "action": "play",
        "ms_played": int(seconds * 1000),
        "skipped": False,
        "reason_start": "trackdone",
        "reason_end": "trackdone",
        "device": "mobile",
        "shuffle": True,
        "session_id": "anna-1",
        "session_position": position,
        "source": "extended_history",
        "content_type": "music",
        "outcome": "complete",
        "is_stream": True,
    }
    return row | changes


def skipped(position: int, start: datetime = NOON, seconds: float = 5, **changes: Any) -> dict[str, Any]:
    ended_by_skip = {"action": "skip", "outcome": "skip", "skipped": True, "reason_end": "fwdbtn"}
    return playback(position, start, seconds, **(ended_by_skip | changes))


def events_of(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=LISTENING_EVENTS.polars_schema)


def catalogue(*ids: str) -> pl.DataFrame:
    rows = [
        {
            "snapshot_date": date(2025, 2, 28),
            "track_id": one,
            "primary_artist_id": f"artist of {one}",
            "danceability": 0.7,
            "energy": 0.6,
            "tempo": 121.5,
            "popularity": 55,
            "duration_ms": 200_000,
            "explicit": False,
        }
        for one in ids
    ]
    return pl.DataFrame(rows, schema=TRACKS.polars_schema)


def model_features(events: pl.DataFrame, before: pl.DataFrame, tracks: pl.DataFrame) -> pl.DataFrame:
    """The features of a slice, from only the columns that are asked for and only the days that are."""
    first: date = events.select(pl.col("event_date").min()).item() or NOON.date()
    return features_of(events.select(EVENT_COLUMNS), Before(before, first), tracks.select(TRACK_COLUMNS))


def previous_by_event(frame: pl.DataFrame) -> dict[str, bool | None]:
    return dict(zip(frame["event_id"], frame["previous_is_skip"], strict=True))


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_columns_and_types_are_those_of_the_catalogue_with_and_without_rows():
    for events in (events_of(playback(1)), NO_EVENTS):
        assert (
            model_features(events, NO_EVENTS, catalogue(track_id(1))).schema == MODEL_FEATURES.polars_schema
        )


def test_a_row_tells_the_track_and_the_circumstances_of_the_start():
    sunday = datetime.fromisoformat("2025-03-02T23:59:30")
    [row] = model_features(
        events_of(skipped(1, sunday, 60, reason_start="clickrow", device="car")),
        NO_EVENTS,
        catalogue(track_id(1)),
    ).to_dicts()

    assert row["event_date"] == date(2025, 3, 3)
    assert (row["hour_utc"], row["weekday"]) == (23, 7)
    assert (row["danceability"], row["energy"], row["tempo"]) == (0.7, 0.6, 121.5)
    assert (row["popularity"], row["duration_ms"], row["explicit"]) == (55, 200_000, False)
    assert (row["device"], row["shuffle"], row["reason_start"]) == ("car", True, "clickrow")
    assert (row["session_position"], row["previous_is_skip"], row["is_skip"]) == (1, None, True)


def test_only_music_playbacks_of_a_track_have_a_row():
    events = events_of(
        playback(1),
        playback(2, content_type="podcast", track_id=None),
        playback(3, content_type="video"),
        playback(4, track_id=None),
        playback(None, action="pause", outcome=None, event_id="pause"),
        playback(None, action="add_to_playlist", outcome=None, event_id="add"),
        skipped(5),
    )
    features = model_features(events, NO_EVENTS, catalogue(track_id(1)))
    assert sorted(features["event_id"]) == ["event-1", "event-5"]


def test_abandoned_is_not_a_skip():
    features = model_features(events_of(playback(1, outcome="abandoned")), NO_EVENTS, catalogue())
    assert features["is_skip"].to_list() == [False]


def test_a_track_that_the_catalogue_lacks_keeps_its_row_without_track_features():
    [row] = model_features(
        events_of(playback(1, track_id=track_id(9))), NO_EVENTS, catalogue(track_id(1))
    ).to_dicts()
    assert row["track_id"] == track_id(9)
    assert [row[name] for name in ("danceability", "tempo", "popularity", "duration_ms", "explicit")] == [
        None
    ] * 5


def test_of_two_snapshots_the_newest_at_or_before_the_day_counts_and_no_row_doubles():
    newer = catalogue(track_id(1)).with_columns(snapshot_date=pl.lit(date(2025, 3, 1)), popularity=60)
    future = newer.with_columns(snapshot_date=pl.lit(date(2026, 1, 1)), popularity=99)
    snapshots = pl.concat([future, catalogue(track_id(1)), newer], how="vertical_relaxed")

    features = model_features(events_of(playback(1), playback(2, after(200))), NO_EVENTS, snapshots)

    assert features["popularity"].to_list() == [60, 60]


def test_previous_outcome_is_that_of_the_playback_before_it_in_its_own_session():
    events = events_of(
        skipped(1),
        playback(2, after(10)),
        playback(3, after(200)),
        skipped(1, event_id="other session", session_id="anna-2"),
        skipped(2, after(10), event_id="other user", user_id="ben"),
    )
    assert previous_by_event(model_features(events, NO_EVENTS, catalogue())) == {
        "event-1": None,
        "event-2": True,
        "event-3": False,
        "other session": None,
        "other user": None,
    }


def test_a_podcast_in_between_is_the_previous_playback_and_a_pause_is_not():
    events = events_of(
        playback(1),
        skipped(2, after(110), content_type="podcast", track_id=None),
        playback(None, after(115), 0, action="pause", outcome=None, event_id="pause"),
        playback(3, after(120)),
    )
    assert previous_by_event(model_features(events, NO_EVENTS, catalogue()))["event-3"] is True


def test_a_session_goes_on_over_midnight():
    midnight = datetime.fromisoformat("2025-03-02T00:00:00")
    before = events_of(
        playback(1, midnight - timedelta(minutes=10)), skipped(2, midnight - timedelta(minutes=5))
    )
    today = events_of(playback(3, midnight + timedelta(minutes=5)))

    assert previous_by_event(model_features(today, before, catalogue())) == {"event-3": True}
    assert previous_by_event(model_features(today, NO_EVENTS, catalogue())) == {"event-3": None}


def test_a_gap_in_the_session_is_unknown_rather_than_bridged():
    events = events_of(skipped(1), playback(3, after(300)))
    assert previous_by_event(model_features(events, NO_EVENTS, catalogue()))["event-3"] is None


@pytest.mark.parametrize(
    ("source", "overlap_seconds", "known"),
    [
        ("extended_history", 0, True),
        ("extended_history", 1, True),
        ("extended_history", 2, False),
        ("account_data", 60, True),
        ("account_data", 61, False),
    ],
)
def test_the_outcome_of_a_playback_that_is_still_running_is_unknown(source, overlap_seconds, known):
    events = events_of(
        skipped(1, seconds=100, source=source), playback(2, after(100 - overlap_seconds), source=source)
    )
    previous = previous_by_event(model_features(events, NO_EVENTS, catalogue()))["event-2"]
    assert previous is (True if known else None)


@st.composite
def listening(draw: st.DrawFn, max_gap: timedelta = timedelta(seconds=400)) -> pl.DataFrame:
    """Sessions of two users, in order of start; playbacks may overlap."""
    gaps = st.integers(1, 400) | st.integers(1, int(max_gap.total_seconds()))
    rows = []
    for user in ("anna", "ben"):
        start = NOON
        for position in range(1, draw(st.integers(1, 8)) + 1):
            kind = draw(st.sampled_from([playback, skipped]))
            rows.append(
                kind(
                    position,
                    start,
                    draw(st.integers(0, 300)),
                    event_id=f"{user}-{position}",
                    user_id=user,
                    session_id=f"{user}-1",
                    track_id=draw(st.sampled_from([track_id(1), track_id(2)])),
                    source=draw(st.sampled_from(["extended_history", "account_data"])),
                    content_type=draw(st.sampled_from(["music", "music", "podcast"])),
                )
            )
            start += timedelta(seconds=draw(gaps))
    return events_of(*sorted(rows, key=lambda row: (row["started_at"], row["event_id"])))


def known_features(events: pl.DataFrame) -> pl.DataFrame:
    return model_features(events, NO_EVENTS, catalogue(track_id(1))).select(DECIDED_AT_START)


def ended_otherwise(row: dict[str, Any]) -> dict[str, Any]:
    """The same playback with every fact about its end changed."""
    was_skip = row["outcome"] == "skip"
    ended_at = row["ended_at"] + timedelta(hours=30)
    return row | {
        "outcome": "complete" if was_skip else "skip",
        "action": "play" if was_skip else "skip",
        "skipped": not row["skipped"],
        "reason_end": "logout",
        "ms_played": row["ms_played"] + 108_000_000,
        "ended_at": ended_at,
        "event_date": ended_at.date(),
        "is_stream": not row["is_stream"],
    }


def change(events: pl.DataFrame, where: Callable[[dict[str, Any]], bool]) -> pl.DataFrame:
    return events_of(*(ended_otherwise(row) if where(row) else row for row in events.iter_rows(named=True)))


def ends_after(row: dict[str, Any], moment: datetime) -> bool:
    ended_at: datetime = row["ended_at"]
    return ended_at > moment


@examples(25)
@given(events=listening(), data=st.data())
def test_how_a_playback_and_all_after_it_ended_moves_no_row_up_to_it(events, data):
    decided_at = data.draw(st.sampled_from(events["started_at"].unique().sort().to_list()))
    perturbed = change(events, lambda row: row["started_at"] >= decided_at)

    up_to_it = pl.col("started_at") <= decided_at
    assert_frame_equal(known_features(perturbed).filter(up_to_it), known_features(events).filter(up_to_it))


@pytest.mark.slow
@examples(25)
@given(events=listening())
def test_what_was_still_running_at_the_start_moves_no_row(events):
    for row in known_features(events).iter_rows(named=True):
        horizon = row["started_at"] + timedelta(seconds=60)
        perturbed = change(events, partial(ends_after, moment=horizon))
        assert (
            known_features(perturbed).row(by_predicate=pl.col("event_id") == row["event_id"], named=True)
            == row
        )


@examples(25)
@given(events=listening(), data=st.data())
def test_rows_of_the_future_move_no_earlier_row(events, data):
    seen = data.draw(st.integers(1, events.height))
    earlier = known_features(events.head(seen))
    assert_frame_equal(
        known_features(events).filter(pl.col("event_id").is_in(earlier["event_id"].implode())), earlier
    )


@examples(25)
@given(events=listening(max_gap=timedelta(hours=9)), data=st.data())
def test_slices_together_are_the_whole_in_any_row_order(events, data):
    days = events["event_date"].unique().sort().to_list()
    is_earlier = pl.col("event_date") < data.draw(st.sampled_from(days))
    shuffled = events.sample(fraction=1, shuffle=True, seed=data.draw(st.integers(0, 9)))
    tracks = catalogue(track_id(1))
    first, second = events.filter(is_earlier), events.filter(~is_earlier)
    sliced = pl.concat([model_features(first, NO_EVENTS, tracks), model_features(second, first, tracks)])
    assert_frame_equal(sliced.sort("started_at", "event_id"), model_features(shuffled, NO_EVENTS, tracks))


def counted_by_hand(
    row: dict[str, Any], events: pl.DataFrame, same: Sequence[str]
) -> tuple[int, float | None]:
    """Plays and skip rate of a row's history, counted event by event."""
    midnight = datetime.combine(row["started_at"].date(), time())
    past = [
        event["outcome"] == "skip"
        for event in events.iter_rows(named=True)
        if event["content_type"] == "music"
        and midnight - timedelta(days=28) <= event["ended_at"] < row["started_at"]
        and all(event[name] == row[name] for name in ("user_id", *same))
    ]
    return len(past), sum(past) / len(past) if past else None


@examples(25)
@given(events=listening(max_gap=timedelta(days=9)))
def test_the_history_is_that_counted_by_hand(events):
    for row in model_features(events, NO_EVENTS, catalogue(track_id(1), track_id(2))).to_dicts():
        for name, same in (("user", ()), ("user_track", ("track_id",)), ("user_artist", ("track_id",))):
            expected = counted_by_hand(row, events, same)
            assert (row[f"{name}_plays"], row[f"{name}_skip_rate"]) == expected, name


def test_artists_are_those_of_the_catalogue_and_else_those_of_the_export():
    events = events_of(
        skipped(1, track_id=track_id(1)),
        playback(2, after(10), track_id=track_id(2)),
        playback(3, after(200), track_id=track_id(8), artist_name="Exported"),
        skipped(4, after(400), track_id=track_id(9), artist_name="Exported"),
        playback(5, after(500), track_id=track_id(7)),
    )
    tracks = catalogue(track_id(1), track_id(2)).with_columns(primary_artist_id=pl.lit("one artist"))
    features = model_features(events, NO_EVENTS, tracks)
    assert features["user_artist_plays"].to_list() == [0, 1, 0, 1, None]
    assert features["user_artist_skip_rate"].to_list() == [None, 1.0, None, 0.0, None]
    assert features["user_track_plays"].to_list() == [0, 0, 0, 0, 0]


def test_recent_outcomes_are_those_of_the_last_five_playbacks_of_the_session():
    kinds = [skipped, skipped, playback, skipped, playback, playback, playback]
    events = events_of(*(kind(n, after(200 * n)) for n, kind in enumerate(kinds, 1)))
    features = model_features(events, NO_EVENTS, catalogue())
    assert features["recent_skip_rate"].to_list() == pytest.approx([None, 1, 1, 2 / 3, 3 / 4, 3 / 5, 2 / 5])
    assert features["gap_seconds"].to_list() == [None, 195, 195, 100, 195, 100, 100]


def test_popularity_is_as_of_the_day_of_the_start_whenever_the_playback_ended():
    midnight = datetime.fromisoformat("2025-03-02T00:00:00")
    next_day = catalogue(track_id(1)).with_columns(snapshot_date=pl.lit(midnight.date()), popularity=99)
    snapshots = pl.concat([catalogue(track_id(1)), next_day], how="vertical_relaxed")
    for seconds in (30, 300):
        events = events_of(playback(1, midnight - timedelta(seconds=60), seconds))
        assert model_features(events, NO_EVENTS, snapshots)["popularity"].to_list() == [55]


@examples(15)
@given(events=listening(max_gap=timedelta(days=9)), data=st.data())
def test_the_history_does_not_depend_on_how_the_slices_are_cut(events, data):
    days = events["event_date"].unique().sort().to_list()
    cut = pl.col("event_date") < data.draw(st.sampled_from(days))
    columns = ["event_id", *(name for name in MODEL_FEATURES.column_names if name.startswith("user_"))]
    tracks = catalogue(track_id(1))
    sliced = pl.concat(
        [
            model_features(events.filter(cut), NO_EVENTS, tracks),
            model_features(events.filter(~cut), events.filter(cut), tracks),
        ]
    )
    whole = model_features(events, NO_EVENTS, tracks)
    assert_frame_equal(sliced.select(columns).sort("event_id"), whole.select(columns).sort("event_id"))


def test_what_ended_nobody_knows_how_has_no_row_and_tells_nothing_of_what_follows():
    """An unknown outcome is neither a skip nor none: in the label, the session and the history."""
    unknown: dict[str, Any] = {
        "outcome": "unknown",
        "reason_end": None,
        "skipped": None,
        "source": "account_data",
    }
    before = events_of(
        skipped(1, NOON - timedelta(days=2), event_id="old", session_id="old"),
        playback(2, NOON - timedelta(days=1), event_id="older", session_id="old", **unknown),
    )
    events = events_of(
        playback(1, after(0), 100, **unknown),
        skipped(2, after(100), 5),
        playback(3, after(105), 100, **unknown),
        playback(4, after(400), 100),
    )
    features = model_features(events, before, catalogue(track_id(1)))
    assert features["event_id"].to_list() == ["event-2", "event-4"]
    assert features["previous_is_skip"].to_list() == [None, None]
    assert features["recent_skip_rate"].to_list() == [None, 1.0]
    assert features["gap_seconds"].to_list() == [0.0, 195.0]
    for name in ("user", "user_track", "user_artist"):
        assert features[f"{name}_plays"].to_list() == [1, 2]
        assert features[f"{name}_skip_rate"].to_list() == [1.0, 1.0]
