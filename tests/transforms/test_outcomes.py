"""How a playback ended and whether it is a stream, rule by rule."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.tables import OUTCOMES
from spotify_assets.transforms.outcomes import OUTCOME_RULE, SKIP_RULES, STREAM_RULE, is_silent, with_outcome
from tests.examples import examples
from tests.transforms.events import Row, at, interaction, playback, raw_events

THREE_MINUTES = 180_000


def judged(*rows: Row, skip_rule: str = OUTCOME_RULE, stream_rule: str = STREAM_RULE) -> list[Row]:
    """Events with their outcome; a row's `length` is its track's length, three minutes by default."""
    lengths = [row.get("length", THREE_MINUTES) for row in rows]
    events = raw_events(*({name: row[name] for name in row if name != "length"} for row in rows))
    known = events.with_columns(known_duration_ms=pl.Series(lengths, dtype=pl.Int64))
    return with_outcome(known, skip_rule=skip_rule, stream_rule=stream_rule).to_dicts()


def outcome(seconds: float = 60, *, skip_rule: str = OUTCOME_RULE, **changes: Any) -> Any:
    """The outcome of a playback cut after a minute of three, unless the changes say otherwise."""
    [row] = judged(playback(seconds=seconds, **changes), skip_rule=skip_rule)
    return row["outcome"]


@pytest.mark.parametrize("reason", ["fwdbtn", "backbtn", "clickrow", "playbtn", "clickside", "uriopen"])
def test_an_early_end_by_the_user_is_a_skip(reason):
    assert outcome(reason_end=reason) == "skip"


@pytest.mark.parametrize(
    "reason", ["logout", "unexpected-exit", "unexpected-exit-while-paused", "trackerror", "remote", "unknown"]
)
def test_an_early_end_by_anything_else_is_abandoned(reason):
    assert outcome(reason_end=reason) == "abandoned"


@pytest.mark.parametrize("seconds", [0, 60, 400])
def test_a_track_that_ended_by_itself_is_complete_however_little_was_heard(seconds):
    assert outcome(reason_end="trackdone", seconds=seconds) == "complete"


@pytest.mark.parametrize("skipped", [True, False, None])
@pytest.mark.parametrize(
    ("reason", "expected"), [("fwdbtn", "skip"), ("trackdone", "complete"), ("logout", "abandoned")]
)
def test_a_reason_outweighs_the_flag_of_the_source(reason, expected, skipped):
    assert outcome(reason_end=reason, skipped=skipped) == expected


@pytest.mark.parametrize("reason", [None, ""])
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"skipped": True}, "skip"),
        ({"action": "skip"}, "skip"),
        ({"skipped": False, "length": None}, "complete"),
        ({"skipped": None, "length": None}, "unknown"),
        ({"skipped": None, "length": None, "source": "account_data"}, "unknown"),
        ({"skipped": None, "length": None, "source": "web_api"}, "unknown"),
        ({"skipped": None, "length": None, "source": "stream"}, "complete"),
        ({"skipped": None, "length": None, "source": "synthetic"}, "complete"),
        ({"skipped": None, "seconds": 170.999}, "unknown"),
        ({"skipped": None, "seconds": 171}, "complete"),
        ({"action": "skip", "skipped": False}, "skip"),
        ({"skipped": False}, "abandoned"),
        ({"skipped": None}, "unknown"),
        ({"skipped": None, "source": "stream"}, "abandoned"),
        ({"skipped": True, "length": None}, "skip"),
        ({"action": "skip", "length": None}, "skip"),
        ({"skipped": True, "seconds": 175}, "complete"),
        ({"skipped": False, "seconds": 175}, "complete"),
    ],
)
def test_without_a_reason_the_source_says_whether_it_was_a_skip(reason, changes, expected):
    assert outcome(reason_end=reason, **changes) == expected


@pytest.mark.parametrize(
    ("ms_played", "length", "expected"),
    [
        (170_999, THREE_MINUTES, "skip"),
        (171_000, THREE_MINUTES, "complete"),
        (18, 19, "skip"),
        (19, 20, "complete"),
        (500_000, THREE_MINUTES, "complete"),
    ],
)
def test_from_95_percent_of_the_length_on_an_early_end_is_no_skip(ms_played, length, expected):
    assert outcome(reason_end="fwdbtn", ms_played=ms_played, length=length) == expected


@examples(50)
@given(st.lists(st.tuples(st.integers(1, 10**8), st.integers(-2, 2)), min_size=1, max_size=50))
def test_the_95_percent_are_exact(tracks):
    boundaries = [(length, max(0, round(Fraction(95, 100) * length) + near)) for length, near in tracks]
    rows = judged(
        *(
            playback(f"e{n}", reason_end="fwdbtn", ms_played=ms_played, length=length)
            for n, (length, ms_played) in enumerate(boundaries)
        )
    )
    heard_whole = [Fraction(ms_played, length) >= Fraction(95, 100) for length, ms_played in boundaries]
    assert [row["outcome"] == "complete" for row in rows] == heard_whole


@pytest.mark.parametrize("reason", ["fwdbtn", "logout"])
def test_of_a_track_of_unknown_length_no_early_end_is_complete(reason):
    assert outcome(reason_end=reason, seconds=1000, length=None) != "complete"


ENDPLAY = playback("e1", "2025-03-01 12:00", 60, reason_end="endplay")


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], "abandoned"),
        ([playback("e2", "2025-03-01 12:01")], "skip"),
        ([playback("e2", "2025-03-01 12:01:10")], "skip"),
        ([playback("e2", "2025-03-01 12:01:10.000001")], "abandoned"),
        ([playback("e2", "2025-03-01 12:00:59")], "skip"),
        ([playback("e2", "2025-03-01 12:01", user_id="ben")], "abandoned"),
        ([playback("e2", "2025-03-01 11:00")], "abandoned"),
        ([interaction("e2", "2025-03-01 12:01")], "abandoned"),
        ([interaction("e2", "2025-03-01 12:01"), playback("e3", "2025-03-01 12:01:05")], "skip"),
        ([interaction("e2", "2025-03-01 12:01"), playback("e3", "2025-03-01 12:05")], "abandoned"),
    ],
)
def test_endplay_is_a_skip_where_the_users_next_playback_follows_at_once(others, expected):
    for rows in ([ENDPLAY, *others], [*others, ENDPLAY]):
        [row] = [row for row in judged(*rows) if row["event_id"] == "e1"]
        assert row["outcome"] == expected


def test_a_playback_of_the_next_utc_date_follows_nothing():
    last, first = (
        playback("e1", "2025-03-01 23:58", 60, reason_end="endplay"),
        playback("e2", "2025-03-01 23:59:05"),
    )
    assert first["event_date"] > last["event_date"]
    assert judged(last, first)[0]["outcome"] == "abandoned"


def test_endplay_near_the_end_is_complete_even_if_something_follows():
    near_the_end = playback("e1", seconds=175, reason_end="endplay")
    assert judged(near_the_end, playback("e2", "2025-03-01 12:03"))[0]["outcome"] == "complete"


@pytest.mark.parametrize("action", ["pause", "add_to_playlist"])
def test_interactions_have_no_outcome_and_are_no_streams(action):
    [row] = judged(interaction("e1", "2025-03-01 12:00", action, reason_end="fwdbtn", ms_played=60_000))
    assert (row["outcome"], row["is_stream"]) == (None, False)


@pytest.mark.parametrize(
    ("ms_played", "length", "expected"),
    [
        (29_999, THREE_MINUTES, False),
        (30_000, THREE_MINUTES, True),
        (29_999, None, False),
        (30_000, None, True),
        (19_999, 20_000, False),
        (20_000, 20_000, True),
        (29_999, 29_999, True),
        (29_999, 30_000, False),
        (0, THREE_MINUTES, False),
    ],
)
def test_a_stream_is_30_seconds_or_the_whole_of_a_shorter_track(ms_played, length, expected):
    [row] = judged(playback(ms_played=ms_played, length=length))
    assert row["is_stream"] is expected


def test_a_late_skip_is_a_stream():
    [row] = judged(playback(action="skip", reason_end="fwdbtn", seconds=60))
    assert (row["outcome"], row["is_stream"]) == ("skip", True)


def test_events_keep_their_order_and_columns():
    events = raw_events(*(playback(f"e{n}", f"2025-03-01 {20 - n}:00") for n in range(5)))
    with_lengths = events.with_columns(known_duration_ms=pl.lit(THREE_MINUTES))
    result = with_outcome(with_lengths)
    assert result.columns == [*with_lengths.columns, "outcome", "is_stream"]
    assert result["event_id"].to_list() == events["event_id"].to_list()


def test_no_events_give_no_outcomes():
    result = with_outcome(raw_events().with_columns(known_duration_ms=pl.lit(None, dtype=pl.Int64)))
    assert result.is_empty()
    assert result.schema["outcome"] == pl.String
    assert result.schema["is_stream"] == pl.Boolean


def account(event_id: str, end: str, seconds: float, **changes: Any) -> Row:
    """A playback of the account data: an end to the minute, and no word on it."""
    ended_at = at(end)
    return playback(
        event_id,
        started_at=ended_at - timedelta(seconds=seconds),
        ended_at=ended_at,
        seconds=seconds,
        reason_start=None,
        reason_end=None,
        source="account_data",
        **changes,
    )


@pytest.mark.parametrize(
    ("next_end", "next_seconds", "expected"),
    [
        ("2025-03-01 12:03", 150, "skip"),
        ("2025-03-01 12:02", 120, "skip"),
        ("2025-03-01 12:33", 120, "skip"),
        ("2025-03-01 12:33", 119.999, "unknown"),
        ("2025-03-01 13:00", 150, "unknown"),
    ],
)
def test_what_was_cut_short_without_a_word_is_a_skip_where_the_session_goes_on(
    next_end, next_seconds, expected
):
    """The account data's minutes are cut down: a playback that follows may seem to begin a minute later."""
    first, following = account("e1", "2025-03-01 12:00", 60), account("e2", next_end, next_seconds)
    assert next(row["outcome"] for row in judged(first, following)) == expected


