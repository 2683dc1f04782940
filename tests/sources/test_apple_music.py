"""Apple Music's Play Activity: the end of a playback, how long it was, why it ended, and nothing personal."""

import csv
import io
import json

import pytest

from spotify_assets.sources.imports import Kind
from tests.sources.inputs import kind_of, read, reasons
from tests.transforms.events import at


def row(**changes: str) -> dict[str, str]:
    return {
        "Apple Id Number": "1234567890",
        "Album Name": "Album",
        "Artist Name": "Artist",
        "Client IP Address": "203.0.113.7",
        "Device Identifier": "abcdef0123456789abcdef0123456789",
        "Device OS Name": "iOS",
        "Device Type": "IPHONE",
        "End Reason Type": "TRACK_SKIPPED_FORWARDS",
        "Event End Timestamp": "2024-03-01T12:00:41.500Z",
        "Event Start Timestamp": "2024-03-01T12:00:00Z",
        "Event Type": "PLAY_END",
        "IP City": "Springfield",
        "IP Country Code": "DE",
        "Media Duration In Milliseconds": "180000",
        "Media Type": "AUDIO",
        "Play Duration Milliseconds": "40000",
        "Song Name": "Song",
        "UTC Offset In Seconds": "3600",
    } | changes


def file_of(*rows: dict[str, str], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_playback_ends_when_the_file_says_and_lasted_as_long(delimiter):
    content = file_of(row(), delimiter=delimiter)
    assert kind_of(content) is Kind.APPLE_MUSIC
    [event] = read(content).rows.to_dicts()
    expected = {
        "source": "apple_music",
        "ended_at": at("2024-03-01T12:00:41.500"),
        "started_at": at("2024-03-01T12:00:01.500"),
        "ms_played": 40_000,
        "track_name": "Song",
        "artist_name": "Artist",
        "album_name": "Album",
        "reason_end": "fwdbtn",
        "country": "DE",
        "device": "mobile",
        "content_type": "music",
        "user_id": "anna",
    }
    assert {name: event[name] for name in expected} == expected
    assert json.loads(event["extra"]) == {
        "end_reason_type": "TRACK_SKIPPED_FORWARDS",
        "media_duration_ms": 180_000,
        "utc_offset_seconds": 3_600,
    }


def test_nothing_personal_passes_neither_loaded_nor_refused():
    chunk = read(file_of(row(), row(**{"Event Type": "LYRIC_DISPLAY"})))
    kept = chunk.rows.write_json() + chunk.rejected.write_json()
    assert chunk.rejected.height == 1
    for personal in ("1234567890", "203.0.113.7", "abcdef0123456789", "Springfield"):
        assert personal not in kept


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Event Type": "PLAY_START"}, "not_a_play"),
        ({"Play Duration Milliseconds": "-5"}, "negative_ms_played"),
        ({"Play Duration Milliseconds": "soon"}, "unparseable_ms_played"),
        ({"Event End Timestamp": "yesterday"}, "unparseable_time"),
        ({"Event End Timestamp": "", "Event Start Timestamp": ""}, "missing_time"),
    ],
)
def test_what_is_no_playback_is_refused_with_its_reason(changes, reason):
    assert reasons(read(file_of(row(**changes)))) == {1: reason}


def test_what_a_row_lacks_follows_from_the_rest():
    content = file_of(
        row(**{"Play Duration Milliseconds": ""}),
        row(**{"Event End Timestamp": "", "Event Type": "", "End Reason Type": "SOMETHING_NEW"}),
    )
    first, second = read(content).rows.to_dicts()
    assert first["ms_played"] == 41_500
    assert second["ended_at"] == at("2024-03-01T12:00:40")
    assert second["reason_end"] is None
    assert json.loads(second["extra"])["end_reason_type"] == "SOMETHING_NEW"


def test_the_years_with_other_names_of_columns_are_read_too():
    old = row()
    for name, older in {
        "Song Name": "Content Name",
        "Artist Name": "Container Artist Name",
        "Album Name": "Container Album Name",
    }.items():
        old[older] = old.pop(name)
    assert read(file_of(old)).rows["track_name"].to_list() == ["Song"]


def test_the_same_playback_has_the_same_id_wherever_it_stands():
    once, twice = read(file_of(row())), read(file_of(row(**{"Song Name": "Other"}), row()))
    assert once.rows["event_id"][0] == twice.rows["event_id"][1] != twice.rows["event_id"][0]
