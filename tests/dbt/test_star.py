"""The star's rows against the same rows computed in Python from the source rows, one by one."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from spotify_assets.tables import LISTENING_EVENTS, LISTENING_HOURS
from spotify_assets.transforms.hours import listening_hours
from spotify_assets.transforms.tracks import artist_id
from spotify_assets.transforms.zones import with_time_zone
from tests.dbt.warehouse import (
    DEFAULT_TIME_ZONE,
    LOCAL_TRACK_KEY,
    NAMELESS_TRACK,
    NEW_SNAPSHOT,
    OLD_SNAPSHOT,
    OUTSIDE_TRACK,
    PODCAST_KEY,
    events_frame,
    frame,
    profiles_frame,
    track_id,
)

ZONES = {"DE": "Europe/Berlin", "US": "America/New_York", "AU": "Australia/Sydney"}
"""Main zones of the countries that the fixture's playbacks are in."""
ARTISTS = {
    track_id(1): "Ada",
    track_id(2): "Ben",
    track_id(3): "Ben",
    track_id(4): "Cleo",
    OUTSIDE_TRACK: "Eve",
    LOCAL_TRACK_KEY: "Finn",
}

Row = dict[str, Any]


def zone_of(event: Row) -> str:
    """The zone of a playback of the fixture: user 0 stays in Berlin, user 1 is from Kolkata and travels."""
    if event["user_id"] == "user-0":
        return "Europe/Berlin"
    at_home = "Asia/Kolkata" if event["user_id"] == "user-1" else DEFAULT_TIME_ZONE
    return ZONES.get(str(event["country"]), at_home)


def local(moment: datetime, zone: str) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@pytest.fixture(scope="module")
def events() -> list[Row]:
    """Every playback and interaction with its zone and its local date."""
    rows = events_frame().rows(named=True)
    for row in rows:
        row["time_zone"] = zone_of(row)
        row["local_started_at"] = local(row["started_at"], row["time_zone"])
        row["is_playback"] = row["action"] in ("play", "skip")
        row["is_play"] = row["is_playback"] and row["content_type"] == "music"
    return rows


@pytest.fixture(scope="module")
def playbacks(events) -> list[Row]:
    return [event for event in events if event["is_playback"]]


def assert_rows(found: pl.DataFrame, expected: list[Row], key: list[str]) -> None:
    """The rows found are those expected, in whatever order, in the columns that are expected."""
    columns = list(expected[0])
    assert_frame_equal(
        found.select(columns).sort(key),
        pl.DataFrame(expected, infer_schema_length=None).sort(key),
        check_dtypes=False,
        rel_tol=1e-12,
    )


def main_country(rows: list[Row]) -> str:
    counted = Counter(str(r["country"]) for r in rows if r["is_playback"] and r["country"] in ZONES)
    return max(counted, key=lambda country: (counted[country], country), default="ZZ")


def counts(rows: list[Row]) -> Row:
    plays = [row for row in rows if row["is_play"]]
    outcomes = Counter(row["outcome"] for row in plays)
    return {
        "playbacks": sum(bool(row["is_playback"]) for row in rows),
        "plays": len(plays),
        "streams": sum(bool(row["is_stream"]) for row in plays),
        "skips": outcomes["skip"],
        "completes": outcomes["complete"],
        "abandons": outcomes["abandoned"],
        "unknowns": outcomes["unknown"],
        "tracks": len({row["track_key"] for row in plays} - {None}),
    }


def test_dim_track_has_each_track_as_its_newest_snapshot_describes_it(built):
    found = built.query(
        "select track_id, track_name, popularity, album_name, is_in_catalogue, first_snapshot_date, "
        "last_snapshot_date from marts.dim_track order by track_id"
    ).rows()
    assert found == [
        (track_id(1), "First", 80, None, True, OLD_SNAPSHOT, NEW_SNAPSHOT),
        (track_id(2), "Withdrawn", 20, None, True, OLD_SNAPSHOT, OLD_SNAPSHOT),
        (track_id(3), "Trio", 90, None, True, NEW_SNAPSHOT, NEW_SNAPSHOT),
        (track_id(4), "Without genre", None, None, True, NEW_SNAPSHOT, NEW_SNAPSHOT),
        (track_id(5), "Never played", 50, None, True, NEW_SNAPSHOT, NEW_SNAPSHOT),
        (OUTSIDE_TRACK, "Outside (live)", None, "Doors", False, None, None),
        (NAMELESS_TRACK, "Unknown track", None, None, False, None, None),
        *sorted(
            [
                (LOCAL_TRACK_KEY, "Demo", None, "Tapes", False, None, None),
                (PODCAST_KEY, "As the export has it", None, None, False, None, None),
            ]
        ),
        ("unknown", "Unknown track", None, None, False, None, None),
    ]


