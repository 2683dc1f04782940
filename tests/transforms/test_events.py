"""Listening events: every row accounted for, every playback once, every column as declared."""

import json
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from spotify_assets.rows.cleaned import REJECTED_SCHEMA, Cleaned
from spotify_assets.tables import DUPLICATE_PLAYS, LISTENING_EVENTS
from spotify_assets.transforms.events import NEEDED_OF_EARLIER, listening_events, valid_events
from spotify_assets.transforms.rules import Rules
from spotify_assets.transforms.sessions import SESSION_RULE, SESSION_RULES
from tests.examples import examples
from tests.transforms.events import Row, at, interaction, playback, raw_events, track

TRACKS = pl.DataFrame(
    {"track_id": [track(1)], "snapshot_date": [date(2025, 2, 1)], "duration_ms": [180_000]},
    schema_overrides={"duration_ms": pl.Int64},
)
BAD: list[tuple[str, Row, str]] = [
    ("missing_event_id", {"event_id": " "}, "event_id is empty"),
    ("missing_user", {"user_id": None}, "user_id is empty"),
    ("missing_user", {"user_id": " \t"}, "user_id is empty"),
    (
        "missing_time",
        {"started_at": None, "ended_at": at("2025-03-01 12:00")},
        "started_at or ended_at is empty",
    ),
    ("missing_time", {"ended_at": None, "event_date": date(2025, 3, 1)}, "started_at or ended_at is empty"),
    (
        "ends_before_start",
        {"ended_at": at("2025-03-01 11:59:59")},
        "ended_at 2025-03-01 11:59:59.000000 is before started_at 2025-03-01 12:00:00.000000",
    ),
    (
        "wrong_date",
        {"event_date": date(2025, 3, 2)},
        "event_date 2025-03-02 is not the UTC date of ended_at 2025-03-01 12:03:00.000000",
    ),
    ("unknown_action", {"action": "like"}, "action 'like' is none of play, skip, pause, add_to_playlist"),
    ("unknown_action", {"action": None}, "action '' is none of play, skip, pause, add_to_playlist"),
    ("missing_ms_played", {"ms_played": None}, "ms_played is empty"),
    ("negative_ms_played", {"ms_played": -1}, "ms_played -1 is below 0"),
    ("invalid_track_id", {"track_id": "short"}, "track_id 'short' is not 22 characters of base 62"),
    (
        "invalid_track_id",
        {"track_id": track(1) + "x"},
        f"track_id '{track(1)}x' is not 22 characters of base 62",
    ),
    ("invalid_track_id", {"track_id": track(1)[1:] + "ä"}, "is not 22 characters of base 62"),
    ("unknown_content_type", {"content_type": "radio"}, "content_type 'radio' is none of music, podcast"),
]


def cleaned(*rows: Row, before: pl.DataFrame | None = None) -> Cleaned:
    history = raw_events() if before is None else before
    return listening_events(raw_events(*rows), lambda _: history, TRACKS)


@pytest.mark.parametrize(("reason", "changes", "detail"), BAD)
def test_a_row_that_makes_no_sense_is_refused_and_its_neighbours_are_kept(reason, changes, detail):
    result = cleaned(playback("e1"), playback("e2") | changes, playback("e3"))
    assert result.rows["event_id"].to_list() == ["e1", "e3"]
    [refused] = result.rejected.to_dicts()
    assert (refused["source_file"], refused["source_row"], refused["reason"]) == ("a.parquet", 2, reason)
    assert detail in refused["detail"]


def test_a_refused_row_names_all_that_is_wrong_and_keeps_its_values():
    bad = playback("e1", user_id="", action="like", ms_played=-5, country="germany")
    [refused] = cleaned(bad).rejected.to_dicts()
    assert refused["reason"] == "missing_user"
    assert refused["detail"] == (
        "user_id is empty; action 'like' is none of play, skip, pause, add_to_playlist; "
        "ms_played -5 is below 0"
    )
    original = json.loads(refused["original"])
    assert original | {"action": "like", "ms_played": -5, "country": "germany"} == original


@pytest.mark.parametrize(
    "changes",
    [
        {"ms_played": 0, "ended_at": at("2025-03-01 12:00")},
        {"ms_played": 10**10},
        {"track_id": None, "content_type": "podcast"},
        {"content_type": None},
        {"source": None},
        {"reason_start": "", "reason_end": None},
    ],
)
def test_what_real_exports_hold_is_kept(changes):
    result = cleaned(playback("e1", **changes))
    assert (result.rows.height, result.rejected.height) == (1, 0)


