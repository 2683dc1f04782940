"""Sessions: the same whatever the slices, checked against a walk through each user's events."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.transforms.sessions import may_go_on_from_before, with_sessions
from tests.examples import examples
from tests.transforms.events import Row, at, interaction, playback, raw_events

DAY = timedelta(days=1)
GAP = timedelta(minutes=30)
INSTANT = timedelta(microseconds=1)

Sessions = dict[str, tuple[str, int | None]]
"""Session id and position of each event."""


def walk(rows: Iterable[Row]) -> Sessions:
    """Sessions by the definition, one event after the other."""
    sessions: Sessions = {}
    heard_until: dict[str, datetime] = {}
    current: dict[str, tuple[str, int]] = {}
    for row in sorted(rows, key=lambda r: (r["event_date"], r["started_at"], r["ended_at"], r["event_id"])):
        user = row["user_id"]
        if user not in heard_until or row["started_at"] - heard_until[user] > GAP:
            started = row["started_at"]
            stamp = f"{started:%Y%m%dT%H%M%S}{started.microsecond // 1000:03d}"
            current[user] = (f"{user}-{stamp}", 0)
            heard_until[user] = row["ended_at"]
        heard_until[user] = max(heard_until[user], row["ended_at"])
        session, playbacks = current[user]
        is_playback = row["action"] in ("play", "skip")
        current[user] = (session, playbacks + is_playback)
        sessions[row["event_id"]] = (session, playbacks + 1 if is_playback else None)
    return sessions


def sessions_of(events: pl.DataFrame) -> Sessions:
    return {
        event: (session, position)
        for event, session, position in events.select(
            "event_id", "session_id", "session_position"
        ).iter_rows()
    }


def between(events: pl.DataFrame, start: date, end: date) -> pl.DataFrame:
    return events.filter((pl.col("event_date") >= start) & (pl.col("event_date") < end))


def reader(
    events: pl.DataFrame, start: date, reads: list[int] | None = None
) -> Callable[[int], pl.DataFrame]:
    """Reads the events of so many days before a date, and notes how many were asked for."""

    def read_before(days: int) -> pl.DataFrame:
        if reads is not None:
            reads.append(days)
        return between(events, start - days * DAY, start)

    return read_before


def slice_by_slice(rows: Iterable[Row], starts: list[date]) -> Sessions:
    """Sessions of slices that begin on these dates, each computed with what lies before it."""
    events = raw_events(*rows)
    result: Sessions = {}
    for start, end in zip(starts, [*starts[1:], date.max], strict=True):
        result |= sessions_of(with_sessions(between(events, start, end), reader(events, start)))
    return result


def dates_from(start: date, end: date) -> list[date]:
    return [start + n * DAY for n in range((end - start).days + 1)]


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    """Events of a few users: gaps around half an hour, overlaps, nights, and days without silence."""
    gaps = st.sampled_from(
        [timedelta(0), GAP - INSTANT, GAP, GAP + INSTANT, timedelta(hours=7), timedelta(hours=40)]
    ) | st.timedeltas(timedelta(minutes=-300), timedelta(minutes=45))
    lengths = st.sampled_from(
        [timedelta(0), timedelta(minutes=3), timedelta(hours=5), timedelta(hours=26)]
    ) | st.timedeltas(timedelta(0), timedelta(minutes=90))
    rows = []
    for user in draw(st.sampled_from([["anna"], ["anna", "ben"], ["anna", "ben", "cem"]])):
        now = at("2025-02-26 20:00") + draw(st.timedeltas(timedelta(0), timedelta(hours=8)))
        for number in range(draw(st.integers(0, 12))):
            start = now + draw(gaps)
            now = start + draw(lengths)
            action = draw(st.sampled_from(["play", "play", "skip", "pause"]))
            rows.append(
                playback(f"{user}{number}", user_id=user, started_at=start, ended_at=now, action=action)
            )
    return draw(st.permutations(rows))


@pytest.mark.slow
@examples(150)
@given(histories(), st.sets(st.integers(1, 12), max_size=4))
def test_sessions_are_the_same_at_once_day_by_day_month_by_month_and_by_any_slices(rows, cuts):
    expected = walk(rows)
    assert sessions_of(with_sessions(raw_events(*rows), lambda _: raw_events())) == expected
    days = dates_from(date(2025, 2, 26), max([row["event_date"] for row in rows], default=date(2025, 2, 26)))
    assert slice_by_slice(rows, days) == expected
    assert slice_by_slice(rows, [date(2025, 2, 1), date(2025, 3, 1), date(2025, 4, 1)]) == expected
    assert slice_by_slice(rows, [days[0], *(days[0] + cut * DAY for cut in sorted(cuts))]) == expected


@examples(40)
@given(st.lists(st.tuples(st.integers(0, 3_600), st.integers(0, 7_200)), min_size=1, max_size=15))
def test_one_after_the_other_two_events_share_a_session_up_to_half_an_hour_of_silence(gaps_and_lengths):
    rows, now = [], at("2025-03-01 20:00")
    for number, (gap, length) in enumerate(gaps_and_lengths):
        now += timedelta(seconds=gap)
        rows.append(playback(f"e{number}", started_at=now, seconds=length))
        now = rows[-1]["ended_at"]
    found = with_sessions(raw_events(*rows), lambda _: raw_events())["session_id"].to_list()
    same = [first == second for first, second in pairwise(found)]
    assert same == [gap <= 1_800 for gap, _ in gaps_and_lengths[1:]]


@pytest.mark.parametrize(
    ("gap", "sessions"), [(GAP - INSTANT, 1), (GAP, 1), (GAP + INSTANT, 2), (timedelta(minutes=-1), 1)]
)
@pytest.mark.parametrize("end", ["2025-03-01 12:00", "2025-03-01 23:45", "2025-03-02 00:00"])
def test_more_than_30_minutes_of_silence_begin_a_session_at_noon_as_at_midnight(end, gap, sessions):
    first = playback("e1", started_at=at(end) - timedelta(minutes=3), ended_at=at(end))
    second = playback("e2", started_at=at(end) + gap)
    found = slice_by_slice([first, second], dates_from(date(2025, 3, 1), date(2025, 3, 3)))
    assert len({session for session, _ in found.values()}) == sessions


def test_a_session_of_three_days_keeps_one_id_and_counts_on():
    start = at("2025-03-01 18:00")
    hours = 3 * 24
    rows = [playback(f"e{n}", started_at=start + n * timedelta(hours=1), seconds=2_000) for n in range(hours)]
    found = slice_by_slice(rows, dates_from(date(2025, 3, 1), date(2025, 3, 5)))
    assert found == {f"e{n}": ("anna-20250301T180000000", n + 1) for n in range(hours)}


def test_what_ends_on_a_later_date_changes_no_session_of_an_earlier_one():
    evening = [playback("e1", "2025-03-01 20:00"), playback("e2", "2025-03-01 22:00")]
    all_night = playback("e3", "2025-03-01 19:00", seconds=6 * 3600)
    alone = slice_by_slice(evening, [date(2025, 3, 1)])
    assert len({session for session, _ in alone.values()}) == 2
    found = slice_by_slice([*evening, all_night], dates_from(date(2025, 3, 1), date(2025, 3, 2)))
    assert found == alone | {"e3": (alone["e2"][0], 2)}


def test_interactions_are_in_the_session_but_have_no_position():
    rows = [
        playback("e1", "2025-03-01 12:00"),
        interaction("e2", "2025-03-01 12:01"),
        playback("e3", "2025-03-01 12:03", action="skip"),
        interaction("e4", "2025-03-01 12:20", "add_to_playlist"),
        playback("e5", "2025-03-01 12:45"),
    ]
    found = slice_by_slice(rows, [date(2025, 3, 1)])
    assert {session for session, _ in found.values()} == {"anna-20250301T120000000"}
    assert [position for _, position in found.values()] == [1, None, 2, None, 3]


def test_users_do_not_share_sessions():
    rows = [playback("e1"), playback("e2", user_id="ben")]
    found = slice_by_slice(rows, [date(2025, 3, 1)])
    assert found["e1"][0] != found["e2"][0]


def test_the_day_before_is_enough_where_no_session_began_earlier():
    rows = [
        playback("e0", "2025-03-04 23:59", 10),
        playback("e1", "2025-03-05 00:29:09"),
        playback("e2", "2025-03-05 23:59", 3),
        playback("e3", "2025-03-06 00:10"),
    ]
    long_session_of_another = [
        playback(f"b{n}", started_at=at("2025-03-02 12:00") + n * timedelta(minutes=30), user_id="ben")
        for n in range(3 * 48)
    ]
    events = raw_events(*rows, *long_session_of_another)
    reads: list[int] = []
    with_sessions(between(events, date(2025, 3, 6), date.max), reader(events, date(2025, 3, 6), reads))
    assert reads == [1]


@pytest.mark.parametrize(("hours", "expected"), [(20, [1]), (40, [1, 4]), (24 * 6, [1, 4, 16])])
def test_the_lookback_grows_only_until_it_holds_the_beginning(hours, expected):
    rows = [
        playback(f"e{n}", started_at=at("2025-03-20 00:10") - n * timedelta(minutes=30), seconds=600)
        for n in range(2 * hours)
    ]
    events = raw_events(*rows)
    reads: list[int] = []
    result = with_sessions(
        between(events, date(2025, 3, 20), date.max), reader(events, date(2025, 3, 20), reads)
    )
    assert reads == expected
    assert result["session_position"].to_list() == [2 * hours]


def test_the_lookback_ends_where_the_history_begins():
    rows = [playback("e1", "2025-03-01 00:05"), playback("e2", "2025-03-01 00:20")]
    reads: list[int] = []
    with_sessions(raw_events(*rows), reader(raw_events(*rows), date(2025, 3, 1), reads))
    assert reads == [1]


def test_the_lookback_ends_for_what_never_falls_silent():
    rows = [
        playback(f"e{n}", started_at=at("2025-06-01 00:10") - n * timedelta(hours=4), seconds=4 * 3600)
        for n in range(600)
    ]
    events = raw_events(*rows)
    reads: list[int] = []
    with_sessions(between(events, date(2025, 6, 1), date.max), reader(events, date(2025, 6, 1), reads))
    assert reads == [1, 4, 16, 64]


def test_events_keep_their_order_and_a_session_they_already_had_is_replaced():
    events = raw_events(*(playback(f"e{n}", f"2025-03-01 {20 - n}:00", session_id="old") for n in range(3)))
    result = with_sessions(events, lambda _: raw_events())
    assert result["event_id"].to_list() == ["e0", "e1", "e2"]
    assert result["session_id"].to_list() == [f"anna-20250301T{20 - n}0000000" for n in range(3)]
    assert result["session_position"].to_list() == [1, 1, 1]


def test_an_empty_slice_stays_empty():
    result = with_sessions(raw_events(), lambda _: raw_events(playback()))
    assert result.is_empty()
    assert result.schema["session_id"] == pl.String
    assert result.schema["session_position"] == pl.Int64


@pytest.mark.parametrize(
    ("rule", "minutes", "cut"),
    [("session-v1", 30, False), ("ten-minutes-v1", 10, False), ("midnight-v1", 30, True)],
)
def test_each_rule_ends_a_session_by_its_own_silence_and_midnight(rule: str, minutes: int, cut: bool):
    def sessions(*rows: Row) -> int:
        return with_sessions(raw_events(*rows), lambda _: raw_events(), rule)["session_id"].n_unique()

    first = playback("e1", "2025-03-01 12:00", seconds=60)
    silence = at("2025-03-01 12:01") + timedelta(minutes=minutes)
    assert sessions(first, playback("e2", started_at=silence)) == 1
    assert sessions(first, playback("e2", started_at=silence + INSTANT)) == 2
    evening = playback("e1", "2025-03-01 23:50", seconds=300)
    assert sessions(evening, playback("e2", "2025-03-02 00:01")) == (2 if cut else 1)
    # Cut by dates and not by listeners: the other one's evening does not end anna's.
    ben = playback("e0", "2025-02-28 12:00", user_id="ben")
    assert sessions(ben, first, playback("e2", "2025-03-01 12:05")) == 2


def test_who_is_heard_within_the_gap_after_the_first_midnight_may_go_on_from_before():
    def users(rule: str, *rows: Row) -> list[str]:
        return sorted(may_go_on_from_before(raw_events(*rows), rule))

    midnight = at("2025-03-01 00:00")
    rows = [
        playback("a", user_id="anna", started_at=midnight + GAP),
        playback("b", user_id="ben", started_at=midnight + GAP + INSTANT),
        playback("c1", user_id="cem", started_at=midnight + timedelta(minutes=1)),
        playback("c2", user_id="cem", started_at=midnight + timedelta(minutes=5)),
        playback("d", user_id="dora", started_at=midnight + timedelta(minutes=10)),
        playback("e", user_id="emil", started_at=midnight + timedelta(days=1)),
    ]
    assert users("session-v1", *rows) == ["anna", "cem", "dora"]
    assert users("ten-minutes-v1", *rows) == ["cem", "dora"]
    assert users("session-v1", playback("f", "2025-03-05 20:00")) == []