def test_dim_artist_has_the_artists_of_snapshots_and_of_events(built):
    found = built.query("select artist_name, artist_id, track_count, is_in_catalogue from marts.dim_artist")
    rows = {name: tuple(rest) for name, *rest in found.iter_rows()}
    assert rows.keys() == {"Ada", "Ben", "Cleo", "Dora", "Eve", "Finn", "Someone", "Unknown artist"}
    assert rows["Ada"] == (artist_id("Ada"), 1, True)
    assert rows["Unknown artist"] == ("unknown", 0, False)
    assert rows["Eve"] == (artist_id("Eve"), 0, False)


def test_what_is_told_of_artists_is_that_of_each_snapshot_and_the_newest_of_each(built):
    facts = built.query(
        "select artist_name, snapshot_date, facts.popularity, facts.followers "
        "from marts.fact_artist_popularity as facts join marts.dim_artist using (artist_id) order by all"
    )
    assert facts.rows() == [
        ("Ada", OLD_SNAPSHOT, 40, 1_000),
        ("Ada", NEW_SNAPSHOT, 45, None),
        ("Cleo", NEW_SNAPSHOT, None, 99),
    ]
    newest = built.query(
        "select artist_name, popularity, followers from marts.dim_artist "
        "where popularity is not null or followers is not null order by all"
    )
    assert newest.rows() == [("Ada", 45, 1_000), ("Cleo", None, 99)]


def test_dim_album_has_the_albums_of_played_tracks(built):
    found = built.query(
        "select album_name, primary_artist_name, track_count, is_in_catalogue from marts.dim_album"
    )
    assert set(found.iter_rows()) == {
        ("Doors", "Eve", 1, False),
        ("Tapes", "Finn", 1, False),
        ("Unknown album", "Unknown artist", 7, False),
    }


def test_bridge_track_artist_credits_an_artist_once_per_track(built):
    found = built.query(
        "select artist_name, position from marts.bridge_track_artist join marts.dim_artist using (artist_id) "
        f"where track_id = '{track_id(3)}' order by position"
    )
    assert found.rows() == [("Ben", 1), ("Cleo", 2)]


def test_dim_date_has_every_day_of_the_years(built):
    found = built.query("from marts.dim_date order by date_day")
    days = found["date_day"].to_list()
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
    # a snapshot of New Year's Day is a local date of the old year somewhere
    assert (days[0], days[-1]) == (date(2024, 1, 1), date(2025, 12, 31))
    for row in found.rows(named=True):
        day = row["date_day"]
        assert (row["year"], row["month"], row["day_of_month"]) == (day.year, day.month, day.day)
        assert (row["iso_year"], row["iso_week"], row["weekday"]) == tuple(day.isocalendar())
        assert (row["month_name"], row["weekday_name"]) == (f"{day:%B}", f"{day:%A}")
        assert row["week_starts_on"] == day - timedelta(days=day.weekday())
        assert row["is_weekend"] == (day.weekday() >= 5)


def test_fact_listens_has_one_row_per_playback_on_the_listeners_clock(built, playbacks):
    expected = [
        {
            "event_id": row["event_id"],
            "track_id": row["track_key"] or "unknown",
            "ms_played": row["ms_played"],
            "is_skip": row["outcome"] == "skip",
            "is_music": row["is_play"],
            "country": row["country"] if row["country"] in ZONES else "ZZ",
            "device": row["device"] or "unknown",
            "time_zone": row["time_zone"],
            "local_started_at": row["local_started_at"],
            "local_date": row["local_started_at"].date(),
            "local_hour": row["local_started_at"].hour,
            "local_weekday": row["local_started_at"].isoweekday(),
        }
        for row in playbacks
    ]
    assert_rows(built.query("from marts.fact_listens"), expected, ["event_id"])


