"""Catalogues as spreadsheets and others re-save them: every optional cell is read, emptied or counted."""

import json
import random
from calendar import monthrange
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotify_assets.sources.catalogue_csv import CatalogueRead, read_catalogue
from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.written_dates import Dates, Order, release_dates
from tests.sources.files import (
    Row,
    csv_text,
    spotify_features_row,
    tidytuesday_row,
    track_id,
    tracks_600k_row,
    tracks_dataset_row,
)


def read(tmp_path: Path, *rows: Row, delimiter: str = ",", encoding: str = "utf-8") -> CatalogueRead:
    path = tmp_path / "tracks.csv"
    path.write_bytes(csv_text(rows, delimiter=delimiter).encode(encoding))
    return read_catalogue(path)


def refusal(tmp_path: Path, *rows: Row) -> str:
    with pytest.raises(SourceError) as caught:
        read(tmp_path, *rows)
    return str(caught.value)


class TestBeats:
    @pytest.mark.parametrize(
        ("written", "beats"),
        [
            ("04-Apr", 4),  # 4/4, either way
            ("03-Apr", 3),  # 3/4 where the day comes first
            ("04-Mar", 3),  # 3/4 where the month comes first
            ("4-Jan", 1),
            ("05-Apr", 5),
            ("04-May", 5),
            ("Apr-03", 3),
            ("04. Mrz", 3),
            ("2024-03-04", 3),
            ("2024-04-05 00:00:00", 5),
            ("3/4/2024", 3),
            ("4/3/2024", 3),
            ("3/4", 3),
        ],
    )
    def test_a_time_signature_that_became_a_date_is_read_back(self, tmp_path, written, beats):
        result = read(tmp_path, spotify_features_row(1, time_signature=written), spotify_features_row(2))
        assert result.rows["time_signature"].to_list() == [beats, 4]
        assert result.emptied == {}
        assert result.repaired == ({} if written == "3/4" else {"time_signature_from_date": 1})

    @pytest.mark.parametrize("written", ["07-Jun", "Apr", "04-Foo", "3/8", "soon", "2024-13-13"])
    def test_another_text_is_none_and_costs_its_cell_alone(self, tmp_path, written):
        result = read(tmp_path, spotify_features_row(1, time_signature=written), spotify_features_row(2))
        assert result.rows["time_signature"].to_list() == [None, 4]
        assert result.emptied == {"unparseable_time_signature": 1}
        assert json.loads(result.rows["extra"][0])["emptied"] == {"time_signature": written}


class TestOtherCells:
    @pytest.mark.parametrize(
        ("column", "written", "value"),
        [
            ("key", "C♯/D♭", 1),
            ("key", "c#/db", 1),
            ("key", "Cb", 11),
            ("key", "5,0", 5),
            ("mode", "Maj", 1),
            ("mode", "minor", 0),
            ("explicit", "WAHR", True),
            ("explicit", "faux", False),
            ("explicit", "Y", True),
            ("popularity", "55,0", 55),
            ("popularity", "1,234", 1234),
        ],
    )
    def test_words_and_numbers_of_spreadsheets(self, tmp_path, column, written, value):
        result = read(tmp_path, tracks_dataset_row(1, **{column: written}))
        assert result.rows[column].to_list() == [value]
        assert result.emptied == {}

    def test_a_comma_is_the_decimal_mark_of_a_column_that_has_no_point(self, tmp_path):
        result = read(
            tmp_path,
            tracks_dataset_row(1, energy="0,5", loudness="-7,25", tempo="120,5"),
            tracks_dataset_row(2, energy="1", loudness="-6,5", tempo="98.5"),
        )
        assert result.rows["energy"].to_list() == [0.5, 1.0]
        assert result.rows["loudness"].to_list() == [-7.25, -6.5]
        assert result.rows["tempo"].to_list() == [None, 98.5]
        assert result.emptied == {"unparseable_tempo": 1}

    def test_a_european_spreadsheet(self, tmp_path):
        """Latin-1, semicolons, decimal commas, days first, flags in German."""
        rows = [
            tidytuesday_row(
                n,
                track_name="Für Élise",
                track_artist="Beyoncé",
                tempo="120,5",
                energy="0,5",
                track_album_release_date=written,
            )
            | {"explicit": "FALSCH"}
            for n, written in enumerate(["01.02.2019", "25.12.2018"], start=1)
        ]
        result = read(tmp_path, *rows, delimiter=";", encoding="latin-1")
        assert result.rows["track_name"].to_list() == ["Für Élise"] * 2
        assert result.rows["release_date"].to_list() == ["2019-02-01", "2018-12-25"]
        assert result.rows.select("tempo", "energy", "explicit").rows() == [(120.5, 0.5, False)] * 2
        assert (result.emptied, result.repaired) == ({}, {"release_date_day_first": 2})


