"""Scrobbles of every layout: one time of start, no time played that anybody measured."""

import csv
import io
import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.imports import Kind, recognise, stored_name
from spotify_assets.tables import RAW_EVENTS
from tests.sources.inputs import TRACK, as_json, as_lines, in_memory, kind_of, read, reasons
from tests.transforms.events import at

START = at("2024-03-01T12:00:35")
UTS = 1_709_294_435


def api(number: int = 0, **changes: Any) -> dict[str, Any]:
    """A track of a page of user.getRecentTracks."""
    return {
        "artist": {"mbid": "", "#text": "Artist"},
        "album": {"mbid": "", "#text": "Album"},
        "name": f"Song {number}",
        "mbid": "",
        "url": "https://www.last.fm/music/Artist/_/Song",
        "streamable": "0",
        "image": [{"size": "small", "#text": ""}],
        "date": {"uts": str(UTS + 600 * number), "#text": "01 Mar 2024, 12:00"},
    } | changes


def page(*tracks: dict[str, Any]) -> dict[str, Any]:
    return {"recenttracks": {"track": list(tracks), "@attr": {"user": "the-listeners-name", "page": "1"}}}


def listen(number: int = 0, **info: Any) -> dict[str, Any]:
    return {
        "inserted_at": "2024-03-02T00:00:00",
        "listened_at": UTS + 600 * number,
        "user_name": "the-listeners-name",
        "recording_msid": "123e4567-e89b-12d3-a456-426614174000",
        "track_metadata": {
            "artist_name": "Artist",
            "track_name": f"Song {number}",
            "release_name": "Album",
            "additional_info": info,
            "mbid_mapping": {"recording_mbid": "223e4567-e89b-12d3-a456-426614174000"},
        },
    }


def csv_file(*rows: list[Any], delimiter: str = ",") -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    return buffer.getvalue().encode()