def test_a_source_that_knows_the_second_has_no_minute_to_spare():
    first = playback("e1", "2025-03-01 12:00", 60, reason_end="")
    for start, expected in (("2025-03-01 12:31:00", "skip"), ("2025-03-01 12:31:00.000001", "unknown")):
        assert judged(first, playback("e2", start))[0]["outcome"] == expected


@pytest.mark.parametrize(
    "after",
    [
        [],
        [interaction("e2", "2025-03-01 12:02")],
        [playback("e2", "2025-03-01 12:02", user_id="ben")],
        [playback("e2", "2025-03-01 11:00")],
        [playback("e2", "2025-03-02 00:01")],
    ],
)
def test_why_listening_ended_early_is_unknown_where_nobody_says(after):
    first = account("e1", "2025-03-01 12:01", 60)
    assert next(row["outcome"] for row in judged(first, *after) if row["event_id"] == "e1") == "unknown"
    whole = account("e1", "2025-03-01 12:03", 171)
    assert next(row["outcome"] for row in judged(whole, *after) if row["event_id"] == "e1") == "complete"


def test_of_the_older_rule_no_playback_is_unknown():
    first = account("e1", "2025-03-01 12:01", 60)
    assert judged(first, skip_rule="outcome-v1")[0]["outcome"] == "abandoned"