def test_what_is_unknown_is_called_so():
    [row] = cleaned(playback("e1", content_type=None, source=None)).rows.to_dicts()
    assert (row["content_type"], row["source"]) == ("unknown", "unknown")


@pytest.mark.parametrize(
    ("country", "expected"),
    [
        ("DE", "DE"),
        (" de ", "DE"),
        ("gB", "GB"),
        ("ZZ", "ZZ"),
        ("Germany", "ZZ"),
        ("D1", "ZZ"),
        ("", "ZZ"),
        ("ÄÖ", "ZZ"),
        ("DE\n", "DE"),
        (None, None),
    ],
)
def test_a_country_is_two_capital_letters_or_unknown(country, expected):
    assert cleaned(playback("e1", country=country)).rows["country"].to_list() == [expected]


@pytest.mark.parametrize("ms_played", [None, 0, 60_000])
def test_nothing_is_heard_in_an_interaction(ms_played):
    [row] = cleaned(interaction("e1", "2025-03-01 12:00", ms_played=ms_played)).rows.to_dicts()
    assert (row["ms_played"], row["outcome"], row["is_stream"]) == (0, None, False)


def test_users_are_told_apart_without_the_blanks_around_their_names():
    assert cleaned(playback("e1", user_id=" anna ")).rows["user_id"].to_list() == ["anna"]


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_the_same_event_in_several_files_counts_once_and_the_repeat_is_recorded(order):
    rows = [
        playback("same", source_file="a.parquet", source_row=7, country="DE"),
        playback("same", source_file="b.parquet", source_row=1, country="FR"),
        playback("other", source_file="b.parquet", source_row=2),
    ]
    result = cleaned(*(rows[n] for n in order))
    assert result.rows.select("event_id", "country").rows() == [("same", "DE"), ("other", "DE")]
    assert result.duplicates == {"same_event": 1}
    assert result.duplicate_plays is not None
    assert result.duplicate_plays.to_dicts() == [
        {
            "event_date": date(2025, 3, 1),
            "event_id": "same",
            "kept_event_id": "same",
            "user_id": "anna",
            "reason": "same_event",
            "source": "extended_history",
            "kept_source": "extended_history",
            "source_file": "b.parquet",
            "source_row": 1,
        }
    ]


def test_a_refused_row_does_not_stand_for_its_good_repeat():
    result = cleaned(playback("same", ms_played=-1), playback("same"))
    assert (result.rows.height, result.rejected.height, result.duplicates) == (1, 1, {})


def test_different_plays_that_ended_at_once_are_all_kept():
    rows = [
        playback(f"e{n}", started_at=at(f"2025-03-01 12:0{n}"), ended_at=at("2025-03-01 12:10"))
        for n in range(9)
    ]
    assert cleaned(*rows).rows.height == 9


def test_recorded_repeats_fit_their_table():
    result = cleaned(playback("same"), playback("same"))
    assert result.duplicate_plays is not None
    assert result.duplicate_plays.schema == DUPLICATE_PLAYS.polars_schema


@st.composite
def messy_rows(draw: st.DrawFn) -> list[Row]:
    """Good, bad and repeated rows from two files."""
    rows: list[Row] = []
    for number in range(draw(st.integers(0, 12))):
        changes: Row = draw(st.sampled_from([{}, {}, {}, *(bad for _, bad, _ in BAD)]))
        event_id = f"e{draw(st.integers(0, 6))}"
        source: dict[str, Any] = {
            "source_file": draw(st.sampled_from(["a.parquet", "b.parquet"])),
            "source_row": number + 1,
        }
        start = f"2025-03-01 {draw(st.integers(0, 22)):02d}:00"
        rows.append(playback(event_id, start) | source | changes)
    return rows


@pytest.mark.slow
@examples(100)
@given(messy_rows())
def test_the_rows_that_came_in_are_those_kept_refused_and_repeated(rows):
    result = cleaned(*rows)
    kept = result.rows["event_id"].to_list()
    assert len(kept) == len(set(kept))
    assert result.duplicate_plays is not None
    assert result.rows_in == len(rows)
    assert result.rows_in == result.rows.height + result.rejected.height + sum(result.duplicates.values())
    assert result.duplicate_plays.height == sum(result.duplicates.values())
    assert set(result.duplicate_plays["kept_event_id"]) <= set(kept)


