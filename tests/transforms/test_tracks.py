"""Cleaning tracks: what is refused, what is merged, and that every row is accounted for."""

import hashlib
import json
import random
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotify_assets.rows.cleaned import REJECTED_SCHEMA
from spotify_assets.sources.catalogue_csv import read_catalogue
from spotify_assets.tables import ARTISTS, RAW_TRACKS, TRACK_ARTISTS, TRACK_GENRES, TRACKS, Table
from spotify_assets.transforms.track_rules import outlook
from spotify_assets.transforms.tracks import CleanTracks, artist_id, clean_tracks

DAY = date(2026, 11, 1)
NEXT_DAY = date(2026, 11, 2)
SAMPLE = Path(__file__).parents[2] / "../shared/data/kaggle_spotify_tracks_sample_10k.csv"

Values = dict[str, object]


def an_id(number: int) -> str:
    return f"{number:022d}"


def raw_row(source_row: int = 1, **changes: object) -> Values:
    row: Values = {
        "snapshot_date": DAY,
        "source_file": "tracks.csv@0123456789ab",
        "source_row": source_row,
        "track_id": an_id(1),
        "track_name": "Comedy",
        "artists": "Gen Hoshino",
        "album_name": "Comedy",
        "release_date": "2022-04-08",
        "isrc": "JPVI02200330",
        "popularity": 73,
        "duration_ms": 230666,
        "explicit": False,
        "danceability": 0.676,
        "energy": 0.461,
        "key": 1,
        "loudness": -6.746,
        "mode": 0,
        "speechiness": 0.143,
        "acousticness": 0.0322,
        "instrumentalness": 0.00000101,
        "liveness": 0.358,
        "valence": 0.715,
        "tempo": 87.917,
        "time_signature": 4,
        "genre": "acoustic",
        "extra": None,
    }
    return {**row, **changes}


def clean(*rows: Values) -> CleanTracks:
    """Clean rows, and check what holds for every result."""
    result = clean_tracks(pl.DataFrame(rows, schema=RAW_TRACKS.polars_schema))
    check_books(result, len(rows))
    return result


def check_books(result: CleanTracks, rows_in: int) -> None:
    tracks = result.tracks
    assert tracks.rows_in == rows_in
    assert tracks.rows_in == tracks.rows.height + tracks.rejected.height + sum(tracks.duplicates.values())
    assert tracks.rejected.schema == REJECTED_SCHEMA
    frames: list[tuple[Table, pl.DataFrame]] = [
        (TRACKS, tracks.rows),
        (ARTISTS, result.artists),
        (TRACK_ARTISTS, result.track_artists),
        (TRACK_GENRES, result.track_genres),
    ]
    for table, frame in frames:
        assert frame.schema == table.polars_schema
        assert not frame.select(pl.struct(table.key).is_duplicated().any()).item()
        for column in table.columns:
            values = frame.get_column(column.name)
            assert column.nullable or not values.has_nulls()
            if column.minimum is not None:
                assert not (values < column.minimum).any()
            if column.maximum is not None:
                assert not (values > column.maximum).any()
            if column.accepted:
                assert values.drop_nulls().is_in(column.accepted).all()


def track(result: CleanTracks) -> Values:
    """The only track of a result."""
    assert result.tracks.rows.height == 1
    return result.tracks.rows.row(0, named=True)


def refused(result: CleanTracks) -> list[tuple[str, str]]:
    return result.tracks.rejected.select("reason", "detail").rows()


def test_a_good_row_is_kept_as_it_is():
    result = clean(raw_row())
    raw = raw_row()
    same = {name: raw[name] for name in TRACKS.column_names if name in raw and name != "release_date"}
    assert track(result) == {
        **same,
        "artist_names": "Gen Hoshino",
        "primary_artist_id": artist_id("Gen Hoshino"),
        "primary_artist_name": "Gen Hoshino",
        "artist_count": 1,
        "release_date": date(2022, 4, 8),
        "release_precision": "day",
        "popularity_spread": 0,
        "primary_genre": "acoustic",
        "genre_count": 1,
        "source_rows": 1,
    }
    assert result.tracks.duplicates == {}


