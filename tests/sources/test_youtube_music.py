"""YouTube Music's watch history: when a playback began, of whom, and nothing of how long it was."""

import json
from typing import Any

import pytest

from spotify_assets.sources.imports import Kind
from tests.sources.inputs import as_json, kind_of, read, reasons
from tests.transforms.events import at


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "header": "YouTube Music",
        "title": "Watched Song",
        "titleUrl": "https://music.youtube.com/watch?v=dQw4w9WgXcQ",
        "subtitles": [{"name": "Artist - Topic", "url": "https://www.youtube.com/channel/UC1"}],
        "time": "2024-03-01T12:00:35.123Z",
        "products": ["YouTube"],
        "activityControls": ["YouTube watch history"],
    } | changes


def test_a_playback_begins_when_the_file_says_and_its_length_is_assumed():
    content = as_json([entry()])
    assert kind_of(content) is Kind.YOUTUBE_MUSIC
    [event] = read(content).rows.to_dicts()
    expected = {
        "source": "youtube_music",
        "started_at": at("2024-03-01T12:00:35.123"),
        "ms_played": 30_000,
        "track_name": "Song",
        "artist_name": "Artist",
        "content_type": "music",
        "track_id": None,
        "user_id": "anna",
    }
    assert {name: event[name] for name in expected} == expected
    extra = json.loads(event["extra"])
    assert extra["ms_played_from"] == "assumed"
    assert extra["youtube_video_id"] == "dQw4w9WgXcQ"


@pytest.mark.parametrize(
    ("title", "song"),
    [
        ("Watched Watched", "Watched"),
        ("Song (Live) angesehen", "Song (Live)"),
        ("Vous avez regardé Chanson", "Chanson"),
        ("Has visto Canción", "Canción"),
        ("Hai guardato Canzone", "Canzone"),
        ("Lied bekeken", "Lied"),
        ("歌 を視聴しました", "歌"),
        ("Words of a language nobody planned for", "Words of a language nobody planned for"),
        ("Watched https://music.youtube.com/watch?v=dQw4w9WgXcQ", None),
    ],
)
def test_the_sentence_around_a_title_is_taken_off(title, song):
    assert read(as_json([entry(title=title)])).rows["track_name"].to_list() == [song]


def test_videos_of_youtube_are_refused_and_not_kept():
    video = entry(header="YouTube", title="Watched a private matter")
    chunk = read(as_json([video, entry()]))
    assert reasons(chunk) == {1: "not_music"}
    assert chunk.rows.height == 1
    assert "private matter" not in chunk.rejected.write_json()
    assert kind_of(as_json([video])) is Kind.YOUTUBE_MUSIC


def test_searches_of_the_same_form_are_no_watch_history():
    assert kind_of(as_json([entry(header="Search", title="Searched for a song")])) is not Kind.YOUTUBE_MUSIC


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"time": "soon"}, "unparseable_time"),
        ({"time": None}, "missing_time"),
        ({"title": "Watched https://youtu.be/x", "subtitles": []}, "not_a_play"),
    ],
)
def test_what_is_no_playback_is_refused_with_its_reason(changes, reason):
    assert reasons(read(as_json([entry(), entry(**changes)]))) == {2: reason}


def test_the_same_song_twice_in_a_minute_stays_two_playbacks():
    assert read(as_json([entry(), entry()])).rows["event_id"].n_unique() == 2