WITH_HEADER = csv_file(
    ["uts", "utc_time", "artist", "artist_mbid", "album", "album_mbid", "track", "track_mbid"],
    [UTS, "01 Mar 2024, 12:00", "Artist", "", "Album", "", "Song 0", ""],
)
LAYOUTS = {
    "page": json.dumps(page(api())).encode(),
    "page of one": json.dumps({"recenttracks": {"track": api()}}).encode(),
    "pages": as_json([page(api())]),
    "page lines": as_lines([page(api())]),
    "bare tracks": as_json([api()]),
    "nested arrays": as_json([[api()]]),
    "extended artist": as_json([api(artist={"name": "Artist", "url": "x"})]),
    "lastfm-to-csv": WITH_HEADER,
    "lastfmstats csv": csv_file(
        ["Artist", "Album", "AlbumId", "Track", "Date#the-listeners-name"],
        ["Artist", "Album", "7", "Song 0", UTS * 1000],
        delimiter=";",
    ),
    "lastfmstats json": json.dumps(
        {
            "username": "the-listeners-name",
            "scrobbles": [{"track": "Song 0", "artist": "Artist", "album": "Album", "date": UTS * 1000}],
        }
    ).encode(),
    "lastexport": csv_file([UTS, "Song 0", "Artist", "Album", "", "", ""], delimiter="\t"),
    "own export": csv_file(
        ["ISO time", "unixtime", "track name", "track mbid", "artist name", "album name"],
        ["2024-03-01T12:00:35", UTS, "Song 0", "", "Artist", "Album"],
        delimiter="\t",
    ),
    "plain": csv_file(
        ["timestamp", "artist", "title", "album"], ["2024-03-01 12:00:35", "Artist", "Song 0", "Album"]
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_of_lastfm_gives_the_same_scrobble(layout: str):
    content = LAYOUTS[layout]
    assert kind_of(content) is Kind.LASTFM
    found = read(content)
    (row,) = found.rows.iter_rows(named=True)
    assert row["started_at"] == START
    assert (row["artist_name"], row["track_name"], row["album_name"]) == ("Artist", "Song 0", "Album")
    assert (row["source"], row["content_type"], row["user_id"]) == ("lastfm", "music", "anna")
    extra = json.loads(row["extra"])
    assert (extra["precision"], extra["ms_played_from"]) == ("second", "assumed")
    assert "the-listeners-name" not in found.rows.write_csv()
    assert found.rows.schema == RAW_EVENTS.polars_schema
    assert row["event_id"] == read(LAYOUTS["page"]).rows["event_id"][0]


def test_records_without_a_header_are_to_the_minute_and_the_same_scrobble():
    content = csv_file(
        ["Artist", "Album", "Song 0", "01 Mar 2024 12:00"], ["Artist", "", "Song, 2", "1 Mar 2024 09:00"]
    )
    found = read(content)
    assert found.rows["started_at"].to_list() == [at("2024-03-01T12:00:00"), at("2024-03-01T09:00:00")]
    assert found.rows["track_name"].to_list() == ["Song 0", "Song, 2"]
    assert json.loads(found.rows["extra"][0])["precision"] == "minute"
    assert found.rows["event_id"][0] == read(LAYOUTS["page"]).rows["event_id"][0]


def test_a_time_played_that_nobody_knows_is_the_least_of_a_stream_and_says_so():
    row = read(LAYOUTS["page"]).rows.row(0, named=True)
    assert (row["ms_played"], row["ended_at"] - row["started_at"]) == (30_000, timedelta(seconds=30))


@pytest.mark.parametrize(
    ("info", "ms_played", "origin"),
    [
        ({}, 30_000, "assumed"),
        ({"duration_ms": 200_000}, 200_000, "length"),
        ({"duration": 200}, 200_000, "length"),
        ({"duration_ms": 200_000, "duration_played": 50}, 50_000, "listened"),
        ({"duration_ms": 0, "duration_played": -3}, 30_000, "assumed"),
        ({"duration_ms": "200000"}, 200_000, "length"),
    ],
)
def test_the_time_played_of_a_listen(info: dict[str, Any], ms_played: int, origin: str):
    row = read(as_lines([listen(0, **info)])).rows.row(0, named=True)
    assert row["ms_played"] == ms_played
    assert json.loads(row["extra"])["ms_played_from"] == origin
    assert (row["started_at"], row["source"]) == (START, "listenbrainz")


@pytest.mark.parametrize(
    "content",
    [
        as_lines([listen()]),
        as_json([listen()]),
        json.dumps({"payload": {"count": 1, "listens": [listen()]}}).encode(),
    ],
)
def test_every_layout_of_listenbrainz_is_read(content: bytes):
    assert kind_of(content) is Kind.LISTENBRAINZ
    found = read(content).rows
    assert found["track_name"].to_list() == ["Song 0"]
    assert json.loads(found["extra"][0])["recording_mbid"] == "223e4567-e89b-12d3-a456-426614174000"
    assert "the-listeners-name" not in found.write_csv()


def test_a_listen_knows_its_spotify_track():
    for info in (
        {"spotify_id": f"https://open.spotify.com/track/{TRACK}"},
        {"origin_url": f"spotify:track:{TRACK}"},
    ):
        assert read(as_lines([listen(0, **info)])).rows["track_id"].to_list() == [TRACK]


def test_what_plays_now_is_no_scrobble_yet():
    now = api(1, **{"@attr": {"nowplaying": "true"}})
    del now["date"]
    found = read(json.dumps(page(now, api(2))).encode())
    assert (found.rows.height, reasons(found)) == (1, {1: "now_playing"})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"date": None}, "missing_time"),
        ({"date": {"uts": "0"}}, "unparseable_time"),
        ({"date": "soon"}, "unparseable_time"),
        ({"date": {"uts": "4102444800"}}, "time_out_of_range"),
        ({"artist": "", "name": ""}, "not_a_play"),
    ],
)
def test_what_is_no_scrobble_is_refused(changes: dict[str, Any], reason: str):
    found = read(as_json([api(1), api(2, **changes)]))
    assert (found.rows.height, reasons(found)) == (1, {2: reason})


def test_rows_are_counted_over_pages():
    content = as_json([page(api(1), api(2)), page(api(3)), 7, page(api(4), api(5, date=None))])
    found = read(content)
    assert found.rows["source_row"].to_list() == [1, 2, 3, 5]
    assert reasons(found) == {4: "not_an_object", 6: "missing_time"}


def test_the_same_song_twice_in_a_minute_is_two_scrobbles():
    twice = [api(0), api(0, date={"uts": str(UTS + 5)})]
    assert read(as_json(twice)).rows["event_id"].n_unique() == 2
    assert set(read(as_json(twice)).rows["event_id"]) == set(read(as_json(twice[::-1])).rows["event_id"])