def test_no_rows():
    result = clean_tracks(RAW_TRACKS.empty())
    check_books(result, 0)
    assert result.tracks.rows.is_empty()


class TestRefusedRows:
    @pytest.mark.parametrize(
        ("changes", "reason", "detail"),
        [
            ({"track_id": "17"}, "invalid_track_id", "'17' is no track id"),
            ({"track_id": an_id(1) + "\n"}, "invalid_track_id", "is no track id"),
            ({"track_id": "-" * 22}, "invalid_track_id", "is no track id"),
            ({"track_name": None}, "missing_name", "no name"),
            ({"track_name": " \u00a0 "}, "missing_name", "no name"),
            ({"artists": None}, "missing_artists", "no artist"),
            ({"artists": " ; ;"}, "missing_artists", "no artist"),
        ],
    )
    def test_a_row_is_refused_with_its_reason_and_its_content(self, changes, reason, detail):
        result = clean(raw_row(1, **changes), raw_row(2, track_id=an_id(2)))
        assert result.tracks.rows["track_id"].to_list() == [an_id(2)]
        row = result.tracks.rejected.row(0, named=True)
        assert (row["source_file"], row["source_row"]) == ("tracks.csv@0123456789ab", 1)
        assert row["reason"] == reason
        assert detail in row["detail"]
        original = json.loads(row["original"])
        assert original.keys() == set(RAW_TRACKS.column_names)
        assert original["snapshot_date"] == "2026-11-01"
        assert original["album_name"] == "Comedy"

    def test_the_first_rule_gives_the_reason_and_the_detail_names_all(self):
        result = clean(raw_row(track_name=None, artists=None, album_name=None, duration_ms=0, key=99))
        assert refused(result) == [("missing_name", "the track has no name; the track has no artist")]
        assert result.emptied == {}

    @pytest.mark.parametrize(
        ("written", "kept"),
        [
            *((None, None), (0, None), (-5, None), (215, None), (4_999, None)),
            *((5_000, 5_000), (86_400_000, 86_400_000), (86_400_001, None)),
        ],
    )
    def test_a_length_that_is_none_refuses_no_row(self, written, kept):
        result = clean(raw_row(1, duration_ms=written))
        assert track(result)["duration_ms"] == kept
        assert result.tracks.rejected.is_empty()

    def test_the_length_is_that_of_the_first_row_that_has_one(self):
        rows = [raw_row(1, duration_ms=215), raw_row(2, duration_ms=215_000), raw_row(3, duration_ms=9_000)]
        assert track(clean(*rows))["duration_ms"] == 215_000

    def test_a_refused_row_does_not_take_the_others_of_its_track_along(self):
        result = clean(raw_row(1, track_name=None), raw_row(2, genre="pop"))
        assert track(result)["source_rows"] == 1
        assert track(result)["primary_genre"] == "pop"
        assert result.tracks.duplicates == {}

    def test_the_limits_themselves_are_inside(self):
        limits = {
            "danceability": (0.0, 1.0),
            "key": (-1, 11),
            "loudness": (-60.0, 10.0),
            "tempo": (1.0, 300.0),
        }
        low: dict[str, Any] = {name: limit for name, (limit, _) in limits.items()}
        high: dict[str, Any] = {name: limit for name, (_, limit) in limits.items()}
        result = clean(
            raw_row(1, popularity=0, time_signature=1, **low),
            raw_row(2, popularity=100, time_signature=7, track_id=an_id(2), **high),
        )
        assert result.tracks.rows.height == 2


