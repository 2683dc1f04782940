"""The rules of others: each against its words, chosen by setting, and side by side on one history."""

from collections.abc import Callable
from typing import get_args

import polars as pl
import pytest
from pydantic import ValidationError

from spotify_assets.settings import SessionRule as SessionRuleName
from spotify_assets.settings import Settings, SkipRule, StreamRule
from spotify_assets.transforms.events import listening_events
from spotify_assets.transforms.outcomes import SKIP_RULES, STREAM_RULES, PlaybackRule, with_outcome
from spotify_assets.transforms.rules import (
    Rules,
    under_each_measure_of_time,
    under_each_session_rule,
    under_each_skip_rule,
    under_each_stream_rule,
)
from spotify_assets.transforms.sessions import SESSION_RULES, SessionRule
from tests.transforms.events import Row, interaction, playback, raw_events, track

NO_TRACKS = pl.DataFrame(schema={"track_id": pl.String, "snapshot_date": pl.Date, "duration_ms": pl.Int64})


def history(*rows: Row) -> pl.DataFrame:
    """Events with the length of their track in `length`; three minutes by default."""
    lengths = [row.get("length", 180_000) for row in rows]
    events = raw_events(*({name: row[name] for name in row if name != "length"} for row in rows))
    length = pl.Series(lengths, dtype=pl.Int64)
    return events.with_columns(track_duration_ms=length, known_duration_ms=length)


# By name: seconds heard, reason_end, flag and length; the rules by which it is a stream, and a skip.
CASES: dict[str, tuple[tuple[float, str | None, bool | None, int | None], str, str]] = {
    "whole": (
        (180, "trackdone", False, 180_000),
        "stream thirty unskipped trackdone scrobble brainz every",
        "",
    ),
    "forwarded at a minute": (
        (60, "fwdbtn", False, 180_000),
        "stream thirty unskipped brainz every",
        "outcome older fwdbtn",
    ),
    "forwarded and flagged": (
        (100, "fwdbtn", True, 180_000),
        "stream thirty scrobble brainz every",
        "outcome older flag fwdbtn",
    ),
    "chosen another one": ((10, "clickrow", None, 180_000), "every", "outcome older brainz thirty"),
    "a jingle": ((20, "trackdone", False, 20_000), "stream trackdone brainz every", "thirty"),
    "started near the end": ((5, "trackdone", None, 180_000), "trackdone brainz every", "thirty"),
    "crashed": ((20, "unexpected-exit", None, 180_000), "every", "brainz thirty"),
    "four minutes of unknown": (
        (250, "logout", False, None),
        "stream thirty unskipped scrobble brainz every",
        "",
    ),
    "all of something unknown": (
        (100, "trackdone", False, None),
        "stream thirty unskipped trackdone scrobble brainz every",
        "",
    ),
    "a part of something unknown": ((100, "logout", False, None), "stream thirty unskipped brainz every", ""),
    "a reason nobody lists": ((3, "appload", None, 180_000), "brainz every", "thirty"),
    "flagged without a reason": ((40, None, True, None), "stream thirty brainz every", "outcome older flag"),
}
NAMES = {
    "stream": "stream-v1",
    "thirty": "thirty-seconds-v1",
    "unskipped": "unskipped-v1",
    "trackdone": "trackdone-v1",
    "scrobble": "scrobble-v1",
    "brainz": "listenbrainz-v1",
    "every": "every-row-v1",
    "outcome": "outcome-v2",
    "older": "outcome-v1",
    "flag": "flag-v1",
    "fwdbtn": "fwdbtn-v1",
}


@pytest.mark.parametrize("case", CASES)
def test_each_rule_does_what_it_says(case: str):
    (seconds, reason, flag, length), streams, skips = CASES[case]
    events = history(playback("e", seconds=seconds, reason_end=reason, skipped=flag, length=length))
    streamed = {name for name in STREAM_RULES if with_outcome(events, stream_rule=name)["is_stream"].item()}
    skipped = {
        name for name in SKIP_RULES if with_outcome(events, skip_rule=name)["outcome"].item() == "skip"
    }
    assert streamed == {NAMES[short] for short in streams.split()}
    assert skipped == {NAMES[short] for short in skips.split()}


def test_only_the_outcome_rule_of_today_knows_that_nothing_is_known():
    events = history(
        playback("1", "2025-03-01 12:00", 60, reason_end=None, length=None, source="account_data"),
        playback("2", "2025-03-01 12:10", 20, reason_end=None, length=None, source="account_data"),
        playback("3", "2025-03-01 12:20", 60, reason_end="fwdbtn"),
        playback("4", "2025-03-01 12:30"),
    )
    counted = {rule: rest[:5] for rule, *rest in under_each_skip_rule(events).iter_rows()}
    assert counted == {
        "outcome-v2": [1, 0.5, 1, 0, 2],
        "outcome-v1": [1, 0.25, 3, 0, 0],
        "flag-v1": [0, 0, 3, 1, 0],
        "fwdbtn-v1": [1, 0.25, 3, 0, 0],
        "listenbrainz-v1": [1, 0.25, 2, 1, 0],
        "thirty-seconds-v1": [1, 0.25, 2, 1, 0],
    }