def test_broken_records_of_a_csv_cost_themselves():
    content = (
        WITH_HEADER + b'too,few\n1709294500,x,"Ar""tist",,Al;bum,,"Song\nOne",\n1709294600,x,A,,"open,,B,\n'
    )
    found = read(content)
    assert found.rows["source_row"].to_list() == [1, 3]
    assert found.rows["track_name"].to_list() == ["Song 0", "Song\nOne"]
    assert set(reasons(found)) == {2, 4}


@pytest.mark.slow
def test_a_large_csv_is_read_block_by_block(monkeypatch: pytest.MonkeyPatch):
    from spotify_assets.sources import text_stream

    monkeypatch.setattr(text_stream.read_record_blocks, "__defaults__", (700,))
    header, *_ = WITH_HEADER.split(b"\r\n")
    rows = [[UTS + 60 * n, "x", f'Art"ist\n{n}', "", "Ü", "", f"Song, {n}", ""] for n in range(200)]
    for encoding in ("utf-8", "cp1252", "utf-16"):
        content = (header + b"\r\n" + csv_file(*rows)).decode().encode(encoding)
        found = read(content)
        assert found.rejected.is_empty()
        assert found.rows["track_name"].to_list() == [f"Song, {n}" for n in range(200)]
        assert found.rows["artist_name"].to_list() == [f'Art"ist\n{n}' for n in range(200)]
        assert found.rows["source_row"].to_list() == list(range(1, 201))


def test_the_file_is_stored_under_no_name_of_a_person():
    file = in_memory(WITH_HEADER, "downloads/recenttracks-the.listeners.name.CSV")
    assert stored_name(file, recognise(file)) == "lastfm.csv"
    assert read(WITH_HEADER, file.name).rows["source_file"][0].startswith("lastfm.csv@")


def test_zero_bytes_in_a_csv_cost_nothing():
    found = read(WITH_HEADER.replace(b"Song 0", b"Song\x000"))
    assert found.rows["track_name"].to_list() == ["Song�0"]


def test_a_broken_record_beside_a_personal_column_keeps_no_text():
    content = (
        b"uts,username,artist,track\n1709294435,the-listeners-name,A,B\n1709294495,the-listeners-name,A\n"
    )
    found = read(content)
    assert (found.rows.height, reasons(found)) == (1, {2: "truncated_row"})
    assert "the-listeners-name" not in found.rows.write_csv() + found.rejected.write_csv()
    kept = read(content.replace(b"username", b"mood")).rejected["original"][0]
    assert json.loads(kept) == {"text": "1709294495,the-listeners-name,A"}


def test_a_time_that_no_column_holds_costs_its_listen():
    listens = [
        {"listened_at": at, "track_metadata": {"artist_name": "A", "track_name": "B"}}
        for at in (1_709_294_435, int("17" + "9" * 200), 10**40)
    ]
    found = read(as_lines(listens))
    assert found.rows["source_row"].to_list() == [1]
    assert reasons(found) == {2: "unparseable_time", 3: "unparseable_time"}


def dated(*written: str) -> bytes:
    return csv_file(
        ["artist", "album", "track", "date"],
        *([f"Artist {n}", "Album", f"Song {n}", text] for n, text in enumerate(written)),
    )


@pytest.mark.parametrize(
    ("written", "moments"),
    [
        (
            ["01/02/2024 10:00", "01/25/2024 10:00", "12/31/2023 23:50"],
            ["2024-01-02T10:00:00", "2024-01-25T10:00:00", "2023-12-31T23:50:00"],
        ),
        (["01/02/2024 10:00", "25/01/2024 10:00"], ["2024-02-01T10:00:00", "2024-01-25T10:00:00"]),
        (["1.2.2024 9:05", "31.1.2024 23:59:58"], ["2024-02-01T09:05:00", "2024-01-31T23:59:58"]),
        (["1/2/24 12:05 AM", "1/31/24 1:00 PM"], ["2024-01-02T00:05:00", "2024-01-31T13:00:00"]),
        (["05/05/2024 10:00"], ["2024-05-05T10:00:00"]),
    ],
)
def test_one_date_of_the_file_proves_the_order_of_all(written: list[str], moments: list[str]):
    found = read(dated(*written))
    assert found.rows["started_at"].to_list() == [at(moment) for moment in moments]
    assert found.rejected.is_empty()


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (["01/02/2024 10:00", "03/04/2024 10:00"], "'01/02/2024' may be read day first or month first"),
        (["25/01/2024 10:00", "01/25/2024 10:00", "01/02/2024 10:00"], "different orders: '01/25/2024'"),
    ],
)
def test_a_file_that_proves_no_order_is_refused_with_its_column_and_a_way_out(written: list[str], said: str):
    with pytest.raises(SourceError) as caught:
        read(dated(*written))
    assert said in str(caught.value)
    assert "the column date" in str(caught.value)
    assert "2024-02-01 10:00" in str(caught.value)