class TestEmptiedCells:
    @pytest.mark.parametrize(
        ("column", "value", "reason"),
        [
            ("duration_ms", 0, "invalid_duration_ms"),
            ("duration_ms", -5, "invalid_duration_ms"),
            ("release_date", "soon", "invalid_release_date"),
            ("release_date", "2022-13", "invalid_release_date"),
            ("release_date", "2023-02-29", "invalid_release_date"),
            ("release_date", "13-02-2019", "invalid_release_date"),
            ("popularity", 101, "out_of_range_popularity"),
            ("popularity", -1, "out_of_range_popularity"),
            ("danceability", 1.2, "out_of_range_danceability"),
            ("energy", float("inf"), "out_of_range_energy"),
            ("key", 12, "out_of_range_key"),
            ("loudness", -61.0, "out_of_range_loudness"),
            ("mode", 2, "out_of_range_mode"),
            ("tempo", 0.5, "out_of_range_tempo"),
            ("tempo", 301.0, "out_of_range_tempo"),
            ("time_signature", 8, "out_of_range_time_signature"),
        ],
    )
    def test_a_cell_that_says_nothing_is_left_empty_and_the_track_stays(self, column, value, reason):
        result = clean(raw_row(1, **{column: value}), raw_row(2, track_id=an_id(2)))
        assert result.emptied == {reason: 1}
        assert refused(result) == []
        bad, good = result.tracks.rows.sort("track_id").iter_rows(named=True)
        empty = {column, "release_precision"} if column == "release_date" else {column}
        empty |= {"popularity_spread"} if column == "popularity" else set()
        assert {name for name in bad if bad[name] is None and good[name] is not None} == empty

    def test_another_row_of_the_track_fills_what_one_leaves_empty(self):
        result = clean(raw_row(1, duration_ms=0, energy=7.0), raw_row(2, duration_ms=9000, energy=0.5))
        assert (track(result)["duration_ms"], track(result)["energy"]) == (9000, 0.5)

    def test_a_catalogue_without_lengths_has_tracks_without_lengths(self):
        result = clean(*(raw_row(n, track_id=an_id(n), duration_ms=None) for n in (1, 2, 3)))
        assert result.tracks.rows["duration_ms"].to_list() == [None] * 3
        assert (result.tracks.rejected.height, result.emptied) == (0, {})


class TestOutlook:
    def test_what_is_foreseen_of_rows_is_what_cleaning_makes_of_them(self):
        rows = [
            raw_row(1),
            raw_row(2, genre="pop"),
            raw_row(3, track_id="17"),
            raw_row(4, track_name=" "),
            raw_row(5, artists=None, energy=3.0),
            raw_row(6, track_id=an_id(2), energy=3.0, key=99, duration_ms=None, tempo=0.0),
        ]
        found = outlook(pl.DataFrame(rows, schema=RAW_TRACKS.polars_schema))
        assert (found.tracks, found.repeats) == (2, 1)
        assert found.refused == {"invalid_track_id": 1, "missing_artists": 1, "missing_name": 1}
        assert found.emptied == {"out_of_range_energy": 1, "out_of_range_key": 1}


class TestValues:
    @pytest.mark.parametrize(("name", "zero"), [("tempo", 0.0), ("time_signature", 0)])
    def test_zero_of_a_failed_analysis_is_null(self, name, zero):
        assert track(clean(raw_row(**{name: zero})))[name] is None

    def test_values_that_may_be_unknown(self):
        names = ["album_name", "release_date", "isrc", "popularity", "explicit", "energy", "key", "tempo"]
        unknown: dict[str, Any] = dict.fromkeys([*names, "genre"])
        row = track(clean(raw_row(**unknown)))
        assert all(row[name] is None for name in names)
        assert (row["popularity_spread"], row["primary_genre"], row["genre_count"]) == (None, None, 0)

    def test_not_a_number_is_unknown(self):
        assert track(clean(raw_row(energy=float("nan"))))["energy"] is None

    def test_text_is_trimmed_and_composed(self):
        result = clean(
            raw_row(track_name=" Cafe\u0301\u00a0", artists="  Beyonce\u0301 ", album_name="", genre=" pop ")
        )
        row = track(result)
        assert (row["track_name"], row["artist_names"], row["album_name"]) == ("Café", "Beyoncé", None)
        assert result.track_genres["genre"].to_list() == ["pop"]

    @pytest.mark.parametrize(
        ("written", "day", "precision"),
        [
            ("1999", date(1999, 1, 1), "year"),
            ("1999.0", date(1999, 1, 1), "year"),
            ("1999-05", date(1999, 5, 1), "month"),
            ("1999-05-17", date(1999, 5, 17), "day"),
            ("1999-5-7", date(1999, 5, 7), "day"),
            ("1999-05-17T00:00:00Z", date(1999, 5, 17), "day"),
            ("2024-02-29", date(2024, 2, 29), "day"),
            ("0000", None, None),
            ("0000-00-00", None, None),
            ("", None, None),
        ],
    )
    def test_release_dates(self, written, day, precision):
        row = track(clean(raw_row(release_date=written)))
        assert (row["release_date"], row["release_precision"]) == (day, precision)


