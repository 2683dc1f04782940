"""Files are what their content says, whatever they are called."""

import io
import json
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.sources.archive import InputFile
from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.imports import EVENT_KINDS, Kind, read_events, recognise, stored_name
from tests.examples import examples
from tests.sources import files
from tests.sources.inputs import account_row, as_json, in_memory, kind_of, play, zipped


@pytest.mark.parametrize(
    "row",
    [
        files.tracks_dataset_row(1),
        files.tracks_600k_row(1),
        files.tidytuesday_row(1),
        files.spotify_features_row(1),
    ],
)
def test_catalogues_are_recognised_by_their_columns(row: files.Row):
    for encoding in ("utf-8", "utf-16", "cp1252"):
        assert (
            kind_of(files.csv_text([row]).encode(encoding), "Streaming_History_Audio_1.json")
            is Kind.CATALOGUE
        )


@pytest.mark.parametrize("name", ["tracks.csv", "Read_Me_First.pdf", "StreamingHistory0.json", "x"])
def test_a_name_makes_no_difference(name: str):
    assert kind_of(as_json([play()]), name) is Kind.EXTENDED_HISTORY
    assert kind_of(as_json([account_row()]), name) is Kind.ACCOUNT_MUSIC


LIKED = [{"artist": "a", "album": "b", "track": "c", "uri": "spotify:track:0000000000000000000001"}]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"  \n",
        b"%PDF-1.7 ...",
        b"\x89PNG\r\n",
        b"\xff\xd8\xff\xe0",
        b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X",
        b"\x00\x00\x00\x01Bud1\x00",
        b"[]",
        b"[ {} ]",
        json.dumps({"username": "x", "email": "y", "country": "DE"}).encode(),
        json.dumps({"playlists": [{"name": "x", "items": [{"track": {"trackName": "a"}}]}]}).encode(),
        as_json([{"platform": "IPHONE", "searchTime": "2024", "searchQuery": "x"}]),
        json.dumps(
            {"tracks": [{"artist": "a", "album": "b", "track": "c", "uri": "d"}], "albums": []}
        ).encode(),
        json.dumps({"inferences": ["1P_Custom"]}).encode(),
        json.dumps({"tracks": LIKED}).encode(),
        json.dumps({"tracks": LIKED * 10_000}).encode(),
        json.dumps({"bannedTracks": [], "shows": [{"name": "x", "publisher": "y"}]}).encode(),
        as_json([{"paymentMethod": "card", "created": "2020-01-01", "amount": "9.99"}]),
        as_json([{"artistName": "A", "segment": "Light"}]),
    ],
)
def test_what_holds_no_listening_is_told_from_what_nobody_knows(content: bytes):
    recognised = recognise(in_memory(content, "Streaming_History_Audio_1.json"))
    assert recognised.kind is Kind.NOT_DATA
    assert recognised.why


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<!DOCTYPE html><html>", "web page"),
        (zipped({"[Content_Types].xml": b"x"}), "office document"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"SQLite format 3\x00", "SQLite"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS"),
        (b"Dear diary,\ntoday I listened to music.\n", "begins with 'Dear diary,'"),
        (b"\x00\x01\x02\x03" * 50, "binary"),
        (as_json([{"heard": "2024-03-01 10:00", "song": "x"}]), "they have heard, song"),
        (as_json([{"title": "Watched x", "time": "2024-03-01T10:00:00Z"}]), "they have time, title"),
        (json.dumps({"items": [{"track": {"name": "x"}, "played_at": 1709294435}]}).encode(), "have items"),
        (as_json([{"track_name": "x", "artists": "y", "popularity": 1}]), "artists, popularity, track_name"),
        (b'{"half an', "none of its rows could be read"),
        (b"PAR1 damaged PAR1", "damaged Parquet"),
    ],
)
def test_what_nobody_knows_is_described(content: bytes, why: str):
    recognised = recognise(in_memory(content))
    assert recognised.kind is Kind.UNKNOWN
    assert why in recognised.why


def test_the_description_names_no_address():
    assert "example.org" not in recognise(in_memory(b"write to anna@example.org\n")).why


def test_a_folder_entry_with_bytes_is_no_data_but_a_history_in_it_is():
    assert recognise(in_memory(b"garbage", "x.zip/MyData/")).kind is Kind.NOT_DATA
    assert recognise(in_memory(as_json([play()]), "x.zip/MyData/")).kind is Kind.EXTENDED_HISTORY


def test_a_few_broken_rows_at_the_start_hide_nothing():
    content = b'[{"ts": broken}, 7, {"a": 1},' + as_json([play(n) for n in range(5)])[1:]
    assert kind_of(content) is Kind.EXTENDED_HISTORY


def test_only_the_beginning_is_read():
    content = as_json([play(n) for n in range(20_000)])
    streams: list[io.BytesIO] = []

    def opened() -> BinaryIO:
        streams.append(io.BytesIO(content))
        streams[-1].close = lambda: None  # type: ignore[method-assign]
        return streams[-1]

    assert recognise(InputFile("x", len(content), opened)).kind is Kind.EXTENDED_HISTORY
    assert sum(stream.tell() for stream in streams) < len(content) / 10


def test_kinds_without_events_cannot_be_read_as_events():
    file = in_memory(b"%PDF")
    with pytest.raises(ValueError, match="has no events"):
        read_events(file, recognise(file), "anna")


def test_names_of_files_of_spotify_are_kept():
    file = in_memory(as_json([play()]), "my_spotify_data.zip/MyData/endsong_0.json")
    assert stored_name(file, recognise(file)) == "endsong_0.json"


ID = "0VjIjW4GlUZAMYd2vXMi3b"


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"Song ID": ID, "Song Name": "N", "Artist": "A"}, Kind.CATALOGUE),
        ({"code": ID, "name": "N", "artist": "A"}, Kind.CATALOGUE),
        ({"code": "17", "name": "N", "artist": "A"}, Kind.UNKNOWN),
        ({"artist_code": ID, "name": "N", "artist": "A"}, Kind.UNKNOWN),
        (
            {"date": "2024-01-01", "track_id": ID, "track": "N", "artist": "A", "popularity": "3"},
            Kind.CATALOGUE,
        ),
        ({"date": "2024-01-01 10:00", "track": "N", "artist": "A", "id": "7"}, Kind.LASTFM),
    ],
)
def test_a_catalogue_is_told_by_the_ids_that_a_column_holds(row: files.Row, kind: Kind):
    assert kind_of(files.csv_text([row]).encode()) is kind


SEEDS = [
    as_json([play(n) for n in range(3)]),
    as_json([account_row(n) for n in range(3)], indent=2),
    b"uts,artist,album,track\n1709294435,A,B,C\n",
    b'{"listened_at": 1, "track_metadata": {"artist_name": "A"}}\n',
    b'{"event_id": "e", "user_id": "u", "started_at": "2025-01-01T00:00:00Z", "event_date": "2025-01-01"}\n',
    files.csv_text([files.tracks_dataset_row(1)]).encode(),
]


@examples(400)
@given(st.data())
def test_damage_of_any_kind_raises_nothing_but_source_errors(data: st.DataObject):
    content = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(0, 4))):
        where = data.draw(st.integers(0, len(content)))
        content[where : where + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=6))
    file = in_memory(bytes(content))
    try:
        recognised = recognise(file)
        if recognised.kind in EVENT_KINDS:
            for chunk in read_events(file, recognised, "anna"):
                assert chunk.rows_in == chunk.rows.height + chunk.rejected.height
    except SourceError:
        pass
