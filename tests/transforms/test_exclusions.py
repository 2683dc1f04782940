"""Exclusion rules: what they match, and that excluded rows are counted and never come back elsewhere."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from spotify_assets.transforms.events import listening_events, valid_events
from spotify_assets.transforms.exclusions import NO_CONTENT, Exclusion, without_excluded
from tests.transforms.events import at, playback, raw_events, track

NO_TRACKS_COLUMNS = ("track_id", "snapshot_date", "duration_ms")


def kept(rule: Exclusion, *rows):
    return without_excluded(valid_events(raw_events(*rows)), [rule]).rows["event_id"].to_list()


PLAYS = (
    playback("a", "2025-03-01 12:00", artist_name="Band", track_name="Song", device="mobile"),
    playback("b", "2025-03-02 12:00", artist_name="band ", track_id=track(2), user_id="ben"),
    playback(
        "c", "2025-03-03 23:58", artist_name="Bandits", device="Speaker", extra='{"incognito_mode":true}'
    ),
    playback("d", "2025-03-04 12:00", track_id=None, track_name="SONG", extra='{"incognito_mode": false}'),
)


@pytest.mark.parametrize(
    ("rule", "left"),
    [
        (Exclusion(artist="BAND"), ["c", "d"]),
        (Exclusion(user_id="ben", artist="Band"), ["a", "c", "d"]),
        (Exclusion(track=track(2)), ["a", "c", "d"]),
        (Exclusion(track=f"spotify:track:{track(2)}"), ["a", "c", "d"]),
        (Exclusion(track=f"https://open.spotify.com/intl-de/track/{track(2)}?si=1"), ["a", "c", "d"]),
        (Exclusion(track="song"), ["b", "c"]),
        (Exclusion(device="speaker"), ["a", "b", "d"]),
        (Exclusion(incognito=True), ["a", "b", "d"]),
        (Exclusion(since=date(2025, 3, 2), until=date(2025, 3, 2)), ["a", "c", "d"]),
        (Exclusion(since=date(2025, 3, 4)), ["a", "b"]),
        (Exclusion(until=at("2025-03-02 12:03:00")), ["b", "c", "d"]),
        (Exclusion(until=datetime(2025, 3, 2, 13, 4, tzinfo=timezone(timedelta(hours=1)))), ["c", "d"]),
        (Exclusion(artist="Band", device="mobile"), ["b", "c", "d"]),
    ],
)
def test_a_rule_excludes_what_every_part_of_it_matches(rule, left):
    assert kept(rule, *PLAYS) == left


def test_the_end_of_the_playback_decides_as_its_date_does():
    assert kept(Exclusion(since=date(2025, 3, 4)), playback("late", "2025-03-03 23:58")) == []


def test_excluded_rows_are_counted_by_the_first_rule_and_carry_no_content():
    rules = [
        Exclusion(artist="band", since=date(2025, 3, 2)),
        Exclusion(artist="Band"),
        Exclusion(incognito=True),
    ]
    cleaned = without_excluded(valid_events(raw_events(*PLAYS)), rules)

    found = cleaned.rejected.sort("source_row").select("source_row", "reason", "detail", "original").rows()
    assert found == [
        (1, "excluded_artist", "rule 2 of the exclusions", NO_CONTENT),
        (2, "excluded_artist_period", "rule 1 of the exclusions", NO_CONTENT),
        (3, "excluded_incognito", "rule 3 of the exclusions", NO_CONTENT),
    ]
    assert cleaned.rows_in == cleaned.rows.height + cleaned.rejected.height


def test_an_excluded_playback_does_not_come_back_through_another_source():
    told_twice = (
        playback("e", "2025-03-01 12:00", track_name="Song", artist_name="Band", device="speaker"),
        playback(
            "l",
            "2025-03-01 12:00",
            track_id=None,
            track_name="Song",
            artist_name="Band",
            source="lastfm",
            ended_at=at("2025-03-01 12:03"),
        ),
    )
    raw = raw_events(*told_twice)
    nothing = raw.clear()
    cleaned = listening_events(
        raw,
        lambda days: nothing,
        nothing.select("track_id", snapshot_date="event_date", duration_ms="ms_played"),
        lambda days: nothing,
        [Exclusion(device="speaker")],
    )
    assert cleaned.rows.is_empty()
    assert (cleaned.rejected.height, sum(cleaned.duplicates.values())) == (1, 1)


def test_sessions_do_not_begin_with_an_excluded_playback():
    before = raw_events(playback("noise", "2025-02-28 23:40", seconds=18 * 60, device="speaker"))
    raw = raw_events(playback("song", "2025-03-01 00:05", user_id="anna"))
    tracks = raw.clear().select("track_id", snapshot_date="event_date", duration_ms="ms_played")
    positions = [
        listening_events(raw, lambda days: before, tracks, None, rules).rows["session_position"].to_list()
        for rules in ([], [Exclusion(device="speaker")])
    ]
    assert positions == [[2], [1]]


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({}, "names a track"),
        ({"user_id": "anna"}, "names a track"),
        ({"since": date(2025, 3, 2), "until": date(2025, 3, 1)}, "ends before it begins"),
        ({"since": datetime(2025, 3, 1, tzinfo=UTC), "until": at("2025-03-01 00:00")}, "ends before"),
    ],
)
def test_a_rule_for_everything_or_nothing_is_refused(parts, says):
    with pytest.raises(ValueError, match=says):
        Exclusion(**parts)


def test_without_rules_nothing_changes():
    cleaned = valid_events(raw_events(*PLAYS))
    assert without_excluded(cleaned, []) is cleaned


SPELLINGS = [
    ("Don't Stop Believin'", "Don’t Stop Believin’"),
    ("Don't Stop", "DON`T STOP"),
    ('The "Best" Of', "The “Best” Of"),
    ('12" Mix', "12″ Mix"),
    ("Beyoncé", "Beyonce\u0301"),
    ("İstanbul", "i\u0307stanbul"),
    ("Sigur Rós", "Sigur\u00a0Rós"),
    ("Two  Blanks", " two\u2003blanks\u200b"),
    ("Jay-Z", "Jay\u2011Z"),
    ("Song - Live", "Song – Live"),
    ("STRASSE", "straße"),
    ("ΟΔΟΣ", "οδοσ"),
    ("ＬｉＳＡ", "lisa"),
    ("Wait...", "Wait…"),
]


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
@pytest.mark.parametrize("column", ["artist", "track"])
def test_names_match_however_they_are_encoded(column, one, other):
    for asked, written in ((one, other), (other, one)):
        row = playback("a", **{f"{column}_name": written})
        assert kept(Exclusion(**{column: asked}), row) == []


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("Beyonce", "Beyoncé"),
        ("Dont Stop", "Don't Stop"),
        ("Song", "Song - Live"),
        ("JayZ", "Jay-Z"),
        ("P!nk", "Pink"),
        (" ", None),
        ("\u200b", None),
    ],
)
def test_other_names_do_not_match(asked, written):
    assert kept(Exclusion(artist=asked), playback("a", artist_name=written)) == ["a"]
