"""Recordings: planted identities are found, what differs stays apart, and people have the last word."""

import hashlib
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from spotify_assets.sources.recordings_toml import Overrides
from spotify_assets.tables import RECORDINGS
from spotify_assets.transforms.identity import (
    CATALOGUE_COLUMNS,
    LENGTH_TOLERANCE_MS,
    PLAYED_COLUMNS,
    match_rates,
    recordings,
    with_track_key,
)
from tests.examples import examples
from tests.transforms.events import playback, raw_events, track

Row = dict[str, Any]


def known(track_id: str, name: str = "Song", artists: str = "Artist", **changes: Any) -> Row:
    """A track of the catalogue."""
    row = {"track_id": track_id, "track_name": name, "artist_names": artists, "album_name": "Album"}
    return row | {"isrc": None, "popularity": 50, "duration_ms": 180_000} | changes


def heard(track_key: str, name: str | None = "Song", artist: str | None = "Artist", **changes: Any) -> Row:
    """A track that was played; a key that begins with `name-` has no id."""
    track_id = None if track_key.startswith("name-") else track_key
    row = {"track_key": track_key, "track_id": track_id, "track_name": name, "artist_name": artist}
    return row | {"album_name": None} | changes


def found(*rows: Row, overrides: Overrides | None = None) -> pl.DataFrame:
    catalogue = pl.DataFrame(
        [row for row in rows if "isrc" in row],
        schema=dict.fromkeys(CATALOGUE_COLUMNS, pl.String)
        | {"popularity": pl.Int64, "duration_ms": pl.Int64},
    )
    played = pl.DataFrame(
        [row for row in rows if "isrc" not in row], schema=dict.fromkeys(PLAYED_COLUMNS, pl.String)
    )
    return recordings(catalogue, played, overrides or Overrides())


def groups(frame: pl.DataFrame) -> set[frozenset[str]]:
    """The recordings, as sets of track keys."""
    return {
        frozenset(keys) for keys in frame.group_by("recording_id").agg("track_key")["track_key"].to_list()
    }


def together(*rows: Row, overrides: Overrides | None = None) -> bool:
    return len(groups(found(*rows, overrides=overrides))) == 1


# --- track keys --------------------------------------------------------------------------------------------


def test_the_key_is_the_id_else_a_hash_of_the_names_else_nothing():
    events = raw_events(
        playback("1", track_id=track(7), track_name="Song", artist_name="Artist"),
        playback("2", track_id=None, track_name=" Song ", artist_name="Artist"),
        playback("3", track_id=None, track_name="Cafe\u0301", artist_name="LISA"),
        playback("4", track_id=None, track_name="Caf\u00e9", artist_name="LiSA"),
        playback("5", track_id=None, track_name="Caf\u00e9", artist_name="LISA"),
        playback("6", track_id=None, track_name=None, artist_name="Artist"),
        playback("7", track_id=None, track_name=" ", artist_name=None),
    )
    keys = with_track_key(events)["track_key"].to_list()
    digest = hashlib.sha256(b"Artist\x1fSong").hexdigest()
    assert keys[0] == track(7)
    assert keys[1] == f"name-{digest[:16]}"
    assert keys[2] == keys[4]
    assert len(set(keys[1:6])) == 4
    assert keys[6] is None


# --- what is one recording ---------------------------------------------------------------------------------