def listened(playbacks: list[Row]) -> dict[tuple[object, datetime], float]:
    """Milliseconds of each listener's clock hours (by user and UTC start) that any playback covers."""
    stretches = defaultdict(list)
    for row in playbacks:
        end = row["ended_at"]
        stretches[row["user_id"]].append((end - timedelta(milliseconds=row["ms_played"]), end))
    hours: dict[tuple[object, datetime], float] = defaultdict(float)
    for user, spans in stretches.items():
        covered = datetime.min  # noqa: DTZ901 - naive UTC
        for start, end in sorted(spans):
            moment = max(start, covered)
            covered = max(covered, end)
            while moment < end:
                hour = moment.replace(minute=0, second=0, microsecond=0)
                until = min(end, hour + timedelta(hours=1))
                hours[user, hour] += (until - moment) / timedelta(milliseconds=1)
                moment = until
    return hours


def test_fact_listening_hours_covers_each_millisecond_once(built, playbacks):
    """For listeners of one zone with full-hour offsets, whose local hours begin with those of UTC."""
    of_user = [row for row in playbacks if row["user_id"] == "user-0"]
    expected = [
        {
            "user_id": user,
            "hour_starts_at": hour,
            "local_date": local(hour, "Europe/Berlin").date(),
            "local_hour": local(hour, "Europe/Berlin").hour,
            "local_weekday": local(hour, "Europe/Berlin").isoweekday(),
            "ms_listened": ms,
        }
        for (user, hour), ms in listened(of_user).items()
        if ms
    ]
    found = built.query("from marts.fact_listening_hours where user_id = 'user-0' and ms_listened > 0")
    assert_rows(found, expected, ["hour_starts_at"])


def test_fact_user_activity(built, events):
    by_day = defaultdict(list)
    for event in events:
        by_day[event["user_id"], event["local_started_at"].date()].append(event)
    expected = []
    for (user, day), rows in by_day.items():
        counted = counts(rows)
        artists = {ARTISTS.get(str(row["track_key"])) for row in rows if row["is_play"]} - {None}
        adds = sum(row["action"] == "add_to_playlist" for row in rows)
        known = counted["plays"] - counted["unknowns"]
        score = counted["streams"] + counted["completes"] - counted["skips"] + 3 * adds
        expected.append(
            {
                "user_id": user,
                "local_date": day,
                "country": main_country(rows),
                **counted,
                "skip_rate": counted["skips"] / known if known else None,
                "playlist_adds": adds,
                "sessions": len({row["session_id"] for row in rows if row["is_playback"]}),
                "artists": len(artists),
                "ms_played": sum(row["ms_played"] for row in rows if row["is_play"]),
                "engagement_score": score,
            }
        )
    found = built.query("from marts.fact_user_activity")
    acted = found.join(
        pl.DataFrame(list(by_day), schema=["user_id", "local_date"], orient="row"),
        on=["user_id", "local_date"],
    )
    assert_rows(acted, expected, ["user_id", "local_date"])
    others = found.join(acted, on=["user_id", "local_date"], how="anti")
    assert others["playbacks"].to_list() == [0] * others.height


def test_listening_time_of_a_day_is_that_of_its_hours(built, playbacks):
    of_user = [row for row in playbacks if row["user_id"] == "user-0"]
    expected: dict[date, float] = defaultdict(float)
    for (_, hour), ms in listened(of_user).items():
        expected[local(hour, "Europe/Berlin").date()] += ms
    found = built.query(
        "select local_date, ms_listened, minutes_listened from marts.fact_user_activity "
        "where user_id = 'user-0' and ms_listened > 0"
    )
    assert {day: ms for day, ms, _ in found.iter_rows()} == {day: ms for day, ms in expected.items() if ms}
    assert (found["minutes_listened"] * 60_000 - found["ms_listened"]).abs().max() < 1e-6


