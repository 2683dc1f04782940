"""Daily track metrics, against dictionaries that count one event at a time."""

from collections import defaultdict
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.tables import ACTIONS, CONTENT_TYPES, DAILY_TRACK_METRICS, OUTCOMES
from spotify_assets.transforms.metrics import daily_track_metrics, metrics_of_pieces
from tests.examples import examples
from tests.transforms.events import Row, interaction, listening_events, playback, track


def counted(event_id: str = "e1", **changes: Any) -> Row:
    return playback(event_id) | {"outcome": "complete", "is_stream": True} | changes


@st.composite
def judged_events(draw: st.DrawFn) -> list[Row]:
    rows = []
    for number in range(draw(st.integers(0, 15))):
        action = draw(st.sampled_from(ACTIONS))
        is_playback = action in ("play", "skip")
        rows.append(
            playback(
                f"e{number}",
                user_id=draw(st.sampled_from(["anna", "ben", "cem"])),
                track_id=draw(st.sampled_from([track(1), track(2), None])),
                event_date=draw(st.sampled_from([date(2025, 3, 1), date(2025, 3, 2)])),
                action=action,
                content_type=draw(st.sampled_from(CONTENT_TYPES[:2])),
                ms_played=draw(st.integers(0, 3 * 10**9)) if is_playback else 0,
                outcome=draw(st.sampled_from(OUTCOMES)) if is_playback else None,
                is_stream=draw(st.booleans()) if is_playback else False,
            )
        )
    return rows


_COUNTED_IN = {
    "skip": "skips",
    "complete": "completes",
    "abandoned": "abandons",
    "unknown": "unknowns",
}


def count_one_by_one(rows: list[Row]) -> list[Row]:
    days: dict[tuple[date, str], Row] = defaultdict(lambda: defaultdict(int))
    listeners: dict[tuple[date, str], set[str]] = defaultdict(set)
    for row in rows:
        if row["content_type"] != "music" or row["track_id"] is None:
            continue
        key = (row["event_date"], row["track_id"])
        day = days[key]
        if row["action"] == "pause":
            day["pauses"] += 1
        elif row["action"] == "add_to_playlist":
            day["playlist_adds"] += 1
        else:
            day["plays"] += 1
            day["ms_played"] += row["ms_played"]
            day[_COUNTED_IN[row["outcome"]]] += 1
            day["streams"] += int(row["is_stream"])
            listeners[key].add(row["user_id"])
    result = []
    for key in sorted(days):
        day = days[key]
        known = {"event_date": key[0], "track_id": key[1], "listeners": len(listeners[key])}
        known_plays = day["skips"] + day["completes"] + day["abandons"]
        assert known_plays + day["unknowns"] == day["plays"]
        known["skip_rate"] = day["skips"] / known_plays if known_plays else None
        result.append({c: known[c] if c in known else day[c] for c in DAILY_TRACK_METRICS.column_names})
    return result


@examples(150)
@given(judged_events())
def test_metrics_are_what_counting_one_by_one_gives(rows):
    metrics = daily_track_metrics(listening_events(*rows))
    assert metrics.schema == DAILY_TRACK_METRICS.polars_schema
    assert metrics.to_dicts() == count_one_by_one(rows)


@examples(60)
@given(judged_events())
def test_metrics_of_pieces_of_listeners_are_those_of_all(rows):
    events = listening_events(*rows)
    pieces = [events.filter(user_id=name) for name in ("anna", "ben", "cem")]
    assert metrics_of_pieces(pieces).equals(daily_track_metrics(events))


def test_milliseconds_beyond_32_bits_add_up():
    two_days = 2 * 24 * 3600 * 1000
    rows = [counted(event_id=f"e{n}", ms_played=two_days) for n in range(20)]
    assert daily_track_metrics(listening_events(*rows))["ms_played"].to_list() == [20 * two_days]
    assert 20 * two_days > 2**31


def test_a_short_skip_is_a_play_but_no_stream():
    rows = [
        counted(event_id="e1"),
        counted(event_id="e2", action="skip", outcome="skip", is_stream=False, ms_played=5_000),
    ]
    [day] = daily_track_metrics(listening_events(*rows)).to_dicts()
    assert (day["plays"], day["streams"], day["skips"], day["skip_rate"]) == (2, 1, 1, 0.5)


@pytest.mark.parametrize("content_type", [c for c in CONTENT_TYPES if c != "music"])
def test_only_music_is_counted(content_type):
    rows = [counted(content_type=content_type), counted(event_id="e2", track_id=None)]
    assert daily_track_metrics(listening_events(*rows)).is_empty()


def test_a_track_with_interactions_only_has_no_plays_and_no_skip_rate():
    added = interaction("e1", "2025-03-01 12:00", "add_to_playlist", is_stream=False)
    [day] = daily_track_metrics(listening_events(added)).to_dicts()
    assert (day["plays"], day["listeners"], day["ms_played"], day["playlist_adds"]) == (0, 0, 0, 1)
    assert day["skip_rate"] is None


def test_no_events_give_no_rows_in_the_declared_schema():
    metrics = daily_track_metrics(listening_events())
    assert metrics.is_empty()
    assert metrics.schema == pl.Schema(DAILY_TRACK_METRICS.polars_schema)