class TestArtists:
    def test_semicolons_separate_and_commas_do_not(self):
        result = clean(raw_row(artists="Tyler, The Creator;Earth, Wind & Fire; TRUE ;1349"))
        names = ["Tyler, The Creator", "Earth, Wind & Fire", "TRUE", "1349"]
        row = track(result)
        assert row["artist_names"] == "; ".join(names)
        assert (row["primary_artist_name"], row["artist_count"]) == (names[0], 4)
        assert result.track_artists.select("position", "artist_id").rows() == [
            (n, artist_id(name)) for n, name in enumerate(names, start=1)
        ]

    def test_an_escaped_semicolon_is_part_of_a_name(self):
        result = clean(raw_row(artists=r"STEINS\;GATE;Other"))
        assert sorted(result.artists["artist_name"]) == ["Other", "STEINS;GATE"]

    def test_an_artist_credited_twice_is_kept_once(self):
        result = clean(raw_row(artists="A;B; A;e\u0301;é"))
        assert track(result)["artist_names"] == "A; B; é"
        assert result.track_artists["position"].to_list() == [1, 2, 3]

    def test_case_tells_artists_apart(self):
        result = clean(raw_row(artists="LISA"), raw_row(2, track_id=an_id(2), artists="LiSA"))
        assert result.artists.height == 2

    def test_the_id_is_the_hash_of_the_name(self):
        expected = hashlib.sha256("Beyoncé".encode()).hexdigest()[:16]
        result = clean(raw_row(artists="Beyonce\u0301"))
        assert result.artists["artist_id"].to_list() == [expected]
        assert track(result)["primary_artist_id"] == expected

    def test_track_counts_and_mean_popularity(self):
        result = clean(
            raw_row(1, track_id=an_id(1), artists="A;B", popularity=10),
            raw_row(2, track_id=an_id(1), artists="A;B", popularity=20, genre="pop"),
            raw_row(3, track_id=an_id(2), artists="A", popularity=40),
            raw_row(4, track_id=an_id(3), artists="A;C", popularity=None),
        )
        rows = (
            result.artists.sort("artist_name").select("artist_name", "track_count", "mean_popularity").rows()
        )
        assert rows == [("A", 3, 30.0), ("B", 1, 20.0), ("C", 1, None)]

    def test_what_is_told_of_an_artist_is_told_of_the_first(self):
        result = clean(
            raw_row(1, track_id=an_id(1), artists="A;B", artist_popularity=50, artist_followers=7_000),
            raw_row(2, track_id=an_id(2), artists="B;A", artist_popularity=None, artist_followers=20),
            raw_row(3, track_id=an_id(3), artists="A", artist_popularity=51, artist_followers=6_999),
            raw_row(4, track_id=an_id(4), artists="C", artist_popularity=101, artist_followers=-1),
        )
        rows = result.artists.sort("artist_name").select("artist_name", "popularity", "followers").rows()
        assert rows == [("A", 51, 7_000), ("B", None, 20), ("C", None, None)]
        assert result.emptied == {"out_of_range_artist_followers": 1, "out_of_range_artist_popularity": 1}