def dates_of(tmp_path: Path, *written: str) -> CatalogueRead:
    return read(tmp_path, *(tracks_600k_row(n, release_date=text) for n, text in enumerate(written, start=1)))


class TestReleaseDates:
    @pytest.mark.parametrize(
        ("written", "iso", "how"),
        [
            (["13-02-2019", "01-02-2019"], ["2019-02-13", "2019-02-01"], "day_first"),
            (["01/02/2019", "2/13/2019"], ["2019-01-02", "2019-02-13"], "month_first"),
            (["01.02.19", "31.12.99"], ["2019-02-01", "1999-12-31"], "day_first"),
            (["19-02-01", "99-12-31"], ["2019-02-01", "1999-12-31"], "year_first"),
            (["01/02/2019 00:00", "1/13/2019 0:00:00"], ["2019-01-02", "2019-01-13"], "month_first"),
        ],
    )
    def test_one_date_proves_the_order_of_all(self, tmp_path, written, iso, how):
        result = dates_of(tmp_path, *written)
        assert result.rows["release_date"].to_list() == iso
        assert result.repaired == {f"release_date_{how}": 2}
        (note,) = result.dialect.notes
        assert note == f"release_date: {how.replace('_', ' ')}, as '{shown(written)}' shows"

    @pytest.mark.parametrize(
        ("written", "iso"),
        [
            ("13-Feb-19", "2019-02-13"),
            ("13 February 2019", "2019-02-13"),
            ("Feb 13, 2019", "2019-02-13"),
            ("March 3rd, 1999", "1999-03-03"),
            ("3. März 1999", "1999-03-03"),
            ("Feb-19", "2019-02"),
            ("Dec 1987", "1987-12"),
            ("02/2019", "2019-02"),
            ("2019/02", "2019-02"),
            ("2019/2/13", "2019-02-13"),
            ("20190213", "2019-02-13"),
            ("05/05/2019", "2019-05-05"),
            ("1999", "1999"),
            ("1999-05", "1999-05"),
            ("2019-02-13T00:00:00Z", "2019-02-13T00:00:00Z"),
        ],
    )
    def test_dates_that_need_no_order(self, tmp_path, written, iso):
        assert dates_of(tmp_path, written).rows["release_date"].to_list() == [iso]

    def test_without_a_proof_the_year_alone_is_kept_and_counted(self, tmp_path):
        result = dates_of(tmp_path, "01/02/2019", "05/05/2018", "03/04/2017", "1999-02-03")
        assert result.rows["release_date"].to_list() == ["2019", "2018-05-05", "2017", "1999-02-03"]
        assert result.repaired["release_date_year_alone"] == 2
        assert json.loads(result.rows["extra"][0])["emptied"] == {"release_date": "01/02/2019"}
        (note,) = result.dialect.notes
        assert "'01/02/2019' may be read day first or month first" in note

    def test_two_orders_in_one_column_prove_none(self, tmp_path):
        result = dates_of(tmp_path, "25/12/2019", "12/25/2018", "01/02/2017")
        assert result.rows["release_date"].to_list() == ["2019", "2018", "2017"]
        assert "different orders: '12/25/2018' and '25/12/2019'" in result.dialect.notes[0]

    def test_a_two_digit_year_of_no_proven_order_is_not_even_a_year(self, tmp_path):
        assert dates_of(tmp_path, "01-02-03").rows["release_date"].to_list() == ["01-02-03"]

    @pytest.mark.parametrize("written", ["99/99/2019", "soon", "19-Feb", "0/0/2019", "31/02/2019"])
    def test_what_is_no_date_proves_nothing_and_stays_as_written(self, tmp_path, written):
        result = dates_of(tmp_path, written, "13/02/2019", "01/02/2019")
        assert result.rows["release_date"].to_list() == [written, "2019-02-13", "2019-02-01"]

    def test_the_parts_of_a_folder_prove_the_order_together(self, tmp_path):
        for number, written in enumerate(["01/02/2019", "25/12/2019"], start=1):
            row = tracks_600k_row(number, release_date=written)
            (tmp_path / f"part-0000{number}.csv").write_text(csv_text([row]))
        result = read_catalogue(tmp_path)
        assert result.rows["release_date"].to_list() == ["2019-02-01", "2019-12-25"]


