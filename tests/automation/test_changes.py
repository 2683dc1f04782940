"""Which partitions are asked for, and when: late, changed, half-written, failing, already in hand."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Literal

import pytest

from spotify_assets.automation.changes import (
    MOST_ATTEMPTS,
    MOST_RUNS,
    RETRY_SECONDS,
    SECOND,
    SETTLE_SECONDS,
    STREAM_SECONDS,
    Attempt,
    Change,
    Plan,
    plan,
)
from spotify_assets.automation.lake_watch import Seen

FIRST, LAST = date(2025, 1, 1), date(2025, 12, 31)
D = date(2025, 3, 10)
NOW = 1_800_000_000 * SECOND
CHANGED = NOW - 3_600 * SECOND
BOTH = frozenset({"tracks", "events"})


def day(offset: int) -> date:
    return D + timedelta(days=offset)


def events(*offsets: int, digest: bytes = b"12345678", changed: int = CHANGED) -> dict[Change, Seen]:
    return {("events", day(n)): Seen(digest, changed) for n in offsets}


def attempt(
    first: int,
    last: int,
    state: Literal["going", "done", "failed", "canceled"],
    started: int = CHANGED + SECOND,
    ended: int = CHANGED + 2 * SECOND,
    *,
    asked: int | None = None,
) -> Attempt:
    asked = started if asked is None else asked
    return Attempt("run", BOTH, day(first), day(last), state, asked, started, ended)  # type: ignore[arg-type]


def planned(
    seen: dict[Change, Seen],
    *attempts: Attempt,
    remembered: dict[Change, bytes] | None = None,
    gone: dict[Change, int] | None = None,
    now: int = NOW,
    uploads: Collection[tuple[date, date]] = (),
) -> Plan:
    return plan(
        seen,
        remembered or {},
        gone or {},
        attempts,
        grain="day",
        within=(FIRST, LAST),
        now_ns=now,
        uploads=uploads,
    )


def asked(made: Plan) -> list[tuple[date, date]]:
    return [(wanted.first, wanted.last) for wanted in made.wanted]


def test_new_files_ask_for_one_run_per_contiguous_range():
    assert asked(planned(events(0, 1, 2, 10))) == [(D, day(2)), (day(10), day(10))]


@pytest.mark.parametrize(("changed", "other"), [(0, 20), (20, 0)])
def test_an_upload_asks_for_its_day_and_for_the_day_on_which_it_was_heard(changed: int, other: int):
    seen = events(0, 20, 40)
    known: dict[Change, bytes] = {("events", day(n)): b"12345678" for n in (other, 40)}
    assert asked(planned(seen, remembered=known, uploads={(D, day(20)), (day(30), day(40))})) == [
        (D, D),
        (day(20), day(20)),
    ]
    assert asked(planned(seen, remembered=known)) == [(day(changed), day(changed))]


def test_nothing_is_remembered_before_a_run_has_succeeded():
    assert planned(events(0)).remembered == {}
    assert planned(events(0), attempt(0, 0, "going")).remembered == {}
    assert planned(events(0), attempt(0, 0, "failed")).remembered == {}


@pytest.mark.parametrize("first_last", [(0, 0), (-3, 5)])
def test_a_run_that_started_after_the_change_makes_it_done_whoever_started_it(first_last: tuple[int, int]):
    made = planned(events(0), attempt(*first_last, "done"))
    assert asked(made) == []
    assert made.remembered == {("events", D): b"12345678"}


def test_a_run_that_started_before_the_change_does_not():
    assert asked(planned(events(0), attempt(0, 0, "done", started=CHANGED - SECOND))) == [(D, D)]


def test_what_is_remembered_is_left_alone():
    assert asked(planned(events(0), remembered={("events", D): b"12345678"})) == []


def test_a_changed_file_asks_again():
    assert asked(planned(events(0), remembered={("events", D): b"before!!"})) == [(D, D)]


def test_a_late_file_asks_for_the_days_beside_it_too_whose_events_it_may_decide_about():
    known: dict[Change, bytes] = {("events", day(n)): b"12345678" for n in (-2, -1, 1, 2)}
    made = planned({**events(-2, -1, 1, 2), **events(0, digest=b"late....")}, remembered=known)
    assert asked(made) == [(day(-1), day(1))]


def test_a_new_catalogue_asks_for_the_days_after_it():
    known: dict[Change, bytes] = {("events", day(n)): b"12345678" for n in (-2, 0, 1)} | {
        ("tracks", day(-5)): b"catalog1"
    }
    seen = events(-2, 0, 1) | {
        ("tracks", day(-5)): Seen(b"catalog1", CHANGED),
        ("tracks", day(0)): Seen(b"catalog2", CHANGED),
    }
    assert asked(planned(seen, remembered=known)) == [(D, day(1))]


def test_the_earliest_catalogue_asks_for_the_days_before_it_too():
    known: dict[Change, bytes] = {("events", day(n)): b"12345678" for n in (-2, -1, 0)}
    seen = events(-2, -1, 0) | {("tracks", D): Seen(b"catalog1", CHANGED)}
    assert asked(planned(seen, remembered=known)) == [(day(-2), D)]


def test_a_partition_whose_files_are_gone_asks_once_and_is_forgotten_when_done():
    known: dict[Change, bytes] = {("events", D): b"12345678"}
    gone: dict[Change, int] = {("events", D): CHANGED}
    assert asked(planned({}, remembered=known, gone=gone)) == [(D, D)]
    assert planned({}, attempt(0, 0, "done"), remembered=known, gone=gone).remembered == {}


def test_files_that_change_right_now_wait():
    written = NOW - (SETTLE_SECONDS - 1) * SECOND
    made = planned(events(0, changed=written))
    assert (asked(made), made.unsettled) == ([], [("events", D)])
    assert asked(planned(events(0, changed=written), now=NOW + 2 * SECOND)) == [(D, D)]


def test_a_partition_in_hand_is_not_asked_for_a_second_time():
    made = planned(events(0, 1, 2), attempt(1, 1, "going", started=CHANGED - SECOND))
    assert asked(made) == [(D, D), (day(2), day(2))]


def test_a_failed_run_is_asked_for_again_at_once_then_with_growing_pauses():
    once = [attempt(0, 0, "failed", ended=NOW)]
    assert asked(planned(events(0), *once)) == [(D, D)]
    twice = [*once, attempt(0, 0, "failed", ended=NOW)]
    assert asked(planned(events(0), *twice)) == []
    assert asked(planned(events(0), *twice, now=NOW + RETRY_SECONDS * SECOND)) == [(D, D)]
    thrice = [*twice, attempt(0, 0, "failed", ended=NOW)]
    assert asked(planned(events(0), *thrice, now=NOW + RETRY_SECONDS * SECOND)) == []
    assert asked(planned(events(0), *thrice, now=NOW + 2 * RETRY_SECONDS * SECOND)) == [(D, D)]


def test_each_retry_is_another_request():
    numbers = [
        planned(events(0), *[attempt(0, 0, "failed", ended=0)] * n).wanted[0].failed_before for n in range(3)
    ]
    assert numbers == [0, 1, 2]


def test_after_so_many_failures_somebody_has_to_look_until_the_files_change():
    failures = [attempt(0, 0, "failed", ended=0)] * MOST_ATTEMPTS
    made = planned(events(0), *failures)
    assert (asked(made), made.given_up) == ([], [("events", D)])
    assert asked(planned(events(0, changed=CHANGED + 2 * SECOND), *failures)) == [(D, D)]


def test_what_somebody_canceled_is_left_to_them():
    made = planned(events(0), attempt(0, 0, "canceled"))
    assert (asked(made), made.given_up) == ([], [("events", D)])


def test_what_lies_outside_the_partitions_is_told():
    before = (date(2024, 12, 31) - D).days
    made = planned(events(before, 0))
    assert asked(made) == [(D, D)]
    assert made.outside == [("events", date(2024, 12, 31))]


def test_a_thousand_files_in_a_hundred_scattered_partitions_ask_for_few_runs():
    made = planned(events(*range(0, 200, 2)))
    assert len(made.wanted) == MOST_RUNS
    covered = {
        d
        for first, last in asked(made)
        for d in [first + timedelta(days=n) for n in range((last - first).days + 1)]
    }
    assert {day(n) for n in range(0, 200, 2)} <= covered


def streamed(changed: int = NOW - SECOND, others: int = 0) -> dict[Change, Seen]:
    """A day in which a stream writes, and one before it."""
    return {("events", D): Seen(b"12345678", changed, others), **events(-1)}


def test_batches_of_a_stream_are_whole_when_they_are_seen():
    known: dict[Change, bytes] = {("events", day(-1)): b"12345678"}
    assert asked(planned(streamed(), remembered=known)) == [(day(-1), D)]
    made = planned(streamed(others=NOW - SECOND), remembered=known)
    assert (asked(made), made.unsettled) == ([], [("events", D)])


@pytest.mark.parametrize(("ago", "is_asked"), [(STREAM_SECONDS - 1, False), (STREAM_SECONDS, True)])
def test_a_day_in_which_a_stream_writes_is_asked_for_once_a_minute(ago: int, is_asked: bool):
    known: dict[Change, bytes] = {("events", day(-1)): b"12345678"}
    made = planned(streamed(), attempt(-1, 0, "done", started=NOW - ago * SECOND), remembered=known)
    assert bool(asked(made)) is is_asked
    assert bool(made.gathering) is not is_asked


def test_the_minute_of_a_stream_begins_when_its_run_is_asked_for_however_late_that_starts():
    known: dict[Change, bytes] = {("events", day(-1)): b"12345678"}
    asked_ns, started = NOW - STREAM_SECONDS * SECOND, NOW - 20 * SECOND
    slow = attempt(-1, 0, "done", started=started, ended=NOW - 5 * SECOND, asked=asked_ns)
    assert asked(planned(streamed(), slow, remembered=known)) == [(day(-1), D)]
