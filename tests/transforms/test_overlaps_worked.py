"""Overlaps of few rows, worked out by hand: uploads, chains, pauses, and rows that are nearly the same."""

from datetime import date
from typing import Any

import pytest

from spotify_assets.transforms.overlaps import (
    NEEDED_FOR_OVERLAPS,
    may_go_on,
    overlapping,
    told_at_upload,
    users_of_several_sources,
)
from tests.transforms.events import Row, at, raw_events, track
from tests.transforms.test_overlaps import account, extended, listening, scrobble

DAY = date(2025, 3, 2)
NOBODY: Row = {"track_id": None, "track_name": None, "artist_name": None}
UPLOAD = "2025-03-05 18:00:31"


def moved(event_id: str, seconds: float = 180, reported: str = UPLOAD, **changes: Any) -> Row:
    """A row that was heard on the first and reported later."""
    return extended(event_id, "2025-03-01 12:03:20", seconds, reported_at=at(reported), **changes)


def told(events: list[Row], uploads: list[Row]) -> dict[str, str]:
    """For each row that is told at an upload the row that stands for it."""
    found = told_at_upload(raw_events(*events).select(NEEDED_FOR_OVERLAPS), raw_events(*uploads))
    assert found["event_id"].is_unique().all()
    return dict(found.select("event_id", "kept_event_id").iter_rows())


class TestToldAtUpload:
    def test_track_length_and_minute_of_the_upload_are_the_same(self):
        rows = [
            account("a1", UPLOAD),
            account("a2", UPLOAD, 181),
            account("a3", UPLOAD, name="Other"),
            account("a4", "2025-03-05 18:01"),
            account("a5", UPLOAD, user_id="ben"),
            account("a6", "2025-03-01 12:03:20"),
        ]
        assert told(rows, [moved("m")]) == {"a1": "m"}

    def test_each_upload_takes_one_row_however_often_it_is_told(self):
        rows = [account("a1", UPLOAD, source_row=1), account("a2", UPLOAD, source_row=2)]
        assert told(rows, [moved("m"), moved("m")]) == {"a1": "m"}
        again = moved("m", reported="2025-03-09 08:00")
        assert told([*rows, account("a3", "2025-03-09 08:00")], [moved("m"), again]) == {"a1": "m", "a3": "m"}

    def test_only_a_source_that_tells_of_uploads_alone(self):
        rows = [extended("e", UPLOAD), extended("t", UPLOAD, source="stream"), account("a", UPLOAD)]
        assert told(rows, [moved("m")]) == {"a": "m"}
        assert told(rows[:2], [moved("m")]) == {}

    def test_of_two_that_it_may_be_it_is_the_first_by_id(self):
        row = account("a", UPLOAD, track_id=track(7))
        by_id = moved("m2", track_id=track(7), track_name="Renamed")
        by_names = moved("m1", track_id=track(8))
        assert told([row], [by_id, by_names]) == told([row], [by_names, by_id]) == {"a": "m1"}


class TestChains:
    """Of the 2nd, with a day around it; what ends after 11:28 on the 3rd may overlap what was not read."""

    @pytest.mark.parametrize(("end", "touches"), [("23:59:58", True), ("23:59:57.999", False)])
    def test_rows_that_touch_are_in_one_chain(self, end: str, touches: bool):
        """Twelve hours from midnight, known to the second, and a row of another source before."""
        rows = [
            extended("t", f"2025-03-02 {end}", source="stream"),
            extended("e", "2025-03-03 12:00", 12 * 3600),
        ]
        assert may_go_on(raw_events(*rows), DAY, DAY, 1) is touches
        assert may_go_on(raw_events(*reversed(rows)), DAY, DAY, 1) is touches

    def test_other_listeners_and_other_chains_do_not_count(self):
        noon = extended("n", "2025-03-02 12:00", 3600)
        late = extended("l", "2025-03-03 20:00", 3600)
        assert may_go_on(raw_events(noon, late), DAY, DAY, 1) is False
        over = extended("o", "2025-03-03 12:00", 12 * 3600)
        until_midnight = extended("u", "2025-03-02 23:59:59", 3600)
        assert may_go_on(raw_events(over, until_midnight), DAY, DAY, 1) is True
        assert may_go_on(raw_events(over | {"user_id": "ben"}, until_midnight), DAY, DAY, 1) is False
        assert may_go_on(raw_events(until_midnight | {"user_id": "ben"}, over), DAY, DAY, 1) is False

    def test_the_longest_of_what_overlaps_holds_a_chain_together(self):
        rows = [
            extended("long", "2025-03-02 23:59:58", 6 * 3600, source="stream"),
            extended("short", "2025-03-02 19:00", 60),
            extended("e", "2025-03-03 12:00", 12 * 3600, source="web_api"),
        ]
        assert may_go_on(raw_events(*rows), DAY, DAY, 1) is True

    def test_nothing_goes_on_without_rows(self):
        assert may_go_on(raw_events(), DAY, DAY, 1) is False


def test_who_is_told_of_by_several_sources():
    rows = [
        extended("e1", "2025-03-01 12:03"),
        account("a1", "2025-03-01 13:03"),
        extended("e2", "2025-03-01 12:03", user_id="ben"),
        extended("e3", "2025-03-01 13:03", user_id="ben"),
    ]
    assert users_of_several_sources(raw_events(*rows)).to_list() == ["anna"]


