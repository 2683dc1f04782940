"""What makes rows of two sources one playback: worked matches of each kind, and look-alikes that stay two."""

from typing import Any

import pytest

from spotify_assets.transforms.overlaps import SOURCES
from tests.transforms.events import Row, at, playback, track
from tests.transforms.test_overlaps import account, extended, listening, scrobble

NO_NAMES: Row = {"track_name": None, "artist_name": None}
MINUTE_ONLY = {"extra": '{"precision":"minute"}'}


def one(*rows: Row) -> bool:
    """Whether all rows are one playback: that of the first."""
    kept, dropped = listening(*rows)
    first = rows[0]["event_id"]
    assert len(kept) + len(dropped) == len(rows)
    return kept == [first] and set(dropped.values()) == {first}


# --- names that sources tell differently ------------

HOST: Row = {"artist_name": "Various Artists", "album_name": "A Soundtrack"}
GUEST = {"artist_name": "Rain Composer"}


@pytest.mark.parametrize("artist", ["Rain Composer", "Guest Singer & Host", "DJ Artist", None])
def test_the_artist_of_the_album_and_the_artist_of_the_track_are_one_playback(artist: str | None):
    history = extended("e", "2025-03-01 12:03:20", 200, "Theme of Rain", **HOST)
    for other in (
        scrobble("s", "2025-03-01 12:00:00", "Theme of Rain", artist_name=artist),
        scrobble("s", "2025-03-01 12:00:00", "theme of rain", "listenbrainz", artist_name=artist),
        account("a", "2025-03-01 12:03:20", 200, "Theme of Rain", artist_name=artist),
        extended(
            "w",
            "2025-03-01 12:03:45",
            210,
            "Theme of Rain",
            source="web_api",
            track_id=None,
            artist_name=artist,
        ),
    ):
        assert one(history, other), other["source"]


@pytest.mark.parametrize(
    ("start", "changes", "same"),
    [
        ("2025-03-01 12:00:16", {}, True),
        ("2025-03-01 12:00:17", {}, False),
        ("2025-03-01 11:59:44", {}, True),
        ("2025-03-01 11:59:43", {}, False),
        ("2025-03-01 11:59:00", MINUTE_ONLY, True),
        ("2025-03-01 11:58:44", MINUTE_ONLY, True),
        ("2025-03-01 11:58:43", MINUTE_ONLY, False),
        ("2025-03-01 12:00:17", MINUTE_ONLY, False),
        ("2025-03-01 11:50:00", HOST, True),
    ],
)
def test_a_title_alone_needs_the_moment_and_with_the_album_a_pause_may_lie_between(
    start: str, changes: Row, same: bool
):
    """The history has 200 s from 12:00:00, silence before it, and knows the end to the second; scrobblers'
    clocks are up to 15 s off."""
    before = extended("b", "2025-03-01 11:40", 60, "Before", track_id=track(2))
    history = extended("e", "2025-03-01 12:03:20", 200, "Theme", **HOST)
    other = scrobble("s", start, "Theme", **({"artist_name": "Guest"} | changes | {"artist_name": "Guest"}))
    assert (listening(before, history, other)[1] == {"s": "e"}) is same


def test_two_songs_of_one_title_after_each_other_are_two():
    first = extended("e", "2025-03-01 12:01:00", 60, "Intro", artist_name="One")
    for other in (
        scrobble("s", "2025-03-01 12:01:00", "Intro", artist_name="Two"),
        scrobble("s", "2025-03-01 11:59:00", "Intro", artist_name="Two"),
        account("a", "2025-03-01 12:02:00", 60, "Intro", artist_name="Two"),
        extended("t", "2025-03-01 12:02:00", 60, "Intro", source="stream", track_id=None, artist_name="Two"),
    ):
        assert listening(first, other)[1] == {}, other["source"]


