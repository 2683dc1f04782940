"""True listening time, against a count of every minute on the clock of Python's time zone database."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from spotify_assets.tables import LISTENING_HOURS, USER_PROFILES
from spotify_assets.transforms.hours import LONGEST_MS, LOOKBACK_DAYS, NEEDED_FOR_HOURS, listening_hours
from tests.examples import examples
from tests.transforms.events import Row, at, playback
from tests.transforms.events import listening_events as rows_of

DAY = timedelta(days=1)
MILLISECOND = timedelta(milliseconds=1)
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
Key = tuple[str, datetime]


def profiles(*declared: tuple[str, str | None, bool]) -> pl.DataFrame:
    return pl.DataFrame(declared, schema=USER_PROFILES.polars_schema, orient="row")


def play(end: str | datetime, minutes: float, **changes: object) -> Row:
    """A playback that ended then, of so many minutes."""
    ended_at = at(end) if isinstance(end, str) else end
    row = playback(
        f"{ended_at}-{minutes}", started_at=ended_at - timedelta(minutes=minutes), ended_at=ended_at
    )
    return row | {"ms_played": round(minutes * MINUTE_MS)} | changes


def hours_of(
    rows: list[Row],
    zones: pl.DataFrame,
    starts: list[date] | None = None,
    default: str = "UTC",
    days_before: int = LOOKBACK_DAYS,
) -> pl.DataFrame:
    """Listening hours slice by slice; by default of everything at once."""
    events = rows_of(*rows).select(NEEDED_FOR_HOURS)
    parts = []
    for start, end in pairwise([*(starts or [date(2000, 1, 1)]), date(2100, 1, 1)]):
        date_ = pl.col("event_date")
        parts.append(
            listening_hours(
                events.filter(date_ >= start, date_ < end),
                events.filter(date_ >= start - days_before * DAY, date_ < start),
                zones,
                default,
            )
        )
    return pl.concat(parts)


def minute_by_minute(rows: list[Row], zone_of: dict[str, str]) -> dict[Key, int]:
    """Milliseconds listened in each local hour, by walking through every minute that anything covers."""
    covered: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        end = int(row["ended_at"].replace(tzinfo=UTC).timestamp()) // 60
        covered[row["user_id"]] |= set(range(end - row["ms_played"] // MINUTE_MS, end))
    heard: dict[Key, int] = defaultdict(int)
    for user, minutes in covered.items():
        for minute in minutes:
            local = datetime.fromtimestamp(minute * 60, ZoneInfo(zone_of[user]))
            since = timedelta(minutes=local.minute, seconds=local.second)
            starts = datetime.fromtimestamp(minute * 60, UTC).replace(tzinfo=None) - since
            heard[user, starts] += MINUTE_MS
    return dict(heard)


def listing(hours: pl.DataFrame) -> list[tuple[Any, ...]]:
    return hours.select("event_date", "hour_starts_at", "ms_listened", "ms_overlapping").rows()


def listened(hours: pl.DataFrame) -> dict[Key, int]:
    summed = hours.group_by("user_id", "hour_starts_at").agg(pl.col("ms_listened").sum())
    return {(user, starts): ms for user, starts, ms in summed.iter_rows() if ms}


def test_a_playback_is_spread_over_the_clock_hours_it_covers():
    hours = hours_of([play("2025-03-01 12:20", 90)], profiles(("anna", "Europe/Berlin", False)))
    assert hours.schema == LISTENING_HOURS.polars_schema
    assert hours.drop("event_date", "user_id", "time_zone").rows() == [
        (at("2025-03-01 10:00"), date(2025, 3, 1), 11, 10 * MINUTE_MS, 0),
        (at("2025-03-01 11:00"), date(2025, 3, 1), 12, 60 * MINUTE_MS, 0),
        (at("2025-03-01 12:00"), date(2025, 3, 1), 13, 20 * MINUTE_MS, 0),
    ]


def test_time_counts_once_and_the_rest_is_overlapping():
    rows = [
        play("2025-03-01 12:30", 30),
        play("2025-03-01 12:40", 20),
        play("2025-03-01 12:25", 5, event_id="x"),
    ]
    [row] = hours_of(rows, profiles()).to_dicts()
    assert (row["ms_listened"], row["ms_overlapping"]) == (40 * MINUTE_MS, 15 * MINUTE_MS)


def test_an_hour_across_midnight_is_shared_by_the_dates_that_fill_it():
    rows = [play("2025-03-01 23:50", 30), play("2025-03-02 00:10", 40)]
    hours = hours_of(rows, profiles(("anna", "Asia/Kolkata", False)))
    assert listing(hours) == [
        (date(2025, 3, 1), at("2025-03-01 22:30"), 10 * MINUTE_MS, 0),
        (date(2025, 3, 1), at("2025-03-01 23:30"), 20 * MINUTE_MS, 0),
        (date(2025, 3, 2), at("2025-03-01 23:30"), 20 * MINUTE_MS, 20 * MINUTE_MS),
    ]
    daily = hours_of(rows, profiles(("anna", "Asia/Kolkata", False)), [date(2025, 3, 1), date(2025, 3, 2)])
    assert_frame_equal(daily, hours)


def test_more_than_the_day_before_says_nothing_more():
    rows = [play(f"2025-03-0{day} 00:10", 60) for day in (1, 2, 3, 4)]
    rows += [play(f"2025-03-0{day} 23:30", 30) for day in (1, 2, 3)]
    days = [date(2025, 3, day) for day in (1, 2, 3, 4)]
    assert_frame_equal(hours_of(rows, profiles(), days, days_before=4), hours_of(rows, profiles(), days))


def test_a_default_zone_stands_in_where_nothing_is_known():
    [row] = hours_of(
        [play("2025-03-01 12:30", 30, country=None)], profiles(), default="Asia/Tokyo"
    ).to_dicts()
    assert (row["time_zone"], row["local_hour"]) == ("Asia/Tokyo", 21)


def test_stretches_that_end_where_an_hour_begins_leave_no_empty_hour():
    within = [play("2025-03-01 12:00", 30), play("2025-03-01 12:00", 20)]
    assert listing(hours_of(within, profiles())) == [
        (date(2025, 3, 1), at("2025-03-01 11:00"), 30 * MINUTE_MS, 20 * MINUTE_MS)
    ]
    # The day before has just ended when the playback across midnight begins.
    across = [play("2025-03-01 23:00", 30), play("2025-03-02 00:10", 70)]
    assert listing(hours_of(across, profiles())) == [
        (date(2025, 3, 1), at("2025-03-01 22:00"), 30 * MINUTE_MS, 0),
        (date(2025, 3, 2), at("2025-03-01 23:00"), 60 * MINUTE_MS, 0),
        (date(2025, 3, 2), at("2025-03-02 00:00"), 10 * MINUTE_MS, 0),
    ]


def test_a_millisecond_beyond_the_full_hour_is_of_the_next():
    rows = [play(at("2025-03-01 12:00") + MILLISECOND, 10 + 1 / MINUTE_MS)]
    assert listing(hours_of(rows, profiles())) == [
        (date(2025, 3, 1), at("2025-03-01 11:00"), 10 * MINUTE_MS, 0),
        (date(2025, 3, 1), at("2025-03-01 12:00"), 1, 0),
    ]


@pytest.mark.parametrize("change", ["2025-03-30 01:00", "2025-10-26 01:00"])
@pytest.mark.parametrize("begin", [-10 * MINUTE_MS, -1, 0, 1])
@pytest.mark.parametrize("end", [-1, 0, 1, 10 * MINUTE_MS])
def test_the_clocks_change_between_two_milliseconds(change: str, begin: int, end: int):
    if end <= begin:
        return
    moment = at(change)
    rows = [play(moment + end * MILLISECOND, (end - begin) / MINUTE_MS)]
    before, after = min(end, 0) - begin, end - max(begin, 0)
    assert listing(hours_of(rows, profiles(("anna", "Europe/Berlin", False)))) == [
        (moment.date(), starts, ms, 0)
        for starts, ms in ((moment - timedelta(hours=1), before), (moment, after))
        if ms > 0
    ]


def test_what_is_claimed_beyond_a_day_stays_with_the_first_hour_also_where_the_clocks_change():
    hours = hours_of([play("2025-03-30 12:00", 30 * 60)], profiles(("anna", "Europe/Berlin", False)))
    assert hours["hour_starts_at"].to_list() == [
        at("2025-03-29 12:00") + n * timedelta(hours=1) for n in range(24)
    ]
    assert hours["ms_listened"].to_list() == [HOUR_MS] * 24
    assert hours["ms_overlapping"].to_list() == [6 * HOUR_MS] + [0] * 23


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2025-03-30", 23),
        ("Europe/Berlin", "2025-10-26", 25),
        ("America/New_York", "2025-03-09", 23),
        ("America/New_York", "2025-11-02", 25),
        ("Asia/Kolkata", "2025-03-30", 24),
    ],
)
def test_a_day_of_23_or_25_hours_has_as_many(zone: str, day: str, hours: int):
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)
    ends = [midnight + n * timedelta(minutes=10) for n in range(1, 26 * 6)]
    found = hours_of([play(end, 10) for end in ends], profiles(("anna", zone, False)))
    of_day = found.filter(pl.col("local_date") == date.fromisoformat(day))
    assert of_day.select(pl.struct("hour_starts_at").n_unique()).item() == hours
    assert of_day["ms_listened"].sum() == hours * HOUR_MS
    twice = (
        of_day.group_by("local_hour")
        .agg(pl.col("hour_starts_at").n_unique())
        .filter(pl.col("hour_starts_at") > 1)
    )
    assert twice.height == max(0, hours - 24)


def test_a_traveller_has_the_hours_of_each_country():
    rows = [play("2025-03-01 12:00", 30, country="DE"), play("2025-03-01 20:00", 30, country="IN")]
    found = hours_of(rows, profiles(("anna", "America/Lima", True)))
    assert found.select("time_zone", "local_hour", "ms_listened").rows() == [
        ("Europe/Berlin", 12, 30 * MINUTE_MS),
        ("Asia/Kolkata", 1, 30 * MINUTE_MS),
    ]


def test_a_playback_longer_than_a_day_covers_a_day_and_the_rest_is_overlapping():
    found = hours_of([play("2025-03-05 12:00", 24 * 60 * 40)], profiles())
    assert found["ms_listened"].sum() == LONGEST_MS
    assert found["ms_overlapping"].sum() == 39 * LONGEST_MS


def test_what_is_no_playback_or_silent_is_no_listening():
    silent = [play("2025-03-01 13:00", 0), play("2025-03-01 14:20", 0)]
    found = hours_of([play("2025-03-01 12:00", 5, action="pause"), *silent], profiles())
    assert found.is_empty()
    assert found.schema == LISTENING_HOURS.polars_schema
    heard = play("2025-03-01 12:30", 10)
    assert_frame_equal(hours_of([heard, *silent], profiles()), hours_of([heard], profiles()))
    assert hours_of([heard], profiles()).height == 1


ZONES = st.sampled_from(
    [
        *(
            "UTC",
            "Europe/Berlin",
            "America/New_York",
            "Asia/Kolkata",
            "Asia/Kathmandu",
            "Australia/Lord_Howe",
        ),
        *("America/St_Johns", "Pacific/Apia", "Australia/Eucla"),
    ]
)
AROUND = st.sampled_from(["2025-03-08", "2025-03-29", "2025-04-05", "2025-10-04", "2025-10-25", "2025-11-01"])


@st.composite
def playbacks(draw: st.DrawFn, unit: int = MINUTE_MS) -> list[Row]:
    """Playbacks of two users in a few days around a change of the clocks, many of them at once."""
    begin = at(draw(AROUND))
    return [
        play(
            begin + timedelta(milliseconds=draw(st.integers(0, 3 * 24 * HOUR_MS // unit)) * unit),
            draw(st.sampled_from([0, 1, 3, 3, 50, 200, 1_000, 1_440])) * unit / MINUTE_MS,
            event_id=str(number),
            user_id=draw(st.sampled_from(["anna", "ben"])),
            country=draw(st.sampled_from(["DE", "US", "IN", "AU", "ZZ"])),
        )
        for number in range(draw(st.integers(0, 14)))
    ]


@pytest.mark.slow
@examples(80)
@given(playbacks(), ZONES, ZONES)
def test_hours_are_those_of_a_walk_through_every_minute(rows: list[Row], anna: str, ben: str):
    found = hours_of(rows, profiles(("anna", anna, False), ("ben", ben, False)))
    assert listened(found) == minute_by_minute(rows, {"anna": anna, "ben": ben})
    for starts, zone, day, hour in found.select(
        "hour_starts_at", "time_zone", "local_date", "local_hour"
    ).iter_rows():
        # Within the hour, because the clocks may have changed since it began.
        inside = [
            (starts + minutes * timedelta(minutes=1)).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
            for minutes in range(60)
        ]
        assert (day, hour) in {(local.date(), local.hour) for local in inside}


@pytest.mark.slow
@examples(80)
@given(playbacks(unit=777), st.booleans(), st.sets(st.integers(1, 5), max_size=3))
def test_no_hour_exceeds_an_hour_nothing_is_lost_and_slices_change_nothing(
    rows: list[Row], follows: bool, cuts: set[int]
):
    zones = profiles(("anna", "Europe/Berlin", follows))
    whole = hours_of(rows, zones)
    assert max(listened(whole).values(), default=0) <= HOUR_MS
    assert whole["ms_overlapping"].min() is None or whole["ms_overlapping"].min() >= 0  # type: ignore[operator]
    total = whole.select(pl.col("ms_listened").sum() + pl.col("ms_overlapping").sum()).item()
    assert total == sum(row["ms_played"] for row in rows)
    first = min((row["event_date"] for row in rows), default=date(2025, 3, 1))
    daily = hours_of(rows, zones, [first + n * DAY for n in range(6)])
    some = hours_of(rows, zones, [first, *(first + n * DAY for n in sorted(cuts))])
    order = LISTENING_HOURS.key
    # More than the day before may be given, and says nothing more.
    with_more = hours_of(rows, zones, [first + n * DAY for n in range(6)], days_before=3)
    for other in (daily, some, with_more, hours_of(list(reversed(rows)), zones)):
        assert_frame_equal(other.sort(order), whole.sort(order))