class TestMerging:
    def test_one_row_per_genre_becomes_one_track(self):
        genres = ("songwriter", "acoustic", "j-pop")
        result = clean(*(raw_row(n, genre=genre) for n, genre in enumerate(genres, start=1)))
        row = track(result)
        assert (row["primary_genre"], row["genre_count"], row["source_rows"]) == ("acoustic", 3, 3)
        assert result.track_genres["genre"].to_list() == ["acoustic", "j-pop", "songwriter"]
        assert result.track_genres["weight"].to_list() == pytest.approx([1 / 3] * 3)
        assert result.tracks.duplicates == {"merged_genre": 2}

    def test_a_row_may_list_several_genres(self):
        result = clean(
            raw_row(1, genre="rock; pop"), raw_row(2, genre="pop;rock"), raw_row(3, genre=r"pop;a\;b")
        )
        row = track(result)
        assert (row["primary_genre"], row["genre_count"], row["source_rows"]) == ("a;b", 3, 3)
        assert result.track_genres["genre"].to_list() == ["a;b", "pop", "rock"]
        assert result.track_genres["weight"].to_list() == pytest.approx([1 / 3] * 3)
        assert result.tracks.duplicates == {"merged_genre": 1, "repeated_row": 1}

    def test_repeats_of_track_and_genre_are_told_apart_from_new_genres(self):
        genres = ("pop", "rock", "pop", None, "rock")
        result = clean(*(raw_row(n, genre=genre) for n, genre in enumerate(genres, start=1)))
        assert result.tracks.duplicates == {"merged_genre": 1, "repeated_row": 3}

    def test_the_highest_popularity_counts_and_the_spread_shows_the_disagreement(self):
        row = track(clean(*(raw_row(n, popularity=p) for n, p in enumerate((20, None, 57, 31), start=1))))
        assert (row["popularity"], row["popularity_spread"]) == (57, 37)

    def test_other_values_come_from_the_first_row_that_has_them(self):
        unknown: dict[str, Any] = dict.fromkeys(("album_name", "energy", "release_date", "explicit"))
        row = track(
            clean(
                raw_row(1, artists="A", tempo=0.0, **unknown),
                raw_row(2, artists="B;C", album_name="Second", energy=0.2, tempo=None, release_date="1999"),
                raw_row(3, artists="D", album_name="Third", energy=0.3, tempo=120.0, explicit=True),
            )
        )
        values = ("album_name", "energy", "tempo", "release_date", "release_precision", "explicit")
        assert tuple(row[name] for name in values) == ("Second", 0.2, 120.0, date(1999, 1, 1), "year", False)
        assert row["artist_names"] == "A"

    def test_two_files_of_one_snapshot_are_merged_in_the_order_of_their_names(self):
        result = clean(
            raw_row(1, source_file="b.csv@1", track_name="From b"),
            raw_row(9, source_file="a.csv@1", track_name="From a", genre="pop"),
        )
        assert track(result)["track_name"] == "From a"
        assert result.tracks.duplicates == {"merged_genre": 1}

    def test_snapshots_are_not_merged_with_each_other(self):
        result = clean(
            raw_row(1, popularity=10),
            raw_row(1, popularity=20, snapshot_date=NEXT_DAY, genre="pop"),
        )
        columns = ["snapshot_date", "popularity", "popularity_spread", "primary_genre"]
        assert result.tracks.rows.select(columns).rows() == [
            (DAY, 10, 0, "acoustic"),
            (NEXT_DAY, 20, 0, "pop"),
        ]
        assert result.tracks.duplicates == {}
        assert result.artists["track_count"].to_list() == [1, 1]
        assert result.track_genres["weight"].to_list() == [1.0, 1.0]


raw_rows = st.builds(
    raw_row,
    snapshot_date=st.sampled_from([DAY, NEXT_DAY]),
    source_file=st.sampled_from(["a.csv@1", "b.csv@2"]),
    track_id=st.sampled_from([an_id(1), an_id(2), an_id(3), "bad"]),
    track_name=st.sampled_from(["One", "Two", None]),
    artists=st.sampled_from(["A", "B;A", "A;C", ";"]),
    album_name=st.sampled_from(["X", "Y", None]),
    popularity=st.sampled_from([None, 0, 5, 100, 101]),
    duration_ms=st.sampled_from([1, 200_000, 0]),
    tempo=st.sampled_from([None, 0.0, 120.0]),
    genre=st.sampled_from(["pop", "rock", None]),
)