def test_what_was_heard_for_a_moment_was_not_scrobbled_under_another_artist():
    for seconds, same in ((15, True), (14.999, False)):
        history = extended("e", "2025-03-01 12:00:15", seconds, "Intro", artist_name="One")
        assert one(history, scrobble("s", "2025-03-01 12:00", "Intro", artist_name="Two")) is same


def test_the_same_artist_claims_a_row_before_the_same_title_does():
    """The nearer start is the other artist's; the names decide."""
    rows = [
        extended("e1", "2025-03-01 12:00:40", 40, "Intro", artist_name="One", track_id=track(1)),
        extended("e2", "2025-03-01 12:01:20", 40, "Intro", artist_name="Two", track_id=track(2)),
        scrobble("s1", "2025-03-01 12:00:34", "Intro", artist_name="One"),
        scrobble("s2", "2025-03-01 12:00:44", "Intro", artist_name="Three"),
    ]
    assert listening(*rows)[1] == {"s1": "e1", "s2": "e2"}


def test_of_several_the_nearest_is_the_same():
    """Each scrobble lies within reach of both playbacks of the track on repeat."""
    rows = [
        extended("e1", "2025-03-01 12:00:30", 30),
        extended("e2", "2025-03-01 12:01:00", 30),
        scrobble("s1", "2025-03-01 12:00:05"),
        scrobble("s2", "2025-03-01 12:00:26"),
    ]
    assert listening(*rows)[1] == {"s1": "e1", "s2": "e2"}
    assert listening(*rows[:2], rows[3])[1] == {"s2": "e2"}


# --- one source knows the id, the other only names ------------


@pytest.mark.parametrize("source", ["lastfm", "listenbrainz"])
def test_a_scrobble_of_what_was_paused_is_not_of_the_same_song_just_before(source: str):
    """Begun anew at 12:00:30 and paused for five minutes: the milliseconds heard alone would say 12:05:30."""
    first = extended("e1", "2025-03-01 12:00:29", 27, "Song")
    again = extended("e2", "2025-03-01 12:09:00", 210, "Song")
    assert listening(first, again, scrobble("s", "2025-03-01 12:00:32", "Song", source)) == (
        ["e1", "e2"],
        {"s": "e2"},
    )


def test_a_scrobble_of_a_minute_is_of_what_began_in_it():
    """Five seconds before the minute lies nearer to its beginning, and outside of it."""
    first = extended("e1", "2025-03-01 12:00:20", 25, "Song")
    again = extended("e2", "2025-03-01 12:02:10", 100, "Song")
    assert listening(first, again, scrobble("s", "2025-03-01 12:00:00", "Song", **MINUTE_ONLY)) == (
        ["e1", "e2"],
        {"s": "e2"},
    )


def test_of_two_that_began_in_the_minute_of_a_scrobble_it_is_of_that_of_which_more_was_heard():
    first = extended("e1", "2025-03-01 12:00:30", 20, "Song")
    again = extended("e2", "2025-03-01 12:02:30", 120, "Song")
    one_scrobble = scrobble("s", "2025-03-01 12:00:00", "Song", **MINUTE_ONLY)
    assert listening(first, again, one_scrobble) == (["e1", "e2"], {"s": "e2"})


def test_a_track_that_left_the_catalogue_and_its_names_are_one_playback_with_the_names():
    rows = [
        extended(f"e{n}", f"2025-03-01 12:0{n}:20", 200.123 - n, track_id=track(n), **NO_NAMES)
        for n in (1, 5)
    ]
    rows += [account(f"a{n}", f"2025-03-01 12:0{n}:20", 200.123 - n, f"Gone {n}") for n in (1, 5)]
    assert listening(*rows) == (["e1", "e5"], {"a1": "e1", "a5": "e5"})