def test_fact_sessions_are_runs_of_playbacks_without_half_an_hour_of_silence(built, events):
    """Sessions are found again from the events themselves, and some of them cross midnight."""
    by_user = defaultdict(list)
    for event in events:
        by_user[event["user_id"]].append(event)
    expected = []
    for user, rows in by_user.items():
        rows.sort(key=lambda r: (r["event_date"], r["started_at"], r["ended_at"], r["event_id"]))
        runs: list[list[Row]] = []
        heard_until = datetime.min  # noqa: DTZ901 - naive UTC
        for row in rows:
            if not runs or row["started_at"] - heard_until > timedelta(minutes=30):
                runs.append([])
            runs[-1].append(row)
            heard_until = max(heard_until, row["ended_at"])
        for run in runs:
            heard = [row for row in run if row["is_playback"]]
            if not heard:
                continue
            start, end = min(r["started_at"] for r in heard), max(r["ended_at"] for r in heard)
            expected.append(
                {
                    "user_id": user,
                    "started_at": start,
                    "ended_at": end,
                    "duration_ms": (end - start) // timedelta(milliseconds=1),
                    "time_zone": heard[0]["time_zone"],
                    "local_started_at": heard[0]["local_started_at"],
                    "device": heard[0]["device"] or "unknown",
                    **counts(heard),
                    "ms_played": sum(row["ms_played"] for row in heard),
                    "first_event_date": min(row["event_date"] for row in heard),
                    "last_event_date": max(row["event_date"] for row in heard),
                }
            )
    found = built.query("from marts.fact_sessions")
    assert_rows(found, expected, ["user_id", "started_at"])
    assert found.filter(pl.col("first_event_date") < pl.col("last_event_date")).height > 0


def test_dim_user(built, playbacks):
    found = {row["user_id"]: row for row in built.query("from marts.dim_user").rows(named=True)}
    assert found.keys() == {*(row["user_id"] for row in playbacks), "silent"}
    assert (found["user-0"]["time_zone"], found["user-0"]["time_zone_source"]) == (
        "Europe/Berlin",
        "declared",
    )
    assert (found["silent"]["time_zone"], found["silent"]["listening_days"]) == ("Asia/Tokyo", 0)
    for user in ("user-1", "user-2", "user-3", "user-4"):
        row = found[user]
        days = {r["local_started_at"].date() for r in playbacks if r["user_id"] == user}
        assert (row["time_zone"], row["time_zone_source"]) == (ZONES[row["home_country"]], "country")
        assert row["is_following_country"] == (user in ("user-1", "user-2"))
        assert (row["first_listen_date"], row["last_listen_date"]) == (min(days), max(days))
        assert row["listening_days"] == len(days)


def test_popularity_is_that_of_each_snapshot_beside_the_one_before(built):
    found = built.query(
        "select track_id, snapshot_date, popularity, previous_popularity, popularity_change, "
        "days_since_previous from marts.fact_track_popularity order by all"
    )
    days = (NEW_SNAPSHOT - OLD_SNAPSHOT).days
    assert found.rows() == [
        (track_id(1), OLD_SNAPSHOT, 10, None, None, None),
        (track_id(1), NEW_SNAPSHOT, 80, 10, 70, days),
        (track_id(2), OLD_SNAPSHOT, 20, None, None, None),
        (track_id(3), NEW_SNAPSHOT, 90, None, None, None),
        (track_id(4), NEW_SNAPSHOT, None, None, None, None),
        (track_id(5), NEW_SNAPSHOT, 50, None, None, None),
    ]


def test_history_has_a_version_for_every_change(built):
    found = built.query(
        "select track_id, version, valid_from, valid_to, is_current, track_name, genres, popularity "
        "from marts.dim_track_history where track_id in "
        f"('{track_id(1)}', '{track_id(2)}') order by track_id, version"
    )
    assert found.rows() == [
        (track_id(1), 1, OLD_SNAPSHOT, NEW_SNAPSHOT, False, "First (old name)", "pop", 10),
        (track_id(1), 2, NEW_SNAPSHOT, None, True, "First", "pop; rock", 80),
        (track_id(2), 1, OLD_SNAPSHOT, None, True, "Withdrawn", "jazz; soul", 20),
    ]
    artists = built.query(
        "select artist_name, version, track_count from marts.dim_artist_history where artist_name in "
        "('Ada', 'Cleo') order by all"
    )
    assert artists.rows() == [("Ada", 1, 2), ("Ada", 2, 1), ("Cleo", 1, 2)]