class TestPauses:
    def test_what_was_heard_last_before_bounds_the_pause_whatever_began_last(self):
        """Two devices: the longer one sounded until 12:20, the shorter one until 12:02."""
        rows = [
            extended("e1", "2025-03-01 12:20", 1200, "Long", track_id=track(2)),
            extended("e2", "2025-03-01 12:02", 60, "Short", track_id=track(3)),
            extended("e3", "2025-03-01 12:28", 180),
        ]
        assert listening(*rows, scrobble("s", "2025-03-01 12:10"))[1] == {}
        assert listening(*rows[1:], scrobble("s", "2025-03-01 12:10"))[1] == {"s": "e3"}

    def test_what_others_heard_and_other_sources_tell_bounds_no_pause(self):
        before = extended("b", "2025-03-01 11:50", 60, "Before", track_id=track(2))
        paused = extended("e", "2025-03-01 12:05")
        between = extended("m", "2025-03-01 12:00", 60, "Between", track_id=track(3))
        for other in ({"user_id": "ben"}, {"source": "stream"}):
            rows = [before, between | other, paused, scrobble("s", "2025-03-01 11:51")]
            assert listening(*rows)[1] == {"s": "e"}

    def test_what_the_first_listener_heard_bounds_no_pause_of_the_next(self):
        ben: Row = {"user_id": "ben"}
        rows = [
            extended("anna", "2025-03-01 13:00"),
            account("told", "2025-03-01 13:00"),
            extended("b", "2025-03-01 11:50", 60, "Before", track_id=track(2), **ben),
            extended("e", "2025-03-01 12:05", **ben),
            scrobble("s", "2025-03-01 11:51", **ben),
        ]
        assert listening(*rows)[1] == {"s": "e", "told": "anna"}

    def test_a_pause_lasts_half_an_hour_at_most(self):
        before = extended("b", "2025-03-01 11:00", 60, "Before", track_id=track(2))
        paused = extended("e", "2025-03-01 12:05", 300)
        for start, same in (("11:28:29", True), ("11:28:28.999", False)):
            assert (listening(before, paused, scrobble("s", f"2025-03-01 {start}"))[1] == {"s": "e"}) is same

    def test_of_the_longest_playback_the_last_twelve_hours_count(self):
        endless = extended("e", "2025-03-02 12:00", 20 * 3600)
        for start, same in (("2025-03-02 00:30", True), ("2025-03-01 22:00", False)):
            assert (listening(endless, scrobble("s", start))[1] == {"s": "e"}) is same


class TestNearlyTheSame:
    def test_of_two_scrobbles_of_one_playback_one_stays(self):
        rows = [extended("e", "2025-03-01 12:03:00")]
        rows += [scrobble(f"s{n}", f"2025-03-01 12:00:0{n}") for n in (1, 4)]
        assert listening(*rows) == (["e", "s4"], {"s1": "e"})

    def test_rows_that_nothing_is_known_of_are_counted_by_their_length(self):
        rows = [extended(f"e{n}", "2025-03-01 12:03:41", 4 + n, **NOBODY) for n in (0, 1, 2)]
        told = [account(f"a{n}", "2025-03-01 12:03:41", 4 + n, **NOBODY) for n in (2, 1)]
        assert listening(*rows, *told)[1] == {"a1": "e1", "a2": "e2"}

    def test_a_scrobble_is_nothing_that_was_not_heard_in_the_same_minute(self):
        assert (
            listening(extended("e", "2025-03-01 12:03:10", 0), scrobble("s", "2025-03-01 12:03:20"))[1] == {}
        )

    @pytest.mark.parametrize(
        ("end", "seconds", "same"),
        [("12:01:00", 60, True), ("12:00:30", 30, False), ("12:01:00", 30, False)],
    )
    def test_one_title_of_two_artists_began_and_ended_at_once(self, end: str, seconds: int, same: bool):
        history = extended("e", "2025-03-01 12:01:00", 60, "Intro", artist_name="One")
        names = {"track_id": None, "artist_name": "Two"}
        stream = extended("t", f"2025-03-01 {end}.4", seconds, "Intro", source="stream", **names)
        assert listening(history, stream)[1] == ({"t": "e"} if same else {})

    @pytest.mark.parametrize(("start", "same"), [("12:00:15", True), ("12:00:15.001", False)])
    def test_one_title_of_two_artists_at_two_scrobblers_within_fifteen_seconds(self, start: str, same: bool):
        first = scrobble("l", "2025-03-01 12:00", "Intro", "listenbrainz", artist_name="One")
        other = scrobble("s", f"2025-03-01 {start}", "Intro", artist_name="Two")
        assert listening(first, other)[1] == ({"s": "l"} if same else {})

    def test_rows_say_for_which_source_they_are_dropped(self):
        rows = raw_events(extended("e", "2025-03-01 12:03"), account("a", "2025-03-01 12:03"))
        assert overlapping(rows.select(NEEDED_FOR_OVERLAPS)).to_dicts() == [
            {
                "event_id": "a",
                "kept_event_id": "e",
                "source": "account_data",
                "kept_source": "extended_history",
            }
        ]