def test_by_the_names_of_the_account_data_a_scrobble_is_found():
    """It began twenty seconds before the milliseconds heard: too far for a row without a title."""
    history = extended("e", "2025-03-01 12:03:20", 200.123, **NO_NAMES)
    told = account("a", "2025-03-01 12:03:20", 200.123, "Gone")
    paused = scrobble("s", "2025-03-01 11:59:40", "Gone")
    assert one(history, told, paused)
    assert listening(history, paused)[1] == {}


@pytest.mark.parametrize(
    ("history", "other"),
    [
        ({"track_id": None, **NO_NAMES}, {}),
        ({"track_id": None, **NO_NAMES}, NO_NAMES),
        ({}, NO_NAMES),
        ({"track_id": None, "track_name": "Song"}, NO_NAMES),
        ({"track_name": None}, {"track_name": "Song"}),
    ],
)
@pytest.mark.parametrize("seconds", [0, 30, 187.456])
def test_where_one_has_no_title_minute_and_milliseconds_are_enough(history: Row, other: Row, seconds: float):
    heard = extended("e", "2025-03-01 12:03:20", seconds, **history)
    assert one(heard, account("a", "2025-03-01 12:03:20", seconds, **other))
    for end, more in (("2025-03-01 12:04:00", 0), ("2025-03-01 12:02:59", 0), ("2025-03-01 12:03:20", 0.001)):
        assert listening(heard, account("a", end, seconds + more, **other))[1] == {}


def test_of_rows_without_title_the_kth_is_the_kth_in_the_order_of_time_and_file():
    """Two in one minute; files and rows of the account data are the other way round than ids."""
    rows = [
        extended("e2", "2025-03-01 12:03:10", 4, track_id=track(1), **NO_NAMES),
        extended("e1", "2025-03-01 12:03:30", 4, track_id=track(2), **NO_NAMES),
        account("a2", "2025-03-01 12:03:10", 4, "First", source_file="a.json", source_row=1),
        account("a1", "2025-03-01 12:03:30", 4, "Second", source_file="a.json", source_row=2),
    ]
    expected = {"a2": "e2", "a1": "e1"}
    assert listening(*rows)[1] == expected
    assert listening(*reversed(rows))[1] == expected
    by_file = [row | {"source_file": f"{4 - n}.json", "source_row": 1} for n, row in enumerate(rows)]
    assert listening(*by_file)[1] == {"a1": "e2", "a2": "e1"}
    by_row = [row | {"source_file": "a.json", "source_row": 9 - n} for n, row in enumerate(rows)]
    assert listening(*by_row)[1] == {"a1": "e2", "a2": "e1"}


def test_of_one_end_the_row_of_the_file_says_which_is_the_kth():
    """Songs of one burst carry one end; the history's k-th row is the account data's k-th."""
    burst: Row = {"track_id": None, "source_file": "b.json"}
    rows = [
        extended("e2", "2025-03-01 12:03:10", 4, source_row=2, **burst),
        extended("e1", "2025-03-01 12:03:10", 4, source_row=3, **burst),
        extended("e0", "2025-03-01 12:03:10", 4, source_row=1, **burst),
        account("a2", "2025-03-01 12:03:10", 4, source_file="c.json", source_row=1),
        account("a1", "2025-03-01 12:03:10", 4, source_file="a.json", source_row=9),
    ]
    assert listening(*rows)[1] == {"a1": "e0", "a2": "e2"}
    assert listening(*reversed(rows))[1] == {"a1": "e0", "a2": "e2"}


def test_an_id_and_another_id_are_two_though_one_has_no_title():
    history = extended("e", "2025-03-01 12:03:20", 187.456, track_id=track(1))
    other = account("a", "2025-03-01 12:03:20", 187.456, track_id=track(2), **NO_NAMES)
    assert listening(history, other)[1] == {}