def numbered(rows: list[Values]) -> list[Values]:
    return [{**row, "source_row": number} for number, row in enumerate(rows, start=1)]


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(raw_rows, max_size=12).map(numbered), st.randoms())
def test_the_order_of_the_rows_decides_nothing(rows: list[Values], shuffle: random.Random):
    mixed = list(rows)
    shuffle.shuffle(mixed)
    one, other = clean(*rows), clean(*mixed)
    assert one.tracks.rows.equals(other.tracks.rows)
    assert one.tracks.rejected.equals(other.tracks.rejected)
    assert one.tracks.duplicates == other.tracks.duplicates
    assert one.artists.equals(other.artists)
    assert one.track_artists.equals(other.track_artists)
    assert one.track_genres.equals(other.track_genres)


@settings(deadline=None)
@given(st.lists(raw_rows, max_size=12).map(numbered))
def test_merging_agrees_with_a_plain_account(rows: list[Values]):
    """The same rules, told row by row over dictionaries."""
    good = [
        row
        for row in sorted(rows, key=lambda r: (str(r["source_file"]), int(str(r["source_row"]))))
        if row["track_id"] != "bad" and row["track_name"] is not None and row["artists"] != ";"
    ]
    tracks: dict[tuple[object, object], Values] = {}
    genres: dict[tuple[object, object], set[object]] = {}
    duplicates: Counter[str] = Counter()
    for row in good:
        key = (row["snapshot_date"], row["track_id"])
        seen = genres.setdefault(key, set())
        if key not in tracks:
            tracks[key] = {"name": row["track_name"], "album": None, "popularity": []}
        elif row["genre"] is not None and row["genre"] not in seen:
            duplicates["merged_genre"] += 1
        else:
            duplicates["repeated_row"] += 1
        seen.add(row["genre"])
        tracks[key]["album"] = tracks[key]["album"] or row["album_name"]
        if row["popularity"] not in (None, 101):
            tracks[key]["popularity"] = [*tracks[key]["popularity"], row["popularity"]]  # type: ignore[misc]

    result = clean(*rows)
    foreseen = outlook(pl.DataFrame(rows, schema=RAW_TRACKS.polars_schema).filter(snapshot_date=DAY))
    assert foreseen.tracks == result.tracks.rows.filter(snapshot_date=DAY).height
    assert result.tracks.duplicates == dict(duplicates)
    assert result.tracks.rejected.height == len(rows) - len(good)
    assert result.tracks.rows.height == len(tracks)
    for row in result.tracks.rows.iter_rows(named=True):
        key = (row["snapshot_date"], row["track_id"])
        expected, popularity = tracks[key], tracks[key]["popularity"]
        assert isinstance(popularity, list)
        assert row["track_name"] == expected["name"]
        assert row["album_name"] == expected["album"]
        assert row["popularity"] == max(popularity, default=None)
        assert row["genre_count"] == len(genres[key] - {None})
    weights = result.track_genres.group_by("snapshot_date", "track_id").agg(pl.col("weight").sum())
    assert weights["weight"].to_list() == pytest.approx([1.0] * weights.height)


@pytest.mark.skipif(not SAMPLE.exists(), reason="the real sample is not here")
def test_the_real_sample_adds_up():
    read = read_catalogue(SAMPLE)
    assert (read.rows_in, read.rejected.height) == (10_000, 0)
    raw = read.rows.with_columns(pl.lit(DAY).alias("snapshot_date")).select(RAW_TRACKS.column_names)
    result = clean_tracks(raw)
    check_books(result, 10_000)
    assert result.tracks.rows.height == 9_748
    assert sum(result.tracks.duplicates.values()) == 251
    assert result.tracks.rows.filter(pl.col("popularity_spread") > 0).height == 5
    row = result.tracks.rejected.row(0, named=True)
    assert result.tracks.rejected.height == 1
    assert row["reason"] == "missing_name"
    assert json.loads(json.loads(row["original"])["extra"]) == {
        "Unnamed: 0": "65900",
        "emptied": {"duration_ms": "0"},
    }