def shown(written: list[str]) -> str:
    """The first date, in the order of texts, that is one in one order only."""
    readings = Dates.of(sorted(written)).readings
    return next(text for text, each in readings.items() if len(each) == 1)


FORMATS = {
    Order.DAY: ["{d:02}/{m:02}/{y}", "{d}-{m}-{y}", "{d:02}.{m:02}.{yy:02}"],
    Order.MONTH: ["{m:02}/{d:02}/{y}", "{m}-{d}-{y}", "{m:02}/{d:02}/{yy:02}"],
}
any_day = st.dates(date(1932, 1, 1), date(1999, 12, 31))


def in_format(day: date, form: str) -> str:
    return form.format(d=day.day, m=day.month, y=day.year, yy=day.year % 100)


@settings(deadline=None)
@given(
    st.sampled_from(Order).filter(lambda order: order in FORMATS),
    st.integers(0, 2),
    st.lists(any_day, min_size=1, max_size=8),
    st.randoms(use_true_random=False),
)
def test_days_in_any_order_with_one_that_proves_it_are_read_back(order, number, days, shuffle: random.Random):
    days = [*days, days[0].replace(day=monthrange(days[0].year, days[0].month)[1])]
    shuffle.shuffle(days)
    read_back = release_dates(pl.Series([in_format(day, FORMATS[order][number]) for day in days]))
    assert read_back.values.to_list() == [day.isoformat() for day in days]


@settings(deadline=None)
@given(
    st.sampled_from(Order).filter(lambda order: order in FORMATS),
    st.integers(0, 2),
    st.lists(any_day.filter(lambda day: day.day <= 12), min_size=1, max_size=8),
)
def test_days_without_a_proof_are_never_read_wrong(order, number, days):
    texts = [in_format(day, FORMATS[order][number]) for day in days]
    for day, found in zip(days, release_dates(pl.Series(texts)).values, strict=True):
        certain = day.isoformat() if day.day == day.month else str(day.year)
        assert found in (certain, in_format(day, FORMATS[order][number]))


class TestIds:
    def test_the_column_that_holds_ids_is_the_id(self, tmp_path):
        row = {"track_id": "TRAAAAA000000000A1", "name": "N", "artist": "A", "spotify_id": track_id(1)}
        result = read(tmp_path, row)
        assert result.rows["track_id"].to_list() == [track_id(1)]
        assert json.loads(result.rows["extra"][0]) == {"track_id": "TRAAAAA000000000A1"}
        assert result.dialect.notes[0] == "the track ids are those of the column spotify_id"

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("Song ID", track_id(1)),
            ("song_id", track_id(1)),
            ("Track-URI", f"spotify:track:{track_id(1)}"),
            ("Spotify Link", f"https://open.spotify.com/track/{track_id(1)}?si=1"),
            ("code", track_id(1)),
        ],
    )
    def test_whatever_it_is_called(self, tmp_path, name, value):
        row = {"Song Name": "N", "Artist": "A", "album_id": "2oCs0DGTsRO98Gh5ZSl2Cx", name: value}
        assert read(tmp_path, row).rows["track_id"].to_list() == [track_id(1)]

    def test_a_row_number_called_id_beside_the_ids(self, tmp_path):
        rows = [{**tracks_600k_row(n), "id": str(n), "uri": f"spotify:track:{track_id(n)}"} for n in (1, 2)]
        result = read(tmp_path, *rows)
        assert result.dialect.shape == "tracks_600k"
        assert result.rows["track_id"].to_list() == [track_id(1), track_id(2)]

    def test_a_few_ids_that_are_none_do_not_change_the_column(self, tmp_path):
        rows = [tracks_dataset_row(n) for n in range(1, 6)] + [tracks_dataset_row(6, track_id="local")]
        assert read(tmp_path, *rows).rows["track_id"].to_list()[-1] == "local"

    def test_ids_of_albums_and_artists_are_no_track_ids(self, tmp_path):
        row = {**tidytuesday_row(1), "track_id": "17", "artist_id": "3HqSLMAZ3g3d5poNaI7GOU"}
        message = refusal(tmp_path, row)
        assert "no column holds Spotify track ids (22 letters and digits): track_id holds '17'" in message
        assert "`track_id`" in message

    def test_columns_that_hold_other_ids_are_named(self, tmp_path):
        row = {"track_id": "TRAAAAA000000000A1", "id": "5", "name": "N", "artist": "A"}
        assert "track_id holds 'TRAAAAA000000000A1', id holds '5'" in refusal(tmp_path, row)


