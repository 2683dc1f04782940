"""Files of the listener's own: the names that their URIs hold become those of the playback."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.sources.local_files import LocalFile, local_file
from spotify_assets.transforms.identity import with_track_key
from tests.sources.inputs import as_json, play, read

NAMELESS = {
    "master_metadata_track_name": None,
    "master_metadata_album_artist_name": None,
    "master_metadata_album_album_name": None,
}


@pytest.mark.parametrize(
    ("uri", "names"),
    [
        (
            "spotify:local:The+Garage+Band:Demo+Tape:Basement+Song:181",
            ("The Garage Band", "Demo Tape", "Basement Song"),
        ),
        ("spotify:local:::Only+A+Title:12", (None, None, "Only A Title")),
        ("spotify:local:Artist::Title:12", ("Artist", None, "Title")),
        ("spotify:local::::0", (None, None, None)),
        ("spotify:local:A:B:C:", ("A", "B", "C")),
        ("spotify:local:A:B:C", ("A", "B", "C")),
        ("spotify:local:A:B:Part+1%3A+Dawn:9", ("A", "B", "Part 1: Dawn")),
        ("spotify:local:A:B:Part+1:+Dawn:9", ("A", "B", "Part 1: Dawn")),
        ("spotify:local:A:B:1999:9", ("A", "B", "1999")),
        ("spotify:local:Sk8%2Br:B:100%25:9", ("Sk8+r", "B", "100%")),
        ("spotify:local:Bj%C3%B6rk:B:J%c3%b3ga:9", ("Björk", "B", "Jóga")),
        ("spotify:local:Bj%F6rk:B:Don%92t:9", ("Björk", "B", "Don’t")),
        ("spotify:local:Björk:B:50%+off:9", ("Björk", "B", "50% off")),
        ("spotify:local:A:B:Line%0AFeed%00:9", ("A", "B", "Line Feed")),
        ("https://open.spotify.com/local/The+Band/Tape/AC%2FDC/9", ("The Band", "Tape", "AC/DC")),
        ("spotify:local:", (None, None, None)),
        ("spotify:track:3aJ2aJz5xL03hpaqdPS7Ah", (None, None, None)),
    ],
)
def test_the_names_that_a_uri_holds(uri: str, names: tuple[str | None, ...]):
    artist, album, title = names
    assert local_file(uri) == LocalFile(artist, album, title)


@given(st.text())
def test_whatever_the_uri_holds_it_is_read(text: str):
    local_file(f"spotify:local:{text}")


def test_a_local_file_is_a_track_of_its_own_by_the_names_in_its_uri():
    song = "spotify:local:The+Garage+Band:Demo+Tape:Basement+Song:181"
    other = "spotify:local:The+Garage+Band:Demo+Tape:Attic+Song:90"
    nothing = "spotify:local::::0"
    content = as_json(
        play(number, spotify_track_uri=uri, **NAMELESS)
        for number, uri in enumerate((song, song, other, nothing, None), start=1)
    )
    found = read(content)
    rows = with_track_key(found.rows.sort("source_row"))
    assert found.rejected.is_empty()
    assert rows.select("artist_name", "album_name", "track_name").rows() == [
        ("The Garage Band", "Demo Tape", "Basement Song"),
        ("The Garage Band", "Demo Tape", "Basement Song"),
        ("The Garage Band", "Demo Tape", "Attic Song"),
        (None, None, None),
        (None, None, None),
    ]
    keys = rows["track_key"].to_list()
    assert keys[0] == keys[1] != keys[2]
    assert keys[3:] == [None, None]
    assert rows["track_id"].null_count() == 5
    assert rows["ms_played"].to_list() == [180_000 + number for number in range(1, 6)]


def test_names_of_the_row_win_over_those_of_the_uri_one_by_one():
    content = as_json(
        [
            play(
                1,
                spotify_track_uri="spotify:local:Uri+Artist:Uri+Album:Uri+Title:9",
                master_metadata_track_name="Row Title",
                master_metadata_album_artist_name=None,
                master_metadata_album_album_name=None,
            ),
            play(2),
        ]
    )
    assert read(content).rows.select("track_name", "artist_name", "album_name").rows() == [
        ("Row Title", "Uri Artist", "Uri Album"),
        ("Song 2", "Artist", "Album"),
    ]


def test_the_names_leave_the_id_of_the_playback_alone():
    uri = "spotify:local:The+Garage+Band:Demo+Tape:Basement+Song:181"
    without, named = (
        read(as_json([play(1, spotify_track_uri=uri, **names)])).rows["event_id"].item()
        for names in (NAMELESS, {"master_metadata_track_name": "Basement Song"})
    )
    assert without == named
