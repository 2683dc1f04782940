"""Extended Streaming History of every generation: each row becomes a playback or is refused with a reason."""

import gzip
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.sources import json_stream
from spotify_assets.sources.imports import Kind
from spotify_assets.sources.streaming_history import DEVICES, FLAGS, TEXTS, device_of
from spotify_assets.tables import CONTENT_TYPES, RAW_EVENTS
from tests.examples import examples
from tests.sources.inputs import (
    EPISODE,
    TRACK,
    as_json,
    as_lines,
    in_memory,
    kind_of,
    play,
    read,
    reasons,
    row_of,
)
from tests.transforms.events import at

VIDEO = "Streaming_History_Video_2024.json"


def extra_of(**changes: Any) -> dict[str, Any]:
    text = row_of(as_json([play(**changes)]))["extra"]
    found: dict[str, Any] = json.loads(text) if text else {}
    return found


def test_a_row_becomes_a_playback_that_ended_at_its_ts():
    row = row_of(as_json([play(ts="2024-03-01T00:01:00Z", ms_played=90_000, skipped=True)]))
    assert row | {"event_id": "", "extra": "", "source_file": ""} == {
        "event_id": "",
        "user_id": "anna",
        "track_id": f"{1:022d}",
        "started_at": at("2024-02-29T23:59:30"),
        "ended_at": at("2024-03-01T00:01:00"),
        "reported_at": None,
        "event_date": date(2024, 3, 1),
        "action": "play",
        "ms_played": 90_000,
        "skipped": True,
        "reason_start": "clickrow",
        "reason_end": "trackdone",
        "device": "mobile",
        "country": "DE",
        "shuffle": False,
        "session_id": None,
        "source": "extended_history",
        "content_type": "music",
        "track_name": "Song 1",
        "artist_name": "Artist",
        "album_name": "Album",
        "extra": "",
        "source_file": "",
        "source_row": 1,
    }


def test_rows_are_those_of_the_table_and_name_their_file():
    content = as_json([play(1), play(2)])
    found = read(content, "Streaming_History_Audio_2024_1.json")
    assert found.rows.schema == RAW_EVENTS.polars_schema
    digest = in_memory(content).sha256[:12]
    assert found.rows["source_file"].unique().to_list() == [f"Streaming_History_Audio_2024_1.json@{digest}"]
    assert found.rows["source_row"].to_list() == [1, 2]


@pytest.mark.parametrize(
    ("keys", "generation"),
    [
        ({"audiobook_title": None, "audiobook_uri": None}, "since 2025"),
        ({}, "2024"),
        ({"ip_addr": ..., "ip_addr_decrypted": "1.2.3.4", "user_agent_decrypted": "x"}, "before 2024"),
    ],
)
def test_every_generation_is_recognised_and_read(keys: dict[str, Any], generation: str):
    from spotify_assets.sources.imports import recognise

    content = as_json([play(**keys)])
    recognised = recognise(in_memory(content))
    assert (recognised.kind, recognised.dialect["generation"]) == (Kind.EXTENDED_HISTORY, generation)
    assert read(content).rows.height == 1