def test_a_renamed_episode_is_one_and_two_titles_of_a_whole_second_are_two():
    show: Row = {"artist_name": "The Show", "track_id": None, "content_type": "podcast"}
    for seconds, artist, same in (
        (1800.001, "The Show", True),
        (1800.001, "the show", True),
        (1800.001, "Another Show", False),
        (1800.0, "The Show", False),
        (30.0, "The Show", False),
        (29.999, "The Show", True),
    ):
        history = extended("e", "2025-03-01 12:33:20", seconds, "Episode 7: Renamed", **show)
        other = account("a", "2025-03-01 12:33:20", seconds, "Episode 7", **show | {"artist_name": artist})
        assert one(history, other) is same


def test_two_titles_of_two_artists_are_two_however_they_agree():
    history = extended("e", "2025-03-01 12:03:20", 187.456, "One", artist_name="A")
    assert listening(history, account("a", "2025-03-01 12:03:20", 187.456, "Two", artist_name="B"))[1] == {}


def test_a_scrobble_and_a_row_without_title_are_one_where_they_began_together():
    for start, same in (("12:00:00", True), ("12:00:16", True), ("12:00:17", False), ("11:59:43", False)):
        history = extended("e", "2025-03-01 12:03:20", 200.0, **NO_NAMES)
        assert one(history, scrobble("s", f"2025-03-01 {start}")) is same
    with_other_id = scrobble("s", "2025-03-01 12:00", track_id=track(2))
    assert listening(extended("e", "2025-03-01 12:03:20", 200.0, **NO_NAMES), with_other_id)[1] == {}


def test_a_named_row_claims_the_scrobble_before_one_without_title_does():
    rows = [
        extended("e1", "2025-03-01 12:00:20", 20, track_id=track(1), **NO_NAMES),
        extended("e2", "2025-03-01 12:00:40", 20, track_id=track(2)),
        scrobble("s", "2025-03-01 12:00:09"),
    ]
    assert listening(*rows)[1] == {"s": "e2"}


# --- what each source knows of the time ------------


def test_the_ends_of_the_api_are_half_a_minute_off_at_most():
    """A playback of 1 ms ended at 12:00:00, to the second: 31 s off is the most that overlaps."""
    history = extended("e", "2025-03-01 12:00:00", 0.001)
    for end, same in (
        ("11:59:28.999", True),
        ("11:59:28.998", False),
        ("12:00:31", True),
        ("12:00:31.001", False),
    ):
        other = extended("w", f"2025-03-01 {end}", 0, source="web_api")
        assert one(history, other) is same, end


@pytest.mark.parametrize("source", ["listenbrainz", "lastfm"])
def test_scrobbles_are_up_to_half_a_minute_late_and_a_minute_and_a_half_early(source: str):
    """100 s from 12:00:00, and something else heard right before, so that nothing was paused."""
    before = extended("b", "2025-03-01 12:00:00", 60, "Before", track_id=track(2))
    history = extended("e", "2025-03-01 12:01:40", 100)
    for start, same in (
        ("11:58:29", True),
        ("11:58:28.999", False),
        ("12:01:40", True),
        ("12:01:40.001", False),
    ):
        found = listening(before, history, scrobble("s", f"2025-03-01 {start}", source=source))[1]
        assert (found == {"s": "e"}) is same, start


def test_a_scrobble_of_a_short_playback_may_come_after_its_end_by_what_the_scrobbler_knows():
    history = extended("e", "2025-03-01 12:00:20", 20)
    assert one(history, scrobble("s", "2025-03-01 12:00:31"))
    assert not one(history, scrobble("s", "2025-03-01 12:00:51.001"))


def test_two_rows_of_known_length_share_half_of_the_shorter_one():
    """100 s until 12:01:40 and 40 s of the stream: each is known to the second, so 2 s are added."""
    history = extended("e", "2025-03-01 12:01:40", 100)
    for end, same in (
        ("12:02:02", True),
        ("12:02:02.001", False),
        ("12:00:18", True),
        ("12:00:17.999", False),
    ):
        stream = extended("t", f"2025-03-01 {end}", 40, source="stream")
        assert one(history, stream) is same, end


