"""Deciding which partitions a sensor asks for, from what lies in the lake and which runs there were.

Knows no orchestrator: runs come in as `Attempt`s. What was done is read from the runs, never from what was
asked for, so a run that fails, is lost or was started by somebody else needs no bookkeeping of its own.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from spotify_assets.automation.lake_watch import (
    Digests,
    Seen,
    Stream,
    at_most,
    next_partition,
    previous_partition,
    ranges,
)
from spotify_assets.settings import Grain

SECOND = 1_000_000_000
SETTLE_SECONDS = 5
"""A partition whose files changed more recently than this is taken to be still being written."""
STREAM_SECONDS = 50
"""How long after a run was asked for a partition in which a stream writes is not asked for again: with a tick
each half minute it is asked for once a minute, however long a run waits for its process."""
MOST_RUNS = 10
"""Runs asked for at one tick; of more ranges, the nearest are joined across the days between them."""
MOST_ATTEMPTS = 5
"""Failed runs for one state of the files after which somebody has to look."""
RETRY_SECONDS = 60
"""How long the second retry waits; the first does not wait, each later one waits twice as long."""

Change = tuple[Stream, date]


@dataclass(frozen=True)
class Attempt:
    """One run over a range of partitions of some streams; times are Unix times in nanoseconds.

    `first` and `last` are the first days of its first and last partition. It was asked for at `asked_ns` and
    began at `started_ns`. A run that goes on, or waits for its turn, is `going`; one that somebody ended is
    `canceled`.
    """

    run_id: str
    streams: frozenset[Stream]
    first: date
    last: date
    state: Literal["going", "done", "failed", "canceled"]
    asked_ns: int
    started_ns: int
    ended_ns: int


@dataclass(frozen=True)
class Wanted:
    """A range of partitions to be run, and how many runs for it failed before."""

    first: date
    last: date
    failed_before: int
    since_ns: int


@dataclass
class Plan:
    """What to ask for, what to remember, and what waits for which reason."""

    wanted: list[Wanted] = field(default_factory=list)
    remembered: dict[Change, bytes] = field(default_factory=dict)
    unsettled: list[Change] = field(default_factory=list)
    going: list[Change] = field(default_factory=list)
    gathering: list[Change] = field(default_factory=list)
    resting: list[Change] = field(default_factory=list)
    given_up: list[Change] = field(default_factory=list)
    outside: list[Change] = field(default_factory=list)


def plan(
    seen: Mapping[Change, Seen],
    remembered: Digests,
    gone_since: Mapping[Change, int],
    attempts: Sequence[Attempt],
    *,
    grain: Grain,
    within: tuple[date, date],
    now_ns: int,
    uploads: Collection[tuple[date, date]] = (),
) -> Plan:
    """What follows from the lake as it is now.

    `gone_since` has, for partitions that are remembered and have no file any more, when that may have
    happened. `within` are the first days of the first and last partition that there is, `uploads` those of
    the partitions in which something was heard and reported.

    A changed partition is remembered when a run that started after the change has succeeded for all that
    depends on it. The catalogue decides about the days after it (all days, where it is the earliest), the
    events of a day about the sessions of the next and about what counts twice on the day before, and what was
    uploaded late about both the day of the upload and that on which it was heard.
    """
    made = Plan(remembered=dict(remembered))
    history = _History.of(attempts, grain)
    days_of_events = sorted(day for stream, day in seen if stream == "events")
    earliest = min((day for stream, day in seen if stream == "tracks"), default=None)
    wanted: dict[date, tuple[int, int]] = {}
    for change in changes(seen, remembered):
        stream, day = change
        since = seen[change].changed_ns if change in seen else gone_since[change]
        if not within[0] <= day <= within[1]:
            made.outside.append(change)
            continue
        settling = seen[change].settling_ns if change in seen else since
        if abs(now_ns - settling) < SETTLE_SECONDS * SECOND:
            made.unsettled.append(change)
            continue
        if stream == "tracks":
            reached = [d for d in days_of_events if d >= day or day == earliest]
        else:
            reached = [d for d in _decided_with(day, grain, uploads) if ("events", d) in seen]
        missing = [
            d
            for d in {day, *reached}
            if within[0] <= d <= within[1] and history.done[stream].get(d, 0) <= since
        ]
        if not missing:
            _remember(made, change, seen)
            continue
        is_streamed = change in seen and seen[change].is_streamed
        for target in missing:
            failures = [a for a in history.ended[stream].get(target, ()) if a.started_ns > since]
            waiting = _waiting(made, history, (stream, target), failures, now_ns, is_streamed=is_streamed)
            if waiting is not None:
                waiting.append((stream, target))
            else:
                before, latest = wanted.get(target, (0, 0))
                wanted[target] = max(before, len(failures)), max(latest, since)
    made.wanted = _joined(wanted, grain)
    return made


def _decided_with(day: date, grain: Grain, uploads: Collection[tuple[date, date]]) -> set[date]:
    """The days that the events of a day decide about: its neighbours, and those of its late uploads."""
    beside = {previous_partition(day, grain), next_partition(day, grain)}
    return beside.union(*(pair for pair in uploads if day in pair))


def _joined(wanted: Mapping[date, tuple[int, int]], grain: Grain) -> list[Wanted]:
    """Ranges of the partitions that are wanted, each with its failed runs and the time of its change."""
    found = []
    for first, last in at_most(ranges(wanted, grain), MOST_RUNS):
        inside = [state for day, state in wanted.items() if first <= day <= last]
        found.append(
            Wanted(first, last, max(failed for failed, _ in inside), max(since for _, since in inside))
        )
    return found


def _waiting(
    made: Plan,
    history: "_History",
    target: Change,
    failures: Sequence[Attempt],
    now_ns: int,
    *,
    is_streamed: bool,
) -> list[Change] | None:
    """The list of `made` that says why a partition is not asked for now; None where it is."""
    stream, day = target
    if day in history.going[stream]:
        return made.going
    if len(failures) >= MOST_ATTEMPTS or any(failure.state == "canceled" for failure in failures):
        return made.given_up
    if failures and now_ns < rest_until([failure.ended_ns for failure in failures]):
        return made.resting
    if is_streamed and now_ns - history.asked[stream].get(day, 0) < STREAM_SECONDS * SECOND:
        return made.gathering
    return None


def changes(seen: Mapping[Change, Seen], remembered: Digests) -> list[Change]:
    """The partitions whose files are not those remembered, in order."""
    return sorted(
        key
        for key in {*seen, *remembered}
        if key not in seen or key not in remembered or seen[key].digest != remembered[key]
    )


def _remember(made: Plan, change: Change, seen: Mapping[Change, Seen]) -> None:
    if change in seen:
        made.remembered[change] = seen[change].digest
    else:
        made.remembered.pop(change, None)


def rest_until(ended_ns: Sequence[int]) -> int:
    """When the next run may start after runs that failed at these moments; at once after the first."""
    rest = RETRY_SECONDS * 2 ** (len(ended_ns) - 2) if len(ended_ns) > 1 else 0
    return max(ended_ns, default=0) + rest * SECOND


@dataclass
class _History:
    """Runs by stream and partition: the latest start and request of a success, what goes on or failed."""

    done: dict[Stream, dict[date, int]]
    asked: dict[Stream, dict[date, int]]
    going: dict[Stream, set[date]]
    ended: dict[Stream, dict[date, list[Attempt]]]

    @classmethod
    def of(cls, attempts: Iterable[Attempt], grain: Grain) -> "_History":
        history = cls(
            done={"tracks": {}, "events": {}},
            asked={"tracks": {}, "events": {}},
            going={"tracks": set(), "events": set()},
            ended={"tracks": {}, "events": {}},
        )
        for attempt in attempts:
            days = []
            day = attempt.first
            while day <= attempt.last:
                days.append(day)
                day = next_partition(day, grain)
            for stream in attempt.streams:
                for day in days:
                    if attempt.state == "done":
                        latest = history.done[stream].get(day, 0)
                        history.done[stream][day] = max(latest, attempt.started_ns)
                        asked = history.asked[stream].get(day, 0)
                        history.asked[stream][day] = max(asked, attempt.asked_ns)
                    elif attempt.state == "going":
                        history.going[stream].add(day)
                    else:
                        history.ended[stream].setdefault(day, []).append(attempt)
        return history