@pytest.mark.parametrize(
    ("changes", "name", "content_type", "names"),
    [
        ({}, "a.json", "music", ("Song 1", "Artist")),
        ({}, VIDEO, "video", ("Song 1", "Artist")),
        ({}, "endvideo.json", "video", ("Song 1", "Artist")),
        (
            {
                "spotify_track_uri": None,
                "spotify_episode_uri": f"spotify:episode:{EPISODE}",
                "master_metadata_track_name": None,
                "master_metadata_album_artist_name": None,
                "episode_name": "Episode",
                "episode_show_name": "Show",
            },
            VIDEO,
            "podcast",
            ("Episode", "Show"),
        ),
        (
            {
                "spotify_track_uri": None,
                "master_metadata_track_name": None,
                "master_metadata_album_artist_name": None,
                "audiobook_uri": "spotify:show:x",
                "audiobook_title": "Book",
                "audiobook_chapter_uri": "spotify:episode:y",
                "audiobook_chapter_title": "Chapter",
            },
            "a.json",
            "audiobook",
            ("Chapter", "Book"),
        ),
        ({"spotify_track_uri": None}, "a.json", "music", ("Song 1", "Artist")),
        (
            {
                "spotify_track_uri": None,
                "master_metadata_track_name": None,
                "master_metadata_album_artist_name": None,
            },
            "a.json",
            "unknown",
            (None, None),
        ),
    ],
)
def test_what_was_played(
    changes: dict[str, Any], name: str, content_type: str, names: tuple[str | None, str | None]
):
    row = row_of(as_json([play(**changes)]), name)
    assert (row["content_type"], (row["track_name"], row["artist_name"])) == (content_type, names)
    assert content_type in CONTENT_TYPES


def test_uris_other_than_tracks_are_kept_beside():
    assert row_of(as_json([play(spotify_track_uri=f"spotify:track:{TRACK}")]))["track_id"] == TRACK
    local = play(spotify_track_uri="spotify:local:Artist:Album:Song:200")
    row = row_of(as_json([local]))
    assert row["track_id"] is None
    assert json.loads(row["extra"])["spotify_track_uri"] == "spotify:local:Artist:Album:Song:200"
    assert extra_of(spotify_episode_uri=f"spotify:episode:{EPISODE}")["spotify_episode_uri"]


@pytest.mark.parametrize(
    ("platform", "device"),
    [
        ("Android OS 11 API 30 (samsung, SM-G991B)", "mobile"),
        ("Android OS 9 API 28 (samsung, SM-T590)", "tablet"),
        ("iOS 15.1 (iPhone12,1)", "mobile"),
        ("iOS 12.1 (iPad6,11)", "tablet"),
        ("ios", "mobile"),
        ("Windows 10 (10.0.19041; x64; AppX)", "desktop"),
        ("windows", "desktop"),
        ("OS X 10.15.7 [x86 8]", "desktop"),
        ("osx", "desktop"),
        ("Linux [x86-64 0]", "desktop"),
        ("web_player windows 10;chrome 96.0.4664.110;desktop", "web"),
        ("WebPlayer (websocket RFC6455)", "web"),
        ("Partner google cast_tv;Chromecast;;", "tv"),
        ("Partner android_tv Sony;BRAVIA 4K", "tv"),
        ("Partner ps4 Sony Computer Entertainment;PS4", "tv"),
        ("Partner sonos_ppc Sonos;Play1", "speaker"),
        ("Partner amazon_salmon Amazon;Echo_Dot;;tpapi", "speaker"),
        ("Partner google cast;Google-Home", "speaker"),
        ("Android-tablet OS 7 (LENOVO)", "tablet"),
        ("car_thing", "car"),
        ("not_applicable", "other"),
        (None, None),
    ],
)
def test_the_kind_of_device_is_told_from_the_platform(platform: str | None, device: str | None):
    assert row_of(as_json([play(platform=platform)]))["device"] == device


@given(st.text())
def test_any_platform_has_a_kind(platform: str):
    assert device_of(platform) in DEVICES


@pytest.mark.parametrize(
    ("written", "normal", "unit"),
    [
        (1_709_294_435, "2024-03-01T12:00:35.000Z", "s"),
        (1_709_294_435_250, "2024-03-01T12:00:35.250Z", "ms"),
        ("1709294435", "2024-03-01T12:00:35.000Z", "s"),
        (0, None, "0"),
        (None, None, None),
        (17, None, "unknown"),
        (10**18, None, "unknown"),
        (-5, None, "unknown"),
    ],
)
def test_offline_timestamps_are_moments_with_their_unit(
    written: object, normal: str | None, unit: str | None
):
    extra = extra_of(offline_timestamp=written)
    assert (extra.get("offline_timestamp"), extra.get("offline_timestamp_unit")) == (normal, unit)