def test_the_account_data_are_a_minute_early_at_most():
    """40 s by the history; the 30 s of the account data ended in the minute, and 15 of them lie in both."""
    for end, minute, same in (
        ("12:02:26", "12:01", True),
        ("12:02:26.001", "12:01", False),
        ("12:02:26", "12:02", True),
        ("12:02:26", "12:00", False),
        ("12:02:26", "12:03", False),
    ):
        history = extended("e", f"2025-03-01 {end}", 40)
        assert one(history, account("a", f"2025-03-01 {minute}", 30)) is same, (end, minute)


def test_of_two_nearly_as_long_the_one_that_ends_nearer_and_is_as_long_is_the_same():
    rows = [
        extended("e1", "2025-03-01 12:02:00", 100),
        extended("e2", "2025-03-01 12:02:05", 140, user_id="anna"),
        extended("t", "2025-03-01 12:02:05", 101, source="stream"),
    ]
    assert listening(*rows)[1] == {"t": "e1"}


def test_all_that_is_not_listed_is_known_to_the_second():
    history = extended("e", "2025-03-01 12:00:00", 0.001)
    for end, same in (
        ("12:00:02", True),
        ("12:00:02.001", False),
        ("11:59:57.999", True),
        ("11:59:57.998", False),
    ):
        assert one(history, extended("x", f"2025-03-01 {end}", 0, source="elsewhere")) is same, end


def test_sources_know_what_the_documentation_says():
    known = {s.source: (s.early_ms, s.late_ms, s.starts_only, s.reports) for s in SOURCES}
    exact = (1_000, 1_000, False, False)
    scrobbler = (30_000, 90_000, True, False)
    assert known == {
        "extended_history": exact,
        "stream": exact,
        "synthetic": exact,
        "web_api": (30_000, 30_000, False, False),
        "account_data": (1_000, 60_000, False, True),
        "listenbrainz": scrobbler,
        "lastfm": scrobbler,
        "apple_music": exact,
        "youtube_music": scrobbler,
    }


# --- what was heard offline ------------


def offline(event_id: str, end: str, reported: str, seconds: float = 200.0, **changes: Any) -> Row:
    """A row of the extended history of what was heard before it was reported."""
    return extended(event_id, end, seconds, reported_at=at(reported), **changes)


def test_the_account_data_tell_of_the_upload_and_scrobbles_of_the_moment():
    heard = offline("e", "2025-03-01 12:03:20", "2025-03-01 18:00:31")
    assert one(heard, account("a", "2025-03-01 18:00:31", 200.0), scrobble("s", "2025-03-01 12:00:02"))
    assert listening(heard, account("a", "2025-03-01 18:01", 200.0))[1] == {}
    assert listening(heard, scrobble("s", "2025-03-01 17:57:11"))[1] == {}
    assert one(heard, account("a", "2025-03-01 12:03:20", 200.0))


def test_a_burst_that_was_heard_at_different_times_is_one_minute_of_the_account_data():
    rows = [
        offline(
            f"e{n}",
            f"2025-03-01 1{n}:03:20",
            "2025-03-01 20:00:31",
            100 + n,
            name=f"Song {n}",
            track_id=track(n),
        )
        for n in range(5)
    ]
    rows += [account(f"a{n}", "2025-03-01 20:00:31", 100 + n, f"Song {n}") for n in range(5)]
    kept, dropped = listening(*rows)
    assert kept == [f"e{n}" for n in range(5)]
    assert dropped == {f"a{n}": f"e{n}" for n in range(5)}


def test_interactions_and_other_listeners_are_in_no_pair():
    heard = offline("e", "2025-03-01 12:03:20", "2025-03-01 18:00:31", **NO_NAMES)
    assert listening(heard, account("a", "2025-03-01 18:00:31", 200.0, user_id="ben"))[1] == {}
    pause = playback("p", "2025-03-01 18:00:31", 0, action="pause", source="account_data")
    assert listening(heard, pause)[1] == {}