@pytest.mark.parametrize("proof", [0, 150, 299])
def test_the_proof_may_stand_in_any_block(monkeypatch: pytest.MonkeyPatch, proof: int):
    from spotify_assets.sources import text_stream

    monkeypatch.setattr(text_stream.read_record_blocks, "__defaults__", (700,))
    written = ["01/02/2024 10:00"] * 300
    written[proof] = "01/31/2024 10:00"
    found = read(dated(*written)).rows["started_at"].to_list()
    assert found.count(at("2024-01-02T10:00:00")) == 299
    assert found[proof] == at("2024-01-31T10:00:00")


ORDERS = {"{0.day:02}/{0.month:02}/{0.year} 10:00": 0, "{0.month}-{0.day}-{0.year} 10:00:00": 1}


@settings(deadline=None)
@given(st.sampled_from(list(ORDERS)), st.lists(st.dates(date(2005, 1, 1), date(2028, 12, 31)), min_size=1))
def test_no_day_and_month_are_ever_exchanged(form: str, days: list[date]):
    try:
        found = read(dated(*(form.format(day) for day in days)))
    except SourceError:
        assert all(day.day <= 12 for day in days)
        assert any(day.day != day.month for day in days)
    else:
        assert [each.date() for each in found.rows["started_at"]] == days


@pytest.mark.parametrize(
    ("info", "ms_played", "origin"),
    [
        ({"duration": 244_197}, 244_197, "length"),
        ({"duration": "180000"}, 180_000, "length"),
        ({"duration": 7_200}, 7_200_000, "length"),  # a mix of two hours
        ({"duration": 45_000}, 30_000, "assumed"),  # 45 s or 12 h 30 min
        ({"duration": 90_000_000}, 30_000, "assumed"),
        ({"duration_ms": 244}, 30_000, "assumed"),
        ({"duration_ms": 200_000, "duration_played": 50_000}, 50_000, "listened"),
        ({"duration_ms": 200_000, "duration_played": 250}, 250_000, "listened"),
        ({"duration_played": 120_000}, 120_000, "listened"),
    ],
)
def test_milliseconds_in_a_field_of_seconds_keep_a_listen_on_its_day(
    info: dict[str, Any], ms_played: int, origin: str
):
    row = read(as_lines([listen(0, **info)])).rows.row(0, named=True)
    assert (row["ms_played"], row["event_date"]) == (ms_played, START.date())
    assert json.loads(row["extra"])["ms_played_from"] == origin


def album_of(number: int, artist: str, album: str) -> dict[str, Any]:
    one = listen(number)
    one["track_metadata"] |= {"artist_name": artist, "release_name": album}
    return one


@pytest.mark.parametrize("word", ["NA", "N/A", "nan", "None", "null", "-"])
def test_an_album_that_three_artists_have_by_a_word_for_nothing_is_none(word: str):
    found = read(as_lines([*(album_of(n, f"Artist {n}", word) for n in range(3)), album_of(3, "X", "Real")]))
    assert found.rows["album_name"].to_list() == [None, None, None, "Real"]
    assert found.rows["artist_name"].to_list() == ["Artist 0", "Artist 1", "Artist 2", "X"]


def test_an_album_or_artist_of_that_name_is_one():
    found = read(
        as_lines([album_of(0, "Ed Sheeran", "-"), album_of(1, "NA", "None"), album_of(2, "NA", "NA")])
    )
    assert found.rows["album_name"].to_list() == ["-", "None", "NA"]
    assert found.rows["artist_name"].to_list() == ["Ed Sheeran", "NA", "NA"]