def test_an_absent_key_and_a_null_mean_the_same():
    nulls = dict.fromkeys(play().keys() - {"ts", "ms_played"})
    absent = dict.fromkeys(nulls, ...)
    one, other = (row_of(as_json([play(**changes)])) for changes in (nulls, absent))
    assert one | {"source_file": ""} == other | {"source_file": ""}
    assert one["extra"] is None


def test_blank_reasons_are_none_and_odd_countries_are_unknown():
    row = row_of(as_json([play(reason_start="", reason_end=" ", conn_country="Germany")]))
    assert (row["reason_start"], row["reason_end"], row["country"]) == (None, None, "ZZ")
    assert row_of(as_json([play(conn_country="de ")]))["country"] == "DE"
    assert row_of(as_json([play(conn_country=None)]))["country"] is None


def test_numbers_and_flags_written_as_text_are_read():
    as_text = play(ms_played="180001", shuffle="true", skipped="False", offline="0", incognito_mode=1)
    row = row_of(as_json([as_text]))
    assert (row["ms_played"], row["shuffle"], row["skipped"]) == (180_001, True, False)
    extra = json.loads(row["extra"])
    assert (extra["offline"], extra["incognito_mode"]) == (False, True)


@pytest.mark.parametrize("ms_played", ["180001.0", 180_001.0, "1.80001e5", " 180001 "])
def test_time_played_may_be_written_as_any_number(ms_played: object):
    found = read(as_json([play(1), play(2, ms_played=ms_played)]))
    assert found.rows["ms_played"].to_list() == [180_001, 180_001]


@pytest.mark.parametrize(
    "ts",
    [
        "2024-03-01T12:00:35Z",
        "2024-03-01T12:00:35.000Z",
        "2024-03-01 12:00:35",
        "2024-03-01 12:00:35 UTC",
        "2024-03-01T13:00:35+01:00",
        "2024-03-01 06:30:35-0530",
        1_709_294_435,
        1_709_294_435_000,
        "1709294435",
    ],
)
def test_times_in_other_shapes_are_the_same_moment(ts: object):
    assert row_of(as_json([play(ts=ts)]))["ended_at"] == at("2024-03-01T12:00:35")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ts": None}, "missing_time"),
        ({"ts": ...}, "missing_time"),
        ({"ts": ""}, "missing_time"),
        ({"ts": "yesterday"}, "unparseable_time"),
        ({"ts": {"nested": 1}}, "unparseable_time"),
        ({"ts": "2024-02-30T12:00:00Z"}, "unparseable_time"),
        ({"ts": "1970-01-01T00:00:00Z"}, "time_out_of_range"),
        ({"ts": "2100-01-01T00:00:00Z"}, "time_out_of_range"),
        ({"ts": "9999-12-31T23:59:59Z"}, "time_out_of_range"),
        ({"ms_played": None}, "missing_ms_played"),
        ({"ms_played": ...}, "missing_ms_played"),
        ({"ms_played": "long"}, "unparseable_ms_played"),
        ({"ms_played": "NaN"}, "unparseable_ms_played"),
        ({"ms_played": [1]}, "unparseable_ms_played"),
        ({"ms_played": -1}, "negative_ms_played"),
        ({"ms_played": 10**15}, "ms_played_out_of_range"),
        ({"ms_played": 10**30}, "unparseable_ms_played"),
        ({"ts": ..., "ms_played": ...}, "not_a_play"),
    ],
)
def test_a_row_that_cannot_be_a_playback_is_refused_beside_its_neighbours(
    changes: dict[str, Any], reason: str
):
    found = read(as_json([play(1), play(2, **changes), play(3)]))
    assert found.rows["source_row"].to_list() == [1, 3]
    assert reasons(found) == {2: reason}
    assert all(found.rejected["detail"])