@pytest.mark.slow
@examples(50)
@given(messy_rows(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(rows, random):
    shuffled = random.sample(rows, len(rows))
    first, second = cleaned(*rows), cleaned(*shuffled)
    assert_frame_equal(first.rows, second.rows, check_row_order=False)
    assert_frame_equal(first.rejected, second.rejected)
    assert first.duplicate_plays is not None
    assert second.duplicate_plays is not None
    assert_frame_equal(first.duplicate_plays, second.duplicate_plays)


@st.composite
def plays_around_midnights(draw: st.DrawFn) -> list[Row]:
    """Plays of a few users over three days, most of them near a midnight; some rows come twice."""
    rows = []
    for number in range(draw(st.integers(1, 25))):
        minutes = draw(st.integers(0, 3)) * 1440 + draw(st.integers(-70, 70))
        start = at("2025-03-01 12:00") + timedelta(minutes=minutes + 720)
        user = draw(st.sampled_from(["anna", "ben", " ben"]))
        play = playback(f"e{number}", start.isoformat(), draw(st.integers(0, 2400)), user_id=user)
        rows += [play] * draw(st.sampled_from([1, 1, 1, 2]))
    return rows


@examples(100)
@given(plays_around_midnights(), st.sampled_from(list(SESSION_RULES)))
@example(
    # Half an hour of silence across midnight is no end of a session.
    [
        playback("e1", "2025-03-01 23:50", 599.999),
        playback("e2", "2025-03-02 00:29:59.999", 60),
        playback("e3", "2025-03-02 00:05", 60, user_id="ben"),
        playback("e4", "2025-03-01 23:40", 300, user_id=" ben"),
    ],
    SESSION_RULE,
)
def test_sessions_do_not_depend_on_where_slices_are_cut(rows: list[Row], rule: str):
    raw, rules = raw_events(*rows), Rules(session=rule)
    whole = listening_events(raw, lambda _: raw.clear(), TRACKS, rules=rules)
    for day in raw["event_date"].unique():

        def before(days: int, day: date = day) -> pl.DataFrame:
            earliest = day - timedelta(days=days)
            return raw.filter((pl.col("event_date") >= earliest) & (pl.col("event_date") < day))

        slice_ = raw.filter(event_date=day)
        sliced = listening_events(slice_, before, TRACKS, rules=rules)
        expected = whole.rows.filter(event_date=day)
        columns = ["event_id", "session_id", "session_position"]
        assert_frame_equal(sliced.rows.select(columns), expected.select(columns), check_row_order=False)


def test_events_have_exactly_the_declared_columns():
    result = cleaned(playback("e1"), interaction("e2", "2025-03-01 12:01"))
    assert result.rows.schema == LISTENING_EVENTS.polars_schema
    assert result.rejected.select(REJECTED_SCHEMA.names()).schema == REJECTED_SCHEMA


def test_no_events_give_no_rows_in_the_declared_schema():
    result = cleaned()
    assert result.rows_in == 0
    assert result.rows.is_empty()
    assert result.rows.schema == LISTENING_EVENTS.polars_schema
    assert result.rejected.select(REJECTED_SCHEMA.names()).schema == REJECTED_SCHEMA
    assert result.duplicates == {}


def test_an_event_gets_its_tracks_length_outcome_and_session():
    result = cleaned(
        playback("e1", seconds=60, reason_end="fwdbtn"), playback("e2", "2025-03-01 12:01", track_id=track(2))
    )
    wanted = ["session_id", "session_position", "track_duration_ms", "outcome", "is_stream"]
    assert result.rows.select(wanted).rows() == [
        ("anna-20250301T120000000", 1, 180_000, "skip", True),
        ("anna-20250301T120000000", 2, None, "complete", True),
    ]


def test_refused_and_repeated_events_of_the_day_before_do_not_count_in_a_session():
    before = raw_events(
        playback("b1", "2025-02-28 23:50"),
        playback("b1", "2025-02-28 23:50"),
        playback("b2", "2025-02-28 23:54", ms_played=-1),
    )
    [row] = cleaned(playback("e1", "2025-03-01 00:01"), before=before).rows.to_dicts()
    assert (row["session_id"], row["session_position"]) == ("anna-20250228T235000000", 2)


def test_judging_alone_keeps_the_raw_columns_and_says_what_was_filled():
    raw = raw_events(playback("e1"))
    assert valid_events(raw).rows.schema == {**raw.schema, "filled_from": pl.String}


@examples(50)
@given(messy_rows())
def test_earlier_events_are_judged_alike_by_the_columns_that_are_read_of_them(rows: list[Row]):
    whole = raw_events(*rows)

    judged = valid_events(whole.select(NEEDED_OF_EARLIER))

    assert_frame_equal(
        judged.rows.select(NEEDED_OF_EARLIER), valid_events(whole).rows.select(NEEDED_OF_EARLIER)
    )
