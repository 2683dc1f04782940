"""What a message of the stream must be, and what is kept of it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.sources.messages import MAX_BYTES, Event, Refusal, judge

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
GOOD = {"user_id": "u1", "ended_at": "2026-11-29T10:00:00Z"}


def message(**fields: Any) -> bytes:
    """A good message with other fields."""
    return json.dumps(GOOD | fields).encode()


def test_an_event_is_kept_to_the_byte() -> None:
    value = b'{ "ended_at":"2026-11-29T10:00:00.5+02:00" , "user_id":"J\\u00fcrgen","mood":"happy" }'
    assert judge(value, NOW) == Event(value, datetime(2026, 11, 29, 8, 0, 0, 500_000, tzinfo=UTC), "Jürgen")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "tombstone"),
        (b"", "malformed_json"),
        (b"not json", "malformed_json"),
        (b"[1, 2]", "malformed_json"),
        (b"[" * 100_000, "malformed_json"),
        (b'{"user_id": "\\ud800", "ended_at": "2026-11-29T10:00:00Z"}', "malformed_json"),
        (b"\xff\xfe", "not_utf8"),
        (b"x" * (MAX_BYTES + 1), "too_large"),
        (b'{"ended_at": "2026-11-29T10:00:00Z"}', "missing_user_id"),
        (message(user_id=None), "missing_user_id"),
        (message(user_id=""), "missing_user_id"),
        (message(user_id=7), "unparseable_user_id"),
        (b'{"user_id": "u1"}', "missing_ended_at"),
        (message(ended_at="yesterday"), "unparseable_ended_at"),
        (message(ended_at=1_790_000_000), "unparseable_ended_at"),
        (message(ended_at="1999-12-31T10:00:00Z"), "time_out_of_range"),
        (message(ended_at="2026-11-30T12:00:01Z"), "time_out_of_range"),
        (message(ms_played="long"), "unparseable_ms_played"),
        (message(ms_played=2**70), "unparseable_ms_played"),
        (message(action="dance"), "unparseable_action"),
        (message(shuffle="yes"), "unparseable_shuffle"),
        (message(schema_version=2), "unknown_schema_version"),
    ],
)
def test_what_is_no_event_says_why(value: bytes | None, reason: str) -> None:
    found = judge(value, NOW)
    assert isinstance(found, Refusal)
    assert found.reason == reason
    assert json.loads(found.original) is not None
    assert len(found.original) < 20_000


def test_personal_fields_are_dropped_and_the_others_stay() -> None:
    found = judge(message(ip_addr="1.2.3.4", mood={"now": "happy", "email": "a@b.org"}, level=3), NOW)
    assert isinstance(found, Event)
    assert json.loads(found.line) == GOOD | {"level": 3}


def test_a_refused_message_shows_nothing_personal() -> None:
    found = judge(message(ms_played="x", ip_addr="1.2.3.4", note="write to a@b.org"), NOW)
    assert isinstance(found, Refusal)
    assert "1.2.3.4" not in found.original
    assert "a@b.org" not in found.original


def test_a_message_over_several_lines_becomes_one() -> None:
    found = judge(json.dumps(GOOD | {"track_name": "a\nb"}, indent=2).encode(), NOW)
    assert isinstance(found, Event)
    assert b"\n" not in found.line
    assert json.loads(found.line) == GOOD | {"track_name": "a\nb"}


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_anything_is_judged(value: bytes) -> None:
    assert isinstance(judge(value, NOW), Event | Refusal)


@given(
    st.dictionaries(
        st.sampled_from(["user_id", "ended_at", "ms_played", "action", "schema_version", "mood", "email"]),
        st.none() | st.integers() | st.text() | st.booleans() | st.just("2026-11-29T10:00:00Z"),
    )
)
def test_what_passes_can_be_read_again(fields: dict[str, Any]) -> None:
    found = judge(json.dumps(fields).encode(), NOW)
    if isinstance(found, Event):
        again = judge(found.line, NOW)
        assert again == found
        assert "email" not in json.loads(found.line)
        assert found.ended_at < NOW + timedelta(days=1)