def test_a_playback_of_which_nothing_is_known_is_unknown_whatever_follows():
    first, following = account("e1", "2025-03-01 12:00", 60, length=None), playback("e2", "2025-03-01 12:00")
    row = judged(first, following)[0]
    assert (row["outcome"], row["is_stream"]) == ("unknown", True)


@pytest.mark.parametrize("source", ["lastfm", "listenbrainz"])
@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        (None, "unknown"),
        ('{"ms_played_from": "length"}', "unknown"),
        ('{"ms_played_from": "assumed"}', "unknown"),
        ('{"ms_played_from": "listened"}', "complete"),
        ('{"precision":"second","ms_played_from":"listened"}', "complete"),
    ],
)
def test_a_scrobble_is_known_to_be_complete_only_where_it_says_how_much_was_heard(source, extra, expected):
    assert outcome(seconds=180, reason_end=None, source=source, extra=extra) == expected


def test_how_much_was_heard_is_known_of_other_sources_whatever_else_they_say():
    extra = '{"ms_played_from": "length"}'
    assert outcome(seconds=180, reason_end=None, source="account_data", extra=extra) == "complete"


@examples(60)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "reason_end": st.sampled_from([None, "", "trackdone", "fwdbtn", "endplay", "logout"]),
                "skipped": st.sampled_from([None, True, False]),
                "action": st.sampled_from(["play", "skip", "pause"]),
                "source": st.sampled_from(["extended_history", "account_data", "lastfm", "stream"]),
                "length": st.sampled_from([None, 20_000, THREE_MINUTES]),
                "seconds": st.integers(0, 400),
                "minute": st.integers(0, 59),
            }
        ),
        max_size=12,
    ),
    st.sampled_from(list(SKIP_RULES)),
)
def test_every_playback_has_exactly_one_outcome_by_every_rule(given_rows, rule):
    rows = [
        playback(f"e{n}", f"2025-03-01 12:{row.pop('minute'):02}", row.pop("seconds"), **row)
        for n, row in enumerate(map(dict, given_rows))
    ]
    for row in judged(*rows, skip_rule=rule):
        silent = (
            not row["reason_end"]
            and row["skipped"] is None
            and row["action"] == "play"
            and row["source"] != "stream"
        )
        if row["action"] == "pause":
            assert row["outcome"] is None
        else:
            assert row["outcome"] in OUTCOMES
        if row["outcome"] == "unknown":
            assert rule == "outcome-v2"
            assert silent
        if silent and rule == "outcome-v2":
            assert row["outcome"] != "abandoned"
            if row["known_duration_ms"] is None or row["source"] == "lastfm":
                assert row["outcome"] == "unknown"