def test_time_played_of_nothing_and_of_hours_is_kept():
    found = read(as_json([play(1, ms_played=0), play(2, ms_played=9 * 3_600_000)]))
    assert found.rows["ms_played"].to_list() == [0, 32_400_000]


def test_a_refused_row_is_kept_as_it_was_without_personal_fields():
    found = read(as_json([play(1), play(2, ts="never", note="fine", contact="anna@example.org")]))
    (original,) = found.rejected["original"]
    kept = json.loads(original)
    assert kept["ts"] == "never"
    assert kept["note"] == "fine"
    for personal in ("the-listeners-name", "93.184.216.34", "SM-G991B", "anna@example.org"):
        assert personal not in original


def test_fields_nobody_planned_for_are_kept_unless_they_are_personal():
    row = play(
        video_quality="hd",
        chapters=[1, 2],
        proxy="10.1.2.3",
        city="Ulm",
        region="BW",
        device_serial="S-1",
        owner={"email": "a@example.org"},
    )
    found = read(as_json([play(2), row]))
    extra = json.loads(found.rows["extra"][1])
    assert (extra["video_quality"], extra["chapters"]) == ("hd", [1, 2])
    assert not {"proxy", "city", "region", "device_serial", "owner", "username", "ip_addr"} & extra.keys()
    assert found.notes["personal_fields_dropped"] == 3
    assert not set(extra) & set(json.loads(found.rows["extra"][0])) - {
        "offline",
        "offline_timestamp",
        "offline_timestamp_unit",
        "incognito_mode",
        "system",
    }


PERSONAL = {
    "username": "the-listeners-name",
    "ip_addr": "203.0.113.77",
    "ip_addr_decrypted": "203.0.113.78",
    "user_agent_decrypted": "Agent of the listener",
    "city": "Listenerville",
    "region": "Listenershire",
    "platform": "Android OS 11 (samsung, SM-LISTENER) 4dc2aa01-listener",
    "future_ip": "203.0.113.79",
    "future": "listener@example.org",
}


@examples(60)
@given(st.dictionaries(st.sampled_from(sorted(play())), st.none() | st.text(max_size=9) | st.integers()))
def test_nothing_personal_reaches_any_column_of_any_row(changes: dict[str, Any]):
    row = {**play(), **changes, **PERSONAL}
    found = read(as_json([play(1), row, {**row, "ts": None}]))
    kept = found.rows.write_csv() + found.rejected.write_csv() + str(dict(found.notes))
    for personal in ("listener", "203.0.113.", "LISTENER", "Listener"):
        assert personal not in kept


def test_the_user_name_of_the_file_is_never_the_user():
    assert row_of(as_json([play()]))["user_id"] == "anna"


NEAR = st.fixed_dictionaries(
    {},
    optional={
        "offline_timestamp": st.sampled_from([None, 0, 1_709_294_000, 1_709_294_000_123]),
        "reason_start": st.sampled_from(["", "trackdone"]),
        "shuffle": st.booleans(),
        "skipped": st.none() | st.booleans(),
        "platform": st.text(max_size=5),
        "episode_name": st.none(),
        "master_metadata_track_name": st.sampled_from(["Song 1", "Song 1 - Remaster"]),
    },
)


@examples(60)
@given(NEAR, NEAR)
def test_copies_of_a_playback_share_its_id(one: dict[str, Any], other: dict[str, Any]):
    found = read(as_json([play(1, **one), play(1, **other)])).rows
    assert found["event_id"].n_unique() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"ts": "2024-03-02T12:01:36Z"},
        {"ms_played": 180_002},
        {"spotify_track_uri": f"spotify:track:{TRACK}"},
        {"spotify_track_uri": None},
    ],
)
def test_other_playbacks_have_other_ids(changes: dict[str, Any]):
    found = read(as_json([play(1), play(1, **changes)])).rows
    assert found["event_id"].n_unique() == 2