SAME = [
    ("Song", "song"),
    ("Song", "Song (feat. Guest)"),
    ("Song - Live at Wembley", "Song (Live at Wembley)"),
    ("Song [Live At Wembley]", "Song – Live at Wembley"),
    ("Song", "Song - Remastered 2011"),
    ("Song", "Song (2009 Digital Remaster)"),
    ("Don't Stop", "Don’t stop"),
    ("Ｓｏｎｇ", "Song"),
    ("Song (Acoustic) [2011 Remaster]", "Song - Acoustic"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spelling_guests_and_remasters_make_no_other_recording(one: str, other: str):
    artists = [
        "Artist; Guest" if "feat" not in name and "feat" in one + other else "Artist" for name in (one, other)
    ]
    assert together(known(track(1), one, artists[0]), known(track(2), other, artists[1], duration_ms=181_000))


OTHER = [
    "Song - Live",
    "Song (Unplugged)",
    "Song - Acoustic",
    "Song (Someone Remix)",
    "Song - Karaoke Version",
    "Song (Made Famous by Artist)",
    "Song - Instrumental",
    "Song - Demo",
    "Song - Radio Edit",
    "Song - Mono",
    "Song, Pt. 2",
    "Song (with Strings)",
    "Song (feat. Guest)",
    "Songs",
    "÷",
]


@pytest.mark.parametrize("name", OTHER)
def test_another_take_mix_or_part_is_another_recording(name: str):
    assert not together(known(track(1)), known(track(2), name))
    assert not together(known(track(1)), heard(track(2), name))
    assert not together(heard(track(1)), heard("name-2", name))


def test_titles_of_signs_alone_are_told_apart():
    assert (
        len(groups(found(*(known(track(n), sign) for n, sign in enumerate("÷×=+")), heard("name-1", "="))))
        == 4
    )


def test_case_tells_artists_apart():
    assert not together(known(track(1), artists="LISA"), known(track(2), artists="LiSA"))
    assert not together(known(track(1), artists="LISA"), heard(track(2), artist="LiSA"))
    assert not together(heard("name-1", artist="LISA"), heard("name-2", artist="LiSA"))


def test_a_take_that_only_the_album_tells_is_another_recording():
    live = known(track(2), album_name="Live at Wembley")
    assert not together(known(track(1)), live)
    assert not together(heard(track(1), album_name="Album"), heard(track(2), album_name="Live at Wembley"))
    assert together(live, known(track(3), album_name="Live at Wembley (Deluxe)"))
    forever = known(track(1), "Live Forever")
    assert not together(
        forever, forever | {"track_id": track(2), "album_name": "Familiar to Millions (Live)"}
    )


@pytest.mark.parametrize(
    ("apart", "same"), [(0, True), (LENGTH_TOLERANCE_MS, True), (LENGTH_TOLERANCE_MS + 1, False)]
)
def test_lengths_differ_by_the_tolerance_at_most(apart: int, same: bool):
    assert together(known(track(1)), known(track(2), duration_ms=180_000 + apart)) is same


def test_the_isrc_decides_where_both_have_one():
    one = known(track(1), isrc="USABC1234567")
    assert together(one, known(track(2), "Other name", duration_ms=200_000, isrc="us-abc-12-34567"))
    assert not together(one, known(track(2), isrc="USABC1234568"))
    assert together(one, known(track(2)))
    assert not together(one, known(track(2), "Song - Live", isrc="USABC1234567"))
    assert not together(one | {"isrc": "unknown"}, known(track(2), "Other", isrc="unknown"))


def test_a_track_without_an_isrc_joins_the_most_popular_of_several_and_never_unites_them():
    one = known(track(1), isrc="USABC1234567", popularity=10)
    other = known(track(2), isrc="USABC1234568", popularity=70)
    assert groups(found(one, other, known(track(3)))) == {
        frozenset([track(1)]),
        frozenset([track(2), track(3)]),
    }


def test_a_played_track_is_the_catalogues_of_its_names():
    frame = found(
        known(track(1), popularity=10),
        known(track(2), popularity=60, duration_ms=240_000),
        known(track(3), "Song (feat. Guest)", popularity=90),
        heard("name-1"),
        heard("name-2", "Song (feat. Guest)"),
        heard(track(9), "Song - Remastered 2011"),
        heard("name-3", "Nowhere"),
        heard("name-4", None),
    )
    by_key = {row["track_key"]: row for row in frame.to_dicts()}
    assert by_key["name-1"]["catalogue_track_id"] == by_key[track(9)]["catalogue_track_id"] == track(2)
    assert by_key["name-2"]["catalogue_track_id"] == track(3)
    assert by_key["name-1"]["matched_by"] == "names"
    assert by_key[track(1)]["catalogue_track_id"] == track(1)
    for key in ("name-3", "name-4"):
        assert (by_key[key]["matched_by"], by_key[key]["catalogue_track_id"]) == ("alone", None)


def test_rows_have_the_declared_columns_and_each_key_once():
    frame = found(known(track(1)), heard(track(1), "Renamed"), heard("name-1"))
    assert frame.schema == RECORDINGS.polars_schema
    assert frame["track_key"].to_list() == [track(1), "name-1"]
    assert frame["recording_id"].to_list() == [track(1), track(1)]
    assert found().schema == RECORDINGS.polars_schema


# --- people have the last word -----------------------------------------------------------------------------


def test_what_is_said_to_be_the_same_is_and_takes_its_companions_along():
    rows = [known(track(1)), known(track(2)), known(track(3), "Other"), heard("name-9", "Third")]
    frame = found(*rows, overrides=Overrides(same=((track(2), track(3), "name-9"),)))
    assert groups(frame) == {frozenset([track(1), track(2), track(3), "name-9"])}
    by = dict(frame.select("track_key", "matched_by").iter_rows())
    assert by == {track(1): "names_and_length", track(2): "manual", track(3): "manual", "name-9": "manual"}


def test_of_two_said_to_differ_the_second_leaves():
    rows = [known(track(1)), known(track(2)), known(track(3))]
    frame = found(*rows, overrides=Overrides(different=((track(3), track(1)),)))
    assert groups(frame) == {frozenset([track(1)]), frozenset([track(2), track(3)])}
    assert frame.filter(pl.col("track_key") == track(1))["matched_by"].to_list() == ["manual"]


def test_taking_an_override_back_restores_what_was():
    rows = [known(track(1)), known(track(2)), known(track(3), "Other"), heard("name-9")]
    before = found(*rows)
    found(*rows, overrides=Overrides(((track(1), track(3)),), ((track(1), track(2)),)))
    assert_frame_equal(found(*rows), before)


def test_overrides_of_tracks_that_are_not_there_change_nothing():
    rows = [known(track(1)), known(track(2))]
    overrides = Overrides(((track(1), track(8)),), ((track(2), track(9)),))
    assert_frame_equal(found(*rows, overrides=overrides), found(*rows))


@pytest.mark.parametrize(
    "overrides",
    [
        Overrides(((track(1), track(3)),), ((track(1), track(3)),)),
        Overrides(((track(1), track(4)), (track(4), track(3))), ((track(3), track(1)),)),
        Overrides(((track(2), track(3)), (track(1), track(3))), ((track(1), track(2)),)),
    ],
)
def test_overrides_that_contradict_each_other_are_refused(overrides: Overrides):
    rows = [known(track(1)), known(track(2)), known(track(3), "Other"), known(track(4), "Fourth")]
    with pytest.raises(ValueError, match="said to be different"):
        found(*rows, overrides=overrides)


# --- any catalogue -----------------------------------------------------------------------------------------


@st.composite
def catalogues(draw: st.DrawFn) -> list[Row]:
    rows: list[Row] = []
    names = st.sampled_from(["Song", "SONG", "Song - Live", "Song (Live)", "Song (feat. Guest)", "Other"])
    for number in range(draw(st.integers(0, 14))):
        rows.append(
            known(
                track(number),
                draw(names),
                draw(st.sampled_from(["LISA", "LiSA", "LISA; Guest"])),
                duration_ms=draw(st.integers(178, 186)) * 1_000,
                isrc=draw(st.sampled_from([None, None, None, "USABC1234567", "USABC1234568"])),
                popularity=draw(st.sampled_from([None, 10, 90])),
                album_name=draw(st.sampled_from([None, "Album", "Live in Rome"])),
            )
        )
    for number in range(draw(st.integers(0, 6))):
        key = draw(st.sampled_from([track(number), track(50 + number), f"name-{number}"]))
        rows.append(heard(key, draw(names), draw(st.sampled_from(["LISA", "LiSA"]))))
    return rows


@pytest.mark.slow
@examples(100)
@given(catalogues(), st.randoms(use_true_random=False))
def test_recordings_of_any_catalogue(rows: list[Row], random):
    frame = found(*rows)
    assert_frame_equal(found(*random.sample(rows, len(rows))), frame)
    assert set(frame["track_key"]) == {row.get("track_key") or row["track_id"] for row in rows}
    isrc_of = {row["track_id"]: row["isrc"] for row in rows if "isrc" in row}
    for recording in frame.partition_by("recording_id"):
        assert recording["recording_id"][0] == recording["track_key"].min()
        live = recording["track_name"].str.to_lowercase().str.contains("live")
        assert live.n_unique() == 1
        assert len({isrc_of.get(key) for key in recording["track_key"]} - {None}) <= 1
        without_isrc = recording.filter(pl.col("duration_ms").is_not_null()).filter(
            pl.col("track_key").replace_strict(isrc_of, default=None, return_dtype=pl.String).is_null()
        )
        with_isrc = recording.filter(pl.col("matched_by") == "isrc")
        if with_isrc.is_empty():
            assert recording["artist_names"].str.slice(0, 4).n_unique() == 1
        if with_isrc.is_empty() and without_isrc.height:
            lengths = recording["duration_ms"]
            assert lengths.max() - lengths.min() <= LENGTH_TOLERANCE_MS  # type: ignore[operator]
        alone = recording["matched_by"].to_list() == ["alone"]
        assert alone == (recording.height == 1)


def test_match_rates_count_tracks_and_plays():
    frame = found(known(track(1)), heard("name-1"), heard(track(2), "Nowhere"))
    plays = pl.DataFrame({"track_key": [track(1), "name-1", track(2), "name-1"], "playbacks": [4, 2, 3, 1]})
    assert match_rates(frame, plays) == {
        "tracks in the catalogue by id": pytest.approx(1 / 3),
        "tracks in the catalogue by id or identity": pytest.approx(2 / 3),
        "plays in the catalogue by id": pytest.approx(0.4),
        "plays in the catalogue by id or identity": pytest.approx(0.7),
    }
    assert match_rates(frame, plays.clear()) == {}