@pytest.mark.parametrize(
    ("rule", "changes", "expected"),
    [
        ("fwdbtn-v1", {"reason_end": "fwdbtn"}, True),
        ("fwdbtn-v1", {"reason_end": "backbtn"}, False),
        ("listenbrainz-v1", {"reason_end": "backbtn", "seconds": 29.999}, True),
        ("listenbrainz-v1", {"reason_end": "backbtn", "seconds": 30}, False),
        ("listenbrainz-v1", {"reason_end": "trackdone", "seconds": 20}, False),
        ("listenbrainz-v1", {"reason_end": None, "seconds": 20}, True),
    ],
)
def test_the_skips_of_others_are_theirs(rule, changes, expected):
    assert (outcome(skip_rule=rule, **changes) == "skip") is expected


@pytest.mark.parametrize(
    ("seconds", "length", "reason", "expected"),
    [
        (100, 200_000, "fwdbtn", True),
        (99.999, 200_000, "fwdbtn", False),
        (240, 1_000_000, "fwdbtn", True),
        (239.999, 1_000_000, "fwdbtn", False),
        (30, 30_000, "trackdone", False),
        (30, None, "trackdone", True),
        (30, None, "fwdbtn", False),
        (240, None, "fwdbtn", True),
    ],
)
def test_a_scrobble_is_half_of_a_track_or_four_minutes(seconds, length, reason, expected):
    [row] = judged(playback(seconds=seconds, length=length, reason_end=reason), stream_rule="scrobble-v1")
    assert row["is_stream"] is expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"reason_end": None}, True),
        ({"reason_end": "fwdbtn"}, False),
        ({"reason_end": None, "action": "pause"}, False),
        ({"reason_end": None, "skipped": False}, False),
    ],
)
def test_a_source_is_silent_on_a_playback_without_reason_and_flag(changes, expected):
    assert raw_events(playback(**changes)).select(is_silent()).item() is expected
