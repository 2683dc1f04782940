"""The rules of unusual listening, each against hand-made listening that is and that is not."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from spotify_assets.insight.unusual import borrowed, loops, machines, source, visitors
from spotify_assets.insight.unusual.find import unusual_listening
from spotify_assets.insight.unusual.kept_out import rule_of, whole_episodes
from spotify_assets.insight.unusual.marks import NEEDED, music
from spotify_assets.rows.window import Window
from spotify_assets.tables import SOUND
from spotify_assets.transforms.towns import least_km
from tests.insight.planted import hours_of
from tests.transforms.events import at, listening_events, playback, track

Row = dict[str, Any]
SESSION: dict[str, Any] = {"session_id": "s", "is_stream": True, "outcome": "complete", "device": "mobile"}


def one_after_another(
    start: str, count: int, *, seconds: float = 180, apart: float = 0, **changes: Any
) -> list[Row]:
    """Playbacks in a row; a change that is a function gets the number of the playback."""
    begin = at(start)
    rows = []
    for n in range(count):
        own = {name: value(n) if callable(value) else value for name, value in changes.items()}
        moment = begin + timedelta(seconds=n * (seconds + apart))
        made = playback(f"{start}-{changes.get('device', '')}-{n}", str(moment), seconds, **(SESSION | own))
        rows.append(made | {"track_key": made.get("track_key") or made["track_id"]})
    return rows


def plays(*rows: Row) -> pl.DataFrame:
    return music(listening_events(*rows).select(NEEDED))


TEN: dict[str, Any] = {"track_id": lambda n: track(n % 10), "artist_name": "A", "album_name": "B"}


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (one_after_another("2025-03-01 23:00", 61), 61),  # three hours of one track
        (one_after_another("2025-03-01 23:00", 59), 0),
        (one_after_another("2025-03-01 23:00", 61, **TEN), 61),  # an album of ten, six times
        (one_after_another("2025-03-01 23:00", 61, **TEN | {"track_id": lambda n: track(n % 60)}), 0),
        (one_after_another("2025-03-01 23:00", 61, **TEN | {"album_name": None}), 0),
        (one_after_another("2025-03-01 23:00", 81, **TEN | {"album_name": lambda n: f"{n}"}), 81),
        (
            one_after_another("2025-03-01 23:00", 61, reason_start=lambda n: "clickrow" if n == 30 else None),
            0,
        ),
        (one_after_another("2025-03-01 23:00", 61, outcome=lambda n: "skip" if n == 30 else "complete"), 0),
        (one_after_another("2025-03-01 23:00", 1, seconds=3 * 3_600), 1),  # one noise of the night
        (one_after_another("2025-03-01 23:00", 1, seconds=3 * 3_600, ms_played=3_600_000), 0),
        (one_after_another("2025-03-01 23:00", 12, apart=1_801), 0),  # silence in between
    ],
)
def test_a_sleep_loop_goes_on_for_hours_untouched(rows: list[Row], found: int):
    assert loops.sleep_loops(plays(*rows)).height == found


def varied(start: str, count: int, seconds: float = 180, **changes: Any) -> list[Row]:
    return one_after_another(start, count, seconds=seconds, track_id=track, **changes)


def test_streams_are_machine_like_where_many_in_a_row_end_once_they_count():
    assert machines.cut_streams(plays(*varied("2025-03-01 12:00", 20, 31))).height == 20
    assert machines.cut_streams(plays(*varied("2025-03-01 12:00", 19, 31))).height == 0
    assert machines.cut_streams(plays(*varied("2025-03-01 12:00", 40, 29))).height == 0
    assert machines.cut_streams(plays(*varied("2025-03-01 12:00", 40, 31, apart=61))).height == 0
    one_heard = (
        varied("2025-03-01 12:00", 19, 31)
        + varied("2025-03-01 12:10", 1)
        + varied("2025-03-01 12:14", 19, 31)
    )
    assert machines.cut_streams(plays(*one_heard)).height == 0


def test_nobody_listens_for_twenty_hours_without_half_an_hour_of_silence():
    assert machines.round_the_clock(plays(*varied("2025-03-01 08:00", 400))).height == 400
    assert machines.round_the_clock(plays(*varied("2025-03-01 08:00", 399))).height == 0
    slept = varied("2025-03-01 08:00", 300) + varied("2025-03-01 23:31", 300)
    assert machines.round_the_clock(plays(*slept)).height == 0


def test_two_devices_at_once_are_a_borrowed_account_and_handing_over_is_none():
    own = varied("2025-03-01 12:00", 20)
    guest = varied("2025-03-01 12:10", 5, device="speaker")
    found = borrowed.two_devices(plays(*own, *guest))
    assert set(found["guest"]) == {"speaker"}
    assert found.height == 5
    assert borrowed.two_devices(plays(*own, *varied("2025-03-01 13:00", 5, device="speaker"))).height == 0
    handed_over = varied("2025-03-01 12:59:52", 5, device="speaker")
    assert borrowed.two_devices(plays(*own, *handed_over)).height == 0
    another = [row | {"user_id": "ben"} for row in guest]
    assert borrowed.two_devices(plays(*own, *another)).height == 0
    other_source = [row | {"source": "lastfm"} for row in guest]
    assert borrowed.two_devices(plays(*own, *other_source)).height == 0
    reported_later = [row | {"reported_at": at("2025-03-02 08:00")} for row in guest]
    assert borrowed.two_devices(plays(*own, *reported_later)).height == 0


@pytest.mark.parametrize(
    ("country", "start", "found"),
    [
        ("JP", "2025-03-01 14:00", 4),  # an hour from Berlin to Tokyo
        ("JP", "2025-03-01 22:00", 0),  # nine hours
        ("FR", "2025-03-01 13:01", 0),  # across the bridge from Kehl to Strasbourg
        ("ZZ", "2025-03-01 14:00", 0),
        (None, "2025-03-01 14:00", 0),
    ],
)
def test_a_journey_that_is_too_fast_is_a_borrowed_account(country: str | None, start: str, found: int):
    rows = [*varied("2025-03-01 12:00", 20), *varied(start, 4, country=country)]
    there = borrowed.journeys(plays(*rows))
    assert there.height == found
    assert set(there["guest"]) <= {country}


def test_the_guest_is_where_less_is_played_whichever_came_first():
    rows = [*varied("2025-03-01 12:00", 4, country="JP"), *varied("2025-03-01 14:00", 20)]
    assert set(borrowed.journeys(plays(*rows))["guest"]) == {"JP"}


def test_countries_are_apart_by_less_than_their_towns():
    assert least_km("DE", "DE") == least_km("DE", "FR") == least_km("DE", "QQ") == 0
    assert 6_000 < least_km("DE", "JP") < 8_918  # from Berlin to Tokyo
    assert least_km("DE", "JP") == pytest.approx(least_km("JP", "DE"))


def test_playbacks_that_end_in_one_minute_are_a_burst_where_nobody_can_hear_them():
    def stamped(count: int, seconds: float) -> list[Row]:
        return [
            playback(f"b{n}", seconds=seconds, ended_at=at("2025-03-01 12:00"), **SESSION)
            | {"started_at": at("2025-03-01 12:00") - timedelta(seconds=seconds)}
            for n in range(count)
        ]

    assert source.source_bursts(plays(*stamped(6, 180))).height == 6
    assert source.source_bursts(plays(*stamped(4, 180))).height == 0
    assert source.source_bursts(plays(*stamped(6, 8))).height == 0  # skipped through in a minute


def sessions(days: range, per_day: int, **changes: Any) -> list[Row]:
    """Sessions of one playback, so many a day and two hours apart."""
    return [
        row | {"session_position": 1} | changes
        for day in days
        for n in range(per_day)
        for row in varied(str(at("2025-03-01") + timedelta(days=day, hours=2 * n)), 1)
    ]


def gaps(rows: list[Row]) -> pl.DataFrame:
    return source.source_gaps(hours_of(listening_events(*rows)))


def test_a_silence_is_a_gap_where_the_source_usually_tells_of_many_sessions():
    [gap] = gaps(sessions(range(20), 10) + sessions(range(23, 25), 10)).iter_rows(named=True)
    assert gap["started_at"] == at("2025-03-20 18:03")
    assert gap["ended_at"] == at("2025-03-24 00:00")
    assert gap["missed"] == pytest.approx(30, abs=2)
    assert gaps(sessions(range(20), 10) + sessions(range(21, 25), 10)).is_empty()  # ten missed
    assert gaps(
        sessions(range(10), 10) + sessions(range(15, 25), 10)
    ).is_empty()  # nobody knows what is usual
    both = sessions(range(20), 10) + sessions(range(23, 25), 10) + sessions(range(25), 10, source="stream")
    assert gaps(both)["source"].to_list() == ["extended_history"]


@pytest.mark.parametrize("a_day", [0.5, 4, 12, 40])
def test_no_silence_is_passed_over_that_may_be_a_gap(a_day: float, monkeypatch: pytest.MonkeyPatch):
    """Silences of any length, of sources with any number of sessions: found as when all are looked at."""
    rng = np.random.default_rng(round(10 * a_day))
    apart = rng.exponential(24 / a_day, 1_500) + np.where(
        rng.random(1_500) < 0.02, rng.uniform(20, 600, 1_500), 0
    )
    first_at = at("2024-01-01") + pl.Series("first_at", [timedelta(hours=h) for h in apart.cumsum()])
    plays = pl.DataFrame({"first_at": first_at}).with_columns(
        source=pl.lit("stream"),
        hour=pl.col("first_at").dt.truncate("1h"),
        last_at=pl.col("first_at").dt.offset_by("7m"),
    )
    hours = plays.group_by("source", "hour").agg(
        sessions=pl.len(), first_at=pl.col("first_at").min(), last_at=pl.col("last_at").max()
    )
    found = source.source_gaps(hours)
    assert found.height > 0 or a_day < 1
    monkeypatch.setattr(source, "_may_be_gaps", lambda _, silent: pl.Series([True] * silent.height))
    assert found.equals(source.source_gaps(hours))


SOUND_OF_TRACKS = pl.DataFrame(
    {"track_id": [track(n) for n in range(200)]}
    | {name: [(0.2 if n < 100 else 0.9) + 0.05 * ((n * 7) % 5 - 2) for n in range(200)] for name in SOUND}
)


def taste(first: int, artist: str, *, known: bool = True, count: int = 15) -> int:
    """The marks of a session of tracks from `first` on, of a listener who plays the first hundred."""
    usual = [
        row
        for day in range(20 if known else 5)
        for row in one_after_another(
            str(at("2025-03-01 10:00") + timedelta(days=day)),
            8,
            track_id=lambda n, day=day: track((n + 8 * day) % 100),
            artist_name=lambda n: f"artist {n}",
            session_id=f"usual {day}",
        )
    ]
    burst = one_after_another(
        "2025-03-25 18:00", count, track_id=lambda n: track(first + n), artist_name=artist, session_id="burst"
    )
    events = listening_events(*usual, *burst)
    found = visitors.unlike_taste(
        music(events.filter(pl.col("event_date") == date(2025, 3, 25)).select(NEEDED)),
        lambda columns, matching: events.join(matching, on=matching.columns, how="semi").select(columns),
        lambda: SOUND_OF_TRACKS,
    )
    return found.height


def test_a_burst_of_new_artists_with_another_sound_is_somebody_elses():
    assert taste(100, "lullabies") == 15
    assert taste(100, "artist 3") == 0  # an artist of theirs, with a new sound
    assert taste(50, "new favourite") == 0  # a new artist of their sound
    assert taste(100, "lullabies", known=False) == 0
    assert taste(100, "lullabies", count=11) == 0
    assert taste(500, "not in the catalogue") == 0


def find(events: pl.DataFrame, window: Window) -> pl.DataFrame:
    return unusual_listening(
        window,
        events.select(NEEDED),
        hours_of(events),
        lambda columns, _: events.select(columns),
        lambda: SOUND_OF_TRACKS,
    )


def test_an_episode_has_a_row_for_each_date_and_is_one_for_people():
    loop = one_after_another("2025-03-01 22:00", 81, track_name="Rain", artist_name="Noise")
    events = listening_events(*loop)
    rows = find(events, Window(date(2025, 3, 1), date(2025, 3, 3)))
    assert rows["event_date"].to_list() == [date(2025, 3, 1), date(2025, 3, 2)]
    assert rows["playbacks"].sum() == 81
    assert rows["ms_played"].sum() == 81 * 180_000
    assert rows["says"].to_list() == [
        "39 playbacks of one track over 2.0 h, untouched: Rain by Noise",
        "42 playbacks of one track over 2.1 h, untouched: Rain by Noise",
    ]
    [whole] = whole_episodes(rows).iter_rows(named=True)
    assert (whole["started_at"], whole["playbacks"]) == (at("2025-03-01 22:00"), 81)
    by_day = [
        find(events, Window(day, day + timedelta(days=1))) for day in (date(2025, 3, 1), date(2025, 3, 2))
    ]
    assert pl.concat(by_day).equals(rows)


def test_the_rule_of_an_episode_matches_its_playbacks_and_no_other():
    before = one_after_another("2025-03-01 21:54", 2, track_id=track(7))
    loop = one_after_another("2025-03-01 22:00", 81)
    after = [playback("after", "2025-03-02 02:03", 200, **SESSION)]
    events = listening_events(*before, *loop, *after)
    [episode] = whole_episodes(find(events, Window(date(2025, 3, 1), date(2025, 3, 3)))).iter_rows(named=True)
    kept_out = events.filter(rule_of(episode).matches())
    assert set(kept_out["event_id"]) == {row["event_id"] for row in loop}


def test_a_guest_on_another_device_is_kept_out_alone():
    own = varied("2025-03-01 12:00", 20)
    guest = varied("2025-03-01 12:10", 5, device="speaker")
    events = listening_events(*own, *guest)
    [episode] = whole_episodes(find(events, Window(date(2025, 3, 1), date(2025, 3, 2)))).iter_rows(named=True)
    assert set(events.filter(rule_of(episode).matches())["device"]) == {"speaker"}


def test_of_a_silence_there_is_nothing_to_keep_out():
    rows = sessions(range(20), 10) + sessions(range(23, 25), 10)
    found = find(listening_events(*rows), Window(date(2025, 3, 1), date(2025, 4, 1)))
    [silence] = whole_episodes(found).iter_rows(named=True)
    assert silence["kind"] == "source_gap"
    assert silence["user_id"] is None
    with pytest.raises(ValueError, match="nothing to keep out"):
        rule_of(silence)