class TestGenres:
    @pytest.mark.parametrize("name", ["genres", "Genres", "artist_genre", "Artist Genres", "genre"])
    @pytest.mark.parametrize(
        "written",
        ["['pop', 'rock']", '["pop", "rock"]', "['pop' 'rock']", "['pop'\n 'rock']", "pop;rock"],
    )
    def test_lists_are_genres_of_the_track(self, tmp_path, name, written):
        row = {"Track ID": track_id(1), "Track Name": "N", "Artist": "A", name: written}
        assert read(tmp_path, row).rows["genre"].to_list() == ["pop;rock"]

    def test_an_empty_list_is_no_genre(self, tmp_path):
        row = {"id": track_id(1), "name": "N", "artists": "['A']", "genres": "[]"}
        assert read(tmp_path, row).rows["genre"].to_list() == [None]

    def test_a_list_that_is_none_is_emptied(self, tmp_path):
        row = {"id": track_id(1), "name": "N", "artists": "['A']", "genres": "['pop', rock]"}
        result = read(tmp_path, row)
        assert (result.rows["genre"].to_list(), result.emptied) == ([None], {"unparseable_genre": 1})

    def test_commas_separate_where_the_column_is_named_for_several(self, tmp_path):
        row = {"id": track_id(1), "name": "N", "artists": "['A']", "genres": "pop, dance rock"}
        assert read(tmp_path, row).rows["genre"].to_list() == ["pop;dance rock"]

    def test_commas_separate_where_the_parts_come_again(self, tmp_path):
        written = ["pop, rock", "rock", "pop,soul", "jazz"]
        rows = [tracks_dataset_row(n, track_genre=text) for n, text in enumerate(written, start=1)]
        assert read(tmp_path, *rows).rows["genre"].to_list() == ["pop;rock", "rock", "pop;soul", "jazz"]

    def test_a_comma_within_one_genre_is_part_of_its_name(self, tmp_path):
        written = ["Folk, World & Country", "Folk, World & Country", "rock"]
        rows = [tracks_dataset_row(n, track_genre=text) for n, text in enumerate(written, start=1)]
        assert read(tmp_path, *rows).rows["genre"].to_list() == written

    def test_names_of_a_list_as_numpy_writes_it_are_not_run_together(self, tmp_path):
        row = tracks_600k_row(1, artists="""['A' "B's" 'C;D']""")
        assert read(tmp_path, row).rows["artists"].to_list() == [r"A;B's;C\;D"]


class TestLengths:
    def test_a_catalogue_without_lengths_is_one(self, tmp_path):
        rows = [{k: v for k, v in tracks_dataset_row(n).items() if k != "duration_ms"} for n in range(1, 4)]
        result = read(tmp_path, *rows)
        assert result.rows["duration_ms"].to_list() == [None] * 3
        assert (result.rejected.height, result.emptied) == (0, {})
        assert result.dialect.notes == ("there is no column for duration_ms, so its tracks have no length",)


class TestWordsForNothing:
    @pytest.mark.parametrize("word", ["NA", "N/A", "nan", "None", "null", "-"])
    def test_an_album_of_three_artists_is_none(self, tmp_path, word):
        rows = [tracks_dataset_row(n, album_name=word) for n in (1, 2, 3)]
        result = read(tmp_path, *rows, tracks_dataset_row(4))
        assert result.rows["album_name"].to_list() == [None, None, None, "Album 4"]
        assert result.emptied == {"no_album_name": 3}

    def test_an_album_of_one_artist_is_one(self, tmp_path):
        rows = [
            tracks_dataset_row(n, album_name="-", artists=who)
            for n, who in enumerate(["Ed", "Ed;Guest", "Ed;Other", "Ed"], start=1)
        ]
        assert read(tmp_path, *rows).rows["album_name"].to_list() == ["-"] * 4

    def test_an_artist_with_songs_is_one(self, tmp_path):
        rows = [tracks_dataset_row(n, artists="NA") for n in (1, 2, 3, 4)]
        assert read(tmp_path, *rows).rows["artists"].to_list() == ["NA"] * 4

    def test_artists_and_tracks_that_are_never_anything_else_are_none(self, tmp_path):
        rows = [tracks_dataset_row(n, artists="nan", track_name="nan") for n in (1, 2, 3)]
        result = read(tmp_path, *rows, tracks_dataset_row(4))
        assert result.rows["artists"].to_list() == [None, None, None, "Artist 4;Guest"]
        assert result.emptied == {"no_artists": 3, "no_track_name": 3}

    def test_a_single_song_of_its_artists_name_is_one(self, tmp_path):
        result = read(tmp_path, tracks_dataset_row(1, artists="None", track_name="None"))
        assert result.rows.select("artists", "track_name").row(0) == ("None", "None")