def test_ids_depend_on_the_user_and_on_nothing_of_the_file():
    rows = [play(1), play(2)]
    forward = read(as_json(rows, indent=2), "one.json").rows
    backward = read(gzip.decompress(gzip.compress(as_lines(rows[::-1]))), "other.json").rows
    assert forward["event_id"].to_list() == backward["event_id"].to_list()[::-1]
    assert forward["event_id"][0] != read(as_json(rows), user="ben").rows["event_id"][0]


def test_the_id_of_a_playback_is_the_same_for_ever():
    """Ids are stored: a change of this one means that every history has to be imported again."""
    row = play(ts="2024-03-01T12:00:35Z", ms_played=180_000, spotify_track_uri=f"spotify:track:{TRACK}")
    assert row_of(as_json([row]))["event_id"] == "a1c0b25797cee3601da56a154d9801fc"


@pytest.mark.parametrize("layout", ["array", "pretty", "lines", "bom", "utf16", "cut"])
def test_layouts_of_the_file(layout: str):
    rows = [play(number) for number in range(1, 30)]
    content = {
        "array": as_json(rows),
        "pretty": as_json(rows, indent=4),
        "lines": as_lines(rows),
        "bom": b"\xef\xbb\xbf" + as_json(rows),
        "utf16": json.dumps(rows).encode("utf-16"),
        "cut": as_json([*rows, play(30)])[:-100],
    }[layout]
    found = read(content)
    assert found.rows["ms_played"].to_list() == [row["ms_played"] for row in rows]
    assert reasons(found) == ({30: "cut_off"} if layout == "cut" else {})


def test_elements_that_are_no_plays_are_refused():
    content = as_json([play(1), 7, "text", None, [play(2), [3]], {"playlists": []}, {}])
    found = read(content)
    assert found.rows["source_row"].to_list() == [1, 5]
    assert set(reasons(found).values()) == {"not_an_object", "not_a_play"}
    assert found.rows_in == 8


def test_control_characters_stay_in_names_and_break_nothing():
    name = "Nul\x00 tab\t bell\x07 =LOVE, “TRUE” 1349"
    assert row_of(as_json([play(master_metadata_track_name=name)]))["track_name"] == name
    raw = as_json([play(master_metadata_track_name="NAME")]).replace(b"NAME", b"raw\x00\x07\nname")
    assert row_of(raw)["track_name"] == "raw\x00\x07\nname"


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.slow
@examples(150)
@given(st.lists(st.dictionaries(st.sampled_from([*play(), "other", "more"]), JUNK, max_size=8), max_size=6))
def test_any_values_are_read_or_refused(changes: list[dict[str, Any]]):
    rows = [play(0), *({**play(number), **each} for number, each in enumerate(changes, start=1))]
    content = as_json(rows)
    assert kind_of(content) is Kind.EXTENDED_HISTORY
    found = read(content)
    assert found.rows_in == len(rows)
    assert sorted([*found.rows["source_row"], *reasons(found)]) == list(range(1, len(rows) + 1))


_MOMENTS = st.sampled_from(["2024-03-01T12:00:35Z", "2024-03-01 12:00", " ", "soon", "1999-01-01T00:00:00Z"])
_WRITTEN = {
    **dict.fromkeys(TEXTS, st.none() | st.text(max_size=5) | st.sampled_from([" a ", '"', "ü\n"])),
    **dict.fromkeys(
        ("spotify_track_uri", "spotify_episode_uri"),
        st.none()
        | st.sampled_from(
            [
                f"spotify:track:{TRACK}",
                f"https://open.spotify.com/track/{TRACK}?si=1",
                "spotify:track:short",
                EPISODE,
            ]
        ),
    ),
    "ts": st.none() | _MOMENTS,
    **dict.fromkeys(
        ("ms_played", "offline_timestamp"),
        st.none() | st.integers(-5, 2**40) | st.sampled_from([2**63 - 1, -(2**63), 1_709_294_435_250]),
    ),
    **dict.fromkeys(FLAGS, st.none() | st.booleans()),
}