CLOCKS = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns")


def test_local_times_follow_daylight_saving(copy_of_built):
    """Around every change of a year, in zones that shift by an hour, by half an hour and not at all."""
    changes = [
        datetime(2025, m, d)  # noqa: DTZ001 - naive UTC
        for m, d in ((3, 9), (3, 30), (4, 5), (4, 6), (10, 4), (10, 5), (10, 26), (11, 2))
    ]
    moments = [change + timedelta(minutes=15 * step) for change in changes for step in range(96)]
    rows = [
        {
            "event_id": f"{zone} {moment}",
            "user_id": zone,
            "started_at": moment,
            "ended_at": moment,
            "event_date": moment.date(),
            "action": "play",
            "ms_played": 0,
            "session_id": "s",
            "source": "synthetic",
            "content_type": "music",
            "is_stream": False,
        }
        for zone in CLOCKS
        for moment in moments
    ]
    declared = [{"user_id": zone, "time_zone": zone, "follows_country": False} for zone in CLOCKS]
    copy_of_built.insert("core.user_profiles", pl.DataFrame(declared))
    copy_of_built.insert("core.listening_events", frame(LISTENING_EVENTS, rows))
    found = copy_of_built.query(
        "select time_zone, started_at, local_started_at, local_date, local_hour, local_weekday "
        "from staging.int_local_events where event_id like '%/%'"
    )
    assert found.height == len(rows)
    for zone, moment, *on_clock in found.iter_rows():
        expected = local(moment, zone)
        assert on_clock == [expected, expected.date(), expected.hour, expected.isoweekday()]


def test_the_zone_of_a_playback_is_the_one_that_listening_hours_use(built):
    found = built.query("select event_id, time_zone from staging.int_local_events")
    expected = with_time_zone(events_frame(), profiles_frame(), DEFAULT_TIME_ZONE)
    assert_frame_equal(found.sort("event_id"), expected.select("event_id", "time_zone").sort("event_id"))


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2025, 3, 30), 23), (date(2025, 10, 26), 25), (date(2025, 7, 1), 24)]
)
def test_a_day_has_as_many_hours_as_the_clock_shows(copy_of_built, day, hours):
    """Someone in Berlin listens round the clock: every hour of the day is full, the repeated one twice."""
    midnight = datetime.combine(day - timedelta(days=1), datetime.min.time())
    rows = [
        {
            "event_id": f"night and day {hour}",
            "user_id": "user-0",
            "started_at": midnight + timedelta(hours=hour),
            "ended_at": midnight + timedelta(hours=hour + 1),
            "event_date": (midnight + timedelta(hours=hour + 1)).date(),
            "action": "play",
            "ms_played": 3_600_000,
            "session_id": "s",
            "source": "synthetic",
            "content_type": "podcast",
            "is_stream": True,
        }
        for hour in range(72)
    ]
    events = frame(LISTENING_EVENTS, rows)
    made = listening_hours(events, events.clear(), profiles_frame(), DEFAULT_TIME_ZONE)
    copy_of_built.insert("core.listening_hours", made.select(LISTENING_HOURS.column_names))
    result = copy_of_built.dbt("run", "--select", "fact_listening_hours")
    assert result.success
    found = copy_of_built.query(
        f"select hour_starts_at, local_hour, ms_listened from marts.fact_listening_hours "
        f"where user_id = 'user-0' and local_date = '{day}' order by hour_starts_at"
    )
    assert found["ms_listened"].to_list() == [3_600_000] * hours
    starts = found["hour_starts_at"].to_list()
    assert all(later - earlier == timedelta(hours=1) for earlier, later in pairwise(starts))
    assert found["local_hour"].to_list() == [local(start, "Europe/Berlin").hour for start in starts]