def test_an_interaction_is_no_stream_and_has_no_outcome_by_any_rule():
    events = history(interaction("e", "2025-03-01 12:00"))
    for name in STREAM_RULES:
        assert with_outcome(events, stream_rule=name)["is_stream"].to_list() == [False]
    for name in SKIP_RULES:
        assert with_outcome(events, skip_rule=name)["outcome"].to_list() == [None]


def test_the_settings_offer_exactly_the_rules_there_are_and_ours_by_default(
    make_settings: Callable[..., Settings],
):
    assert get_args(StreamRule) == tuple(STREAM_RULES)
    assert get_args(SkipRule) == tuple(SKIP_RULES)
    assert get_args(SessionRuleName) == tuple(SESSION_RULES)
    made = make_settings()
    assert Rules(made.stream_rule, made.skip_rule, made.session_rule) == Rules()
    assert (next(iter(STREAM_RULES)), next(iter(SKIP_RULES)), next(iter(SESSION_RULES))) == (
        Rules().stream,
        Rules().skip,
        Rules().session,
    )
    with pytest.raises(ValidationError, match="stream_rule"):
        make_settings(stream_rule="streams")


def test_every_rule_is_versioned_and_says_whose_it_is():
    rules: list[PlaybackRule | SessionRule] = [*STREAM_RULES.values(), *SKIP_RULES.values()]
    for rule in [*rules, *SESSION_RULES.values()]:
        assert rule.name.rsplit("-", 1)[1].removeprefix("v").isdigit()
        assert rule.says
        assert rule.source


def sessions(rule: str) -> list[str]:
    """Which of four playbacks, with twenty minutes of silence each, the last after midnight, are together."""
    rows = [
        playback(str(n), f"2025-03-01 {h}", seconds=60) for n, h in enumerate(("23:00", "23:21", "23:42"))
    ]
    rows.append(playback("3", "2025-03-02 00:03", seconds=60))
    result = listening_events(raw_events(*rows), lambda _: raw_events(), NO_TRACKS, rules=Rules(session=rule))
    return result.rows.sort("event_id")["session_id"].rank("dense").cast(pl.String).to_list()


def test_session_rules():
    assert sessions("session-v1") == ["1", "1", "1", "1"]
    assert sessions("ten-minutes-v1") == ["1", "2", "3", "4"]
    assert sessions("midnight-v1") == ["1", "1", "1", "2"]


def test_the_chosen_rules_make_the_listening_events():
    row = playback("e", seconds=60, reason_end="fwdbtn", skipped=False, track_id=track(1))
    made = [
        listening_events(raw_events(row), lambda _: raw_events(), NO_TRACKS, rules=rules).rows
        for rules in (Rules(), Rules(stream="trackdone-v1", skip="flag-v1"))
    ]
    assert [rows.select("outcome", "is_stream").row(0) for rows in made] == [
        ("skip", True),
        ("abandoned", False),
    ]


def test_one_history_side_by_side():
    events = history(
        playback("1", "2025-03-01 12:00", 180),
        playback("2", "2025-03-01 12:03", 60, reason_end="fwdbtn"),
        playback("3", "2025-03-01 12:19", 10, reason_end="logout", length=None),
        interaction("4", "2025-03-01 12:20"),
    )
    streams = {rule: rest for rule, *rest in under_each_stream_rule(events).iter_rows()}
    assert list(streams) == list(STREAM_RULES)
    assert streams["stream-v1"] == [2, pytest.approx(2 / 3), pytest.approx(240 / 3600)]
    assert streams["trackdone-v1"] == [1, pytest.approx(1 / 3), pytest.approx(180 / 3600)]
    skips = {rule: rest for rule, *rest in under_each_skip_rule(events).iter_rows()}
    assert skips["outcome-v2"] == [1, pytest.approx(1 / 3), 1, 1, 0, pytest.approx(60 / 3600)]
    assert skips["flag-v1"] == [0, 0, 1, 2, 0, 0]
    for counts in skips.values():
        assert counts[0] + counts[2] + counts[3] + counts[4] == 3
    found = {rule: rest[0] for rule, *rest in under_each_session_rule(events).iter_rows()}
    assert found == {"session-v1": 1, "ten-minutes-v1": 2, "midnight-v1": 1}


def test_time_by_the_clock_by_what_was_played_and_by_the_length_of_tracks():
    events = history(playback("1", seconds=60), playback("2", seconds=30, length=None))
    hours = pl.DataFrame({"ms_listened": [45_000, 15_000]})
    found = under_each_measure_of_time(events, hours)["hours"].to_list()
    assert found == [pytest.approx(60 / 3600), pytest.approx(90 / 3600), pytest.approx(210 / 3600)]