@pytest.mark.slow
@examples(150)
@given(st.lists(st.fixed_dictionaries({}, optional=_WRITTEN), min_size=1, max_size=5), st.booleans())
def test_rows_as_spotify_writes_them_are_read_like_those_beside_a_row_that_it_does_not(rows, has_all):
    """Nearly all files are read by the shape of their rows; one row of another shape, and none of it is."""
    written = [play(number, **changes) if has_all else changes for number, changes in enumerate(rows)]
    one = read(as_json([play(0), *written]))
    other = read(as_json([play(0), *written, play(99, a_field_of_tomorrow=1)]))
    assert json.loads(other.rows["extra"][-1])["a_field_of_tomorrow"] == 1
    assert one.rows.drop("source_file").equals(other.rows[:-1].drop("source_file"))
    assert one.rejected.drop("source_file").equals(other.rejected.drop("source_file"))
    assert one.notes == other.notes


@pytest.mark.parametrize(
    "odd",
    [
        {"ms_played": "180000"},
        {"ms_played": 1.5},
        {"ms_played": 2**63},
        {"skipped": 1},
        {"platform": ["a"]},
        {"ts": None, "ms_played": None},
        {"new": {"a": 1}},
    ],
)
@pytest.mark.parametrize("place", [0, 40, 99])
def test_a_row_of_another_shape_changes_nothing_for_its_neighbours(
    odd, place, monkeypatch: pytest.MonkeyPatch
):
    rows = [play(number) for number in range(100)]
    plain = read(as_json(rows)).rows.drop("source_file")
    rows[place] = play(place, **odd)
    monkeypatch.setattr(json_stream, "_LEAST_REACH", 2_000)
    monkeypatch.setattr(json_stream.read_batches, "__defaults__", (None, 3_000))
    found = read(as_json(rows))
    assert found.rows_in == 100
    others = found.rows.filter(pl.col("source_row") != place + 1).drop("source_file")
    assert others.equals(plain.filter(pl.col("source_row") != place + 1))


def test_a_batch_of_nothing_but_broken_rows_is_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(json_stream, "BATCH_ROWS", 1)
    monkeypatch.setattr(json_stream, "_MOST_MALFORMED", 1)
    monkeypatch.setattr(json_stream.read_batches, "__defaults__", (None, 64))
    found = read(as_json([play(1)])[:-1] + b', {"ts": broken}, {"ts": broken too}, 7]')
    assert (found.rows.height, found.rejected.height) == (1, 3)


@pytest.mark.slow
def test_a_large_history_is_read_in_little_memory(tmp_path: Path):
    """In a process of its own, because Polars' memory is not Python's."""
    script = """
import json, sys
from tests.memory import peak_mb
from tests.sources.inputs import play
from spotify_assets.sources.imports import input_files, read_events, recognise
from pathlib import Path
rows = ",".join(json.dumps(play(n)) for n in range(20_000)).encode()
path = Path(sys.argv[1]) / "history.json"
with path.open("wb") as file:
    file.write(b"[" + rows)
    for _ in range(int(sys.argv[2]) - 1):
        file.write(b"," + rows)
    file.write(b"]")
(file,) = input_files(path)
loaded = sum(chunk.rows.height for chunk in read_events(file, recognise(file), "anna"))
print(loaded, peak_mb())
"""
    peaks = []
    for times in (2, 12):
        done = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path), str(times)],
            capture_output=True,
            text=True,
            check=True,
        )
        loaded, peak = map(int, done.stdout.split())
        assert loaded == 20_000 * times
        peaks.append(peak)
    assert peaks[1] < 1.5 * peaks[0]


def nested(depth: int, innermost: object = 1) -> object:
    for level in range(depth):
        innermost = [innermost] if level % 2 else {"x": innermost}
    return innermost


@pytest.mark.parametrize("depth", [1, 40, 900])
@pytest.mark.parametrize(
    "key", ["master_metadata_track_name", "platform", "skipped", "offline_timestamp", "something_new"]
)
def test_nesting_in_a_field_costs_neither_the_row_nor_its_neighbours(key: str, depth: int):
    found = read(as_json([play(1), play(2, **{key: nested(depth)}), play(3)]))
    assert found.rows["source_row"].to_list() == [1, 2, 3]
    assert found.rows["track_name"].to_list()[::2] == ["Song 1", "Song 3"]


@pytest.mark.slow
def test_what_is_nested_deeply_takes_no_more_memory_than_its_text(tmp_path: Path):
    """Polars' reader of nested values takes gigabytes for such a file of 20 KB."""
    path = tmp_path / "history.json"
    path.write_bytes(as_json([play(1, master_metadata_track_name=nested(600)), *map(play, range(2, 40))]))
    script = """
import sys
from tests.memory import peak_mb
from spotify_assets.sources.imports import input_files, read_events, recognise
from pathlib import Path
(file,) = input_files(Path(sys.argv[1]))
loaded = sum(chunk.rows.height for chunk in read_events(file, recognise(file), "anna"))
print(loaded, peak_mb())
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    loaded, peak = map(int, done.stdout.split())
    assert loaded == 39
    assert peak < 1_000


def test_a_nested_value_as_text_is_json_up_to_a_depth():
    name = row_of(as_json([play(master_metadata_track_name=nested(10))]))["track_name"]
    assert json.loads(name) == nested(10)
    deep = row_of(as_json([play(master_metadata_track_name=nested(900))]))["track_name"]
    assert json.loads(deep) == nested(50, None)


@pytest.mark.parametrize("number", [2**63, 2**64, 10**40, -(10**40), 10**300, 1e308])
@pytest.mark.parametrize(
    "key",
    ["ms_played", "ts", "offline_timestamp", "master_metadata_track_name", "skipped", "shuffle", "other"],
)
@pytest.mark.parametrize("beside", [{}, {"note": float("nan")}])
def test_numbers_that_no_column_holds_are_no_error(key: str, number: float, beside: dict[str, Any]):
    found = read(as_json([play(1), play(2, **{key: number}, **beside)]))
    assert found.rows["source_row"][0] == 1
    assert found.rows_in == 2
    refused = {"ms_played": ("unparseable_ms_played",), "ts": ("unparseable_time",)}
    assert tuple(reasons(found).values()) == refused.get(key, ())


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"ts": "bad"}, "ts 'bad' is no time"),
        ({"ts": None}, "ts is empty"),
        ({"ms_played": "long"}, "ms_played 'long' is no number"),
        ({"ms_played": None}, "ms_played is empty"),
        ({"ts": "bad", "ms_played": None}, "ts 'bad' is no time; ms_played is empty"),
    ],
)
def test_a_refusal_says_what_was_there(changes: dict[str, Any], detail: str):
    assert read(as_json([play(1), play(2, **changes)])).rejected["detail"].to_list() == [detail]


def test_every_element_beside_the_rows_is_counted_and_refused():
    found = read(as_json([play(1), [], play(2), 7, None, [play(3), []]]))
    assert found.rows["source_row"].to_list() == [1, 3, 6]
    assert reasons(found) == dict.fromkeys((2, 4, 5, 7), "not_an_object")
    assert found.rows_in == 7


def test_unplanned_fields_stand_beside_what_is_planned_and_do_not_replace_it():
    rows = read(as_json([play(1), play(2, note="x", system="mine"), play(3, note=5)])).rows
    extras = [json.loads(text) for text in rows["extra"]]
    assert [extra.get("note") for extra in extras] == [None, "x", 5]
    assert [extra["system"] for extra in extras] == ["android"] * 3
    assert all("offline" in extra for extra in extras)
    unknown = row_of(as_json([play(platform=None, system="mine")]))["extra"]
    assert json.loads(unknown)["system"] == "mine"
