"""Reading a catalogue: four shapes, many dialects, and every way in which a file or a row can be broken."""

import csv
import json
import os
from pathlib import Path

import polars as pl
import pytest

from spotify_assets.rows.cleaned import REJECTED_SCHEMA
from spotify_assets.sources.catalogue_csv import ROWS_SCHEMA, CatalogueRead, read_catalogue
from spotify_assets.sources.errors import SourceError
from spotify_assets.tables import RAW_TRACKS
from tests.sources.files import (
    FEATURES,
    Row,
    csv_text,
    spotify_features_row,
    tidytuesday_row,
    track_id,
    tracks_600k_row,
    tracks_dataset_row,
    write_csv,
)


def read(tmp_path: Path, content: str | bytes, name: str = "tracks.csv") -> CatalogueRead:
    """Read a file of this content, and check what holds for every catalogue that can be read."""
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    result = read_catalogue(path)
    assert result.rows_in == result.rows.height + result.rejected.height
    assert result.rows.schema == ROWS_SCHEMA
    assert result.rejected.schema == REJECTED_SCHEMA
    return result


def read_rows(tmp_path: Path, *rows: Row) -> CatalogueRead:
    return read(tmp_path, csv_text(rows))


def refusal(tmp_path: Path, content: bytes, name: str = "tracks.csv") -> str:
    """The one line that says why a file cannot be read; it always names the file."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError) as caught:
        read_catalogue(tmp_path / name)
    message = str(caught.value)
    assert message.startswith(f"{name}: ")
    assert "\n" not in message
    return message


def reasons(result: CatalogueRead) -> dict[int, str]:
    return dict(result.rejected.select("source_row", "reason").iter_rows())


class TestShapes:
    def test_the_columns_are_those_of_the_raw_table_without_the_snapshot_date(self):
        assert ROWS_SCHEMA.names() == [n for n in RAW_TRACKS.column_names if n != "snapshot_date"]

    def test_spotify_tracks_dataset(self, tmp_path):
        result = read_rows(tmp_path, tracks_dataset_row(1, explicit="True"), tracks_dataset_row(2))
        assert result.dialect.shape == "spotify_tracks_dataset"
        assert result.dialect.unknown_columns == ("Unnamed: 0",)
        first = result.rows.row(0, named=True)
        assert first["source_file"] == f"tracks.csv@{result.sha256[:12]}"
        assert first == {
            "source_file": first["source_file"],
            "source_row": 1,
            "track_id": track_id(1),
            "track_name": "Track 1",
            "artists": "Artist 1;Guest",
            "album_name": "Album 1",
            "release_date": None,
            "isrc": None,
            "popularity": 73,
            "artist_popularity": None,
            "artist_followers": None,
            "duration_ms": 230666,
            "explicit": True,
            **{name: float(value) for name, value in FEATURES.items()},
            "genre": "acoustic",
            "extra": '{"Unnamed: 0":"0"}',
        }
        assert result.rows["source_row"].to_list() == [1, 2]

    def test_600k_tracks_with_artists_as_a_python_list(self, tmp_path):
        result = read_rows(
            tmp_path,
            tracks_600k_row(1),
            tracks_600k_row(2, artists='["Screamin\' Jay Hawkins"]', release_date="1922"),
            tracks_600k_row(3, artists=r"['Guns N\' Roses', \"The 'A' Team\"]".replace('\\"', '"')),
            tracks_600k_row(4, artists="['Earth, Wind & Fire', 'STEINS;GATE']"),
            tracks_600k_row(5, artists="[]"),
            tracks_600k_row(6, artists="['']"),
            tracks_600k_row(7, artists="[bsd.u]"),
        )
        assert result.dialect.shape == "tracks_600k"
        assert result.rows["artists"].to_list() == [
            "Artist 1;Guest",
            "Screamin' Jay Hawkins",
            "Guns N' Roses;The 'A' Team",
            r"Earth, Wind & Fire;STEINS\;GATE",
            None,
            None,
            "[bsd.u]",
        ]
        assert result.rows["release_date"].head(2).to_list() == ["1922-02-22", "1922"]
        assert result.rows["explicit"].head(1).to_list() == [False]
        assert json.loads(result.rows["extra"][0])["id_artists"].startswith("['45t")

    def test_a_list_of_artists_that_is_none_refuses_its_row(self, tmp_path):
        result = read_rows(
            tmp_path, tracks_600k_row(1, artists="['A', B]"), tracks_600k_row(2, artists="['A', 1]")
        )
        assert reasons(result) == {1: "unparseable_artists", 2: "unparseable_artists"}

    def test_tidytuesday_reads_na_as_missing_also_for_names(self, tmp_path):
        missing = tidytuesday_row(2, track_name="NA", track_artist="NA", track_album_name="NA")
        result = read_rows(
            tmp_path,
            tidytuesday_row(1, track_artist="STEINS;GATE", track_album_release_date="2012-05"),
            {**missing, "tempo": "NA"},
        )
        assert result.dialect.shape == "tidytuesday_spotify_songs"
        columns = ["track_name", "artists", "album_name", "release_date", "popularity", "genre", "tempo"]
        assert result.rows.select(columns).rows() == [
            ("Track 1", r"STEINS\;GATE", "Album 1", "2012-05", 66, "pop", 87.917),
            (None, None, None, "2019-06-14", 66, "pop", None),
        ]
        assert json.loads(result.rows["extra"][0])["playlist_subgenre"] == "dance pop"

    def test_na_is_a_name_elsewhere(self, tmp_path):
        result = read_rows(tmp_path, tracks_dataset_row(1, track_name="NA", artists="NA"))
        assert result.rows.select("track_name", "artists").row(0) == ("NA", "NA")

    def test_spotify_features_names_keys_modes_and_time_signatures(self, tmp_path):
        result = read_rows(
            tmp_path,
            spotify_features_row(1),
            spotify_features_row(2, key="B", mode="Minor", time_signature="0/4"),
            spotify_features_row(3, key="Bb"),
            spotify_features_row(4, key="H"),
        )
        assert result.dialect.shape == "spotify_features"
        assert result.rows.select("key", "mode", "time_signature").rows() == [
            (1, 1, 4),
            (11, 0, 0),
            (10, 1, 4),
            (None, 1, 4),
        ]
        assert result.emptied == {"unparseable_key": 1}

    def test_any_other_file_with_id_name_and_artists_is_read_by_the_usual_names(self, tmp_path):
        rows = {"Track URI": f"spotify:track:{track_id(1)}", "Track Name": "N", "Artist Name(s)": "A"}
        result = read_rows(tmp_path, {**rows, "Popularity": "5", "Added By": "me"})
        assert result.dialect.shape == "other"
        columns = ("track_id", "track_name", "artists", "popularity")
        assert result.rows.select(columns).row(0) == (track_id(1), "N", "A", 5)
        assert result.dialect.unknown_columns == ("Added By",)

    def test_the_file_name_decides_nothing(self, tmp_path):
        content = csv_text([tidytuesday_row(1)])
        assert read(tmp_path, content, "SpotifyFeatures.csv").dialect.shape == "tidytuesday_spotify_songs"

    def test_the_order_of_columns_decides_nothing(self, tmp_path):
        row = tracks_dataset_row(1)
        turned = dict(reversed(row.items()))
        one, other = read_rows(tmp_path, row), read_rows(tmp_path, turned)
        assert one.rows.drop("source_file").equals(other.rows.drop("source_file"))


class TestText:
    def test_names_that_look_like_other_types_stay_text(self, tmp_path):
        names = ["TRUE", "1349", "=LOVE", "null", "1e5", "2020-01-01", "None", "007", "nan", " x "]
        result = read_rows(
            tmp_path,
            *(tracks_dataset_row(n, artists=each, track_name=each) for n, each in enumerate(names, start=1)),
        )
        assert result.rows["artists"].to_list() == names
        assert result.rows["track_name"].to_list() == names

    def test_artists_as_a_list_in_a_file_that_should_separate_them(self, tmp_path):
        result = read_rows(tmp_path, tracks_dataset_row(1, artists="['A', 'B;C']"))
        assert result.rows["artists"].to_list() == [r"A;B\;C"]

    def test_commas_in_artist_names(self, tmp_path):
        result = read_rows(tmp_path, tracks_dataset_row(1, artists="Tyler, The Creator;Earth, Wind & Fire"))
        assert result.rows["artists"].to_list() == ["Tyler, The Creator;Earth, Wind & Fire"]

    @pytest.mark.parametrize(
        "written",
        [
            "{id}",
            " {id} ",
            "spotify:track:{id}",
            "https://open.spotify.com/track/{id}",
            "https://open.spotify.com/track/{id}?si=0123abc",
            "https://open.spotify.com/intl-de/track/{id}",
            "http://open.spotify.com/embed/track/{id}",
            "https://api.spotify.com/v1/tracks/{id}",
        ],
    )
    def test_a_track_id_as_uri_or_address(self, tmp_path, written):
        result = read_rows(tmp_path, tracks_dataset_row(1, track_id=written.format(id=track_id(1))))
        assert result.rows["track_id"].to_list() == [track_id(1)]

    def test_an_id_that_is_none_is_left_to_the_cleaning(self, tmp_path):
        result = read_rows(tmp_path, tracks_dataset_row(1), tracks_dataset_row(2, track_id="17"))
        assert result.rows["track_id"].to_list() == [track_id(1), "17"]

    def test_unknown_columns_go_to_extra(self, tmp_path):
        row = {**tracks_dataset_row(1), "mood": 'so "so"', "": "x", "mood ": ""}
        del row["Unnamed: 0"]
        result = read_rows(tmp_path, row)
        assert result.dialect.unknown_columns == ("mood", "column_22", "mood_2")
        assert json.loads(result.rows["extra"][0]) == {"mood": 'so "so"', "column_22": "x", "mood_2": None}

    def test_an_unnamed_first_column_is_the_index(self, tmp_path):
        row = {"": "65900", **tracks_dataset_row(1)}
        del row["Unnamed: 0"]
        assert json.loads(read_rows(tmp_path, row).rows["extra"][0]) == {"index": "65900"}


class TestNumbers:
    @pytest.mark.parametrize("missing", ["", "NA", "NaN", "null", "None", r"\N", " "])
    def test_missing_numbers_are_null(self, tmp_path, missing):
        result = read_rows(
            tmp_path, tracks_dataset_row(1, popularity=missing, tempo=missing, explicit=missing, key=missing)
        )
        assert result.rows.select("popularity", "tempo", "explicit", "key").row(0) == (None,) * 4

    @pytest.mark.parametrize(
        ("written", "value"),
        [
            ("230666", 230666),
            ("230,666", 230666),
            ("1,230,666", 1230666),
            ("1 230 666", 1230666),
            ("1\u00a0230\u202f666", 1230666),
            ("230666.0", 230666),
            ("2e+05", 200000),
            (" 230666 ", 230666),
        ],
    )
    def test_whole_numbers_as_people_write_them(self, tmp_path, written, value):
        assert read_rows(tmp_path, tracks_dataset_row(1, duration_ms=written)).rows["duration_ms"][0] == value

    @pytest.mark.parametrize(
        ("written", "note"),
        [
            ("long", "unparseable_duration_ms"),
            ("12,34,567", "unparseable_duration_ms"),
            ("1_000", "unparseable_duration_ms"),
            ("215", "implausible_duration_ms"),
            ("0", "implausible_duration_ms"),
            ("-230666", "implausible_duration_ms"),
            ("99999999", "implausible_duration_ms"),
        ],
    )
    def test_what_is_no_length_is_null_and_counted(self, tmp_path, written, note):
        rows = [tracks_dataset_row(1), tracks_dataset_row(2, duration_ms=written), tracks_dataset_row(3)]
        result = read_rows(tmp_path, *rows)
        assert result.rejected.is_empty()
        assert result.rows["duration_ms"].is_null().to_list() == [False, True, False]
        assert result.emptied == {note: 1}

    def test_the_unit_of_lengths_is_judged_by_the_file_and_said(self, tmp_path):
        for said, written in (
            (["duration_ms: read as seconds"], ("215", "180.5", "10800")),
            ([], ("215.000", "180.500", "10.800.000")),
            (["duration_ms: read as minutes:seconds"], ("3:35", "3:00.5", "3:00:00")),
        ):
            rows = [tracks_dataset_row(n, duration_ms=value) for n, value in enumerate(written, 1)]
            result = read_rows(tmp_path, *rows)
            assert result.rows["duration_ms"].to_list() == [215_000, 180_500, 10_800_000]
            assert result.dialect.as_dict()["notes"] == said
            assert result.emptied == {}

    def test_lengths_of_the_parts_of_a_folder_are_judged_together(self, tmp_path):
        folder = tmp_path / "tracks.csv"
        folder.mkdir()
        for part in (1, 2):
            rows = [tracks_dataset_row(3 * part + n) for n in range(2)]
            write_csv(folder / f"part-{part}.csv", [*rows, tracks_dataset_row(9 + part, duration_ms="2")])
        read = read_catalogue(folder)
        assert (read.rows.height, read.emptied) == (6, {"implausible_duration_ms": 2})

    @pytest.mark.parametrize("written", ["abc", "12,34,567", "inf", "1_000", "3:5", "--1"])
    def test_anything_else_is_left_empty_counted_and_kept_as_written(self, tmp_path, written):
        rows = [tracks_dataset_row(1), tracks_dataset_row(2, duration_ms=written), tracks_dataset_row(3)]
        result = read_rows(tmp_path, *rows)
        assert result.rows["duration_ms"].to_list() == [230666, None, 230666]
        assert result.emptied == {"unparseable_duration_ms": 1}
        assert json.loads(result.rows["extra"][1]) == {
            "Unnamed: 0": "1",
            "emptied": {"duration_ms": written},
        }
        assert json.loads(result.rows["extra"][0]) == {"Unnamed: 0": "0"}

    def test_every_empty_cell_of_a_row_is_counted(self, tmp_path):
        result = read_rows(
            tmp_path,
            tracks_dataset_row(1, popularity="abc", tempo="fast", explicit="maybe"),
            tracks_dataset_row(2, tempo="slow"),
        )
        assert result.emptied == {
            "unparseable_explicit": 1,
            "unparseable_popularity": 1,
            "unparseable_tempo": 2,
        }
        assert result.rows.select("popularity", "tempo", "explicit", "energy").row(0) == (
            None,
            None,
            None,
            0.461,
        )

    @pytest.mark.parametrize("written", ["inf", "nan%", "1,5"])
    def test_a_feature_that_is_no_number_is_left_empty(self, tmp_path, written):
        result = read_rows(tmp_path, tracks_dataset_row(1), tracks_dataset_row(2, energy=written))
        assert result.rows["energy"].to_list() == [0.461, None]
        assert result.emptied == {"unparseable_energy": 1}

    def test_decimal_commas_where_semicolons_separate_the_columns(self, tmp_path):
        content = csv_text([tracks_dataset_row(1, energy="0,461", artists="A")], delimiter=";")
        assert read(tmp_path, content).rows["energy"].to_list() == [0.461]

    def test_values_are_typed_but_not_judged(self, tmp_path):
        result = read_rows(
            tmp_path, tracks_dataset_row(1, tempo="0", time_signature="0", loudness="4.5", popularity="101")
        )
        columns = ("tempo", "time_signature", "loudness", "popularity")
        assert result.rows.select(columns).row(0) == (0.0, 0, 4.5, 101)

    def test_a_row_without_a_track_id_is_refused(self, tmp_path):
        result = read_rows(
            tmp_path,
            *(tracks_dataset_row(n, track_id=each) for n, each in enumerate(["", "  ", "NaN"], start=1)),
        )
        assert reasons(result) == dict.fromkeys((1, 2, 3), "missing_track_id")

    def test_standardised_features_refuse_the_file(self, tmp_path):
        z_scores = [
            tracks_dataset_row(n, **{name: str((-1) ** n * 0.7) for name in FEATURES}) for n in range(1, 11)
        ]
        message = refusal(tmp_path, csv_text(z_scores).encode())
        assert "standardised" in message
        assert "danceability 50%" in message
        assert "before z-scoring" in message

    def test_a_single_negative_feature_does_not(self, tmp_path):
        result = read_rows(tmp_path, tracks_dataset_row(1, energy="-0.5"), tracks_dataset_row(2))
        assert result.rows["energy"].to_list() == [-0.5, 0.461]


ACCENTS = [tracks_dataset_row(n, artists="Beyoncé;Sigur Rós", track_name="Señorita") for n in range(1, 4)]


class TestEncodings:
    @pytest.mark.parametrize(
        ("codec", "encoding", "bom"),
        [
            ("utf-8", "utf-8", False),
            ("utf-8-sig", "utf-8", True),
            ("latin-1", "cp1252", False),
            ("cp1252", "cp1252", False),
            ("utf-16", "utf-16-le", True),
            ("utf-16-le", "utf-16-le", False),
            ("utf-16-be", "utf-16-be", False),
        ],
    )
    def test_the_same_rows_in_any_encoding(self, tmp_path, codec, encoding, bom):
        result = read(tmp_path, csv_text(ACCENTS).encode(codec))
        assert (result.dialect.encoding, result.dialect.bom) == (encoding, bom)
        assert result.rows["artists"].to_list() == ["Beyoncé;Sigur Rós"] * 3
        assert result.rows["track_name"].to_list() == ["Señorita"] * 3
        assert result.rejected.is_empty()

    def test_windows_punctuation(self, tmp_path):
        content = csv_text([tracks_dataset_row(1, track_name="Don’t “Stop” – €5")]).encode("cp1252")
        assert read(tmp_path, content).rows["track_name"].to_list() == ["Don’t “Stop” – €5"]

    def test_bytes_that_windows_1252_leaves_undefined(self, tmp_path):
        content = csv_text([tracks_dataset_row(1, track_name="Caf\xe9 \x81")]).encode("latin-1")
        assert read(tmp_path, content).rows["track_name"].to_list() == ["Café \x81"]

    @pytest.mark.parametrize("codec", ["cp1252", "latin-1"])
    def test_double_encoded_text_is_undone(self, tmp_path, codec):
        rows = [
            *ACCENTS,
            tracks_dataset_row(4, track_name="Plain"),
            tracks_dataset_row(5, track_name="Ágætis"),
        ]
        content = csv_text(rows).encode().decode("latin-1" if codec == "latin-1" else "cp1252", "replace")
        if codec == "cp1252":
            content = content.replace("\ufffd", "\x81")
        result = read(tmp_path, content)
        assert result.dialect.double_encoded
        assert result.rows["track_name"].to_list() == ["Señorita"] * 3 + ["Plain", "Ágætis"]
        assert result.rows["artists"][0] == "Beyoncé;Sigur Rós"

    def test_names_that_only_look_double_encoded_are_left_alone(self, tmp_path):
        names = ["CAFÉ…", "OLÉ™", "Björk", "Sigur Rós", "東京", "Señorita", "Ólafur"]
        result = read_rows(
            tmp_path, *(tracks_dataset_row(n, track_name=each) for n, each in enumerate(names, start=1))
        )
        assert not result.dialect.double_encoded
        assert result.rows["track_name"].to_list() == names

    def test_single_lines_in_another_encoding_cost_only_themselves(self, tmp_path):
        lines = csv_text([*ACCENTS, *ACCENTS]).encode().split(b"\n")
        lines[2] = lines[2].decode().encode("latin-1")
        result = read(tmp_path, b"\n".join(lines))
        assert result.dialect.encoding == "utf-8"
        assert reasons(result) == {2: "undecodable_row"}
        assert "Beyoncé" in json.loads(result.rejected["original"][0])["text"]
        assert result.rows["artists"].to_list() == ["Beyoncé;Sigur Rós"] * 5

    def test_broken_utf16_is_refused(self, tmp_path):
        content = csv_text(ACCENTS).encode("utf-16-le") + b"\x00\xd8\x41\x00"
        assert "not valid UTF-16" in refusal(tmp_path, b"\xff\xfe" + content)


QUOTED = [tracks_dataset_row(1, track_name='He said "hi"', artists="A, B"), tracks_dataset_row(2)]


class TestDialects:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_delimiters(self, tmp_path, delimiter):
        result = read(tmp_path, csv_text(QUOTED, delimiter=delimiter))
        assert result.dialect.delimiter == delimiter
        assert result.rows["track_name"].to_list() == ['He said "hi"', "Track 2"]
        assert result.rows["artists"].to_list() == ["A, B", "Artist 2;Guest"]

    @pytest.mark.parametrize(("end", "name"), [("\n", "lf"), ("\r\n", "crlf"), ("\r", "cr")])
    def test_line_ends(self, tmp_path, end, name):
        result = read(tmp_path, csv_text(QUOTED, line_end=end))
        assert result.dialect.line_ends == name
        assert result.rows["genre"].to_list() == ["acoustic", "acoustic"]

    def test_mixed_line_ends(self, tmp_path):
        header, first, second, _ = csv_text(QUOTED).split("\n")
        result = read(tmp_path, f"{header}\r\n{first}\n{second}\r\n")
        assert result.dialect.line_ends == "mixed"
        assert result.rows["genre"].to_list() == ["acoustic", "acoustic"]

    def test_everything_quoted(self, tmp_path):
        result = read(tmp_path, csv_text(QUOTED, quoting=csv.QUOTE_ALL))
        assert result.rows["popularity"].to_list() == [73, 73]

    def test_no_quotes_at_all(self, tmp_path):
        assert read_rows(tmp_path, tracks_dataset_row(1)).dialect.quoting == "none"

    def test_embedded_newlines_and_rows_counted_as_rows(self, tmp_path):
        result = read_rows(
            tmp_path,
            tracks_dataset_row(1, track_name="one\ntwo\n\nthree", album_name="a\r\nb"),
            tracks_dataset_row(2),
        )
        assert result.rows["track_name"].to_list() == ["one\ntwo\n\nthree", "Track 2"]
        assert result.rows["album_name"][0] == "a\r\nb"
        assert result.rows["source_row"].to_list() == [1, 2]

    def test_backslash_escaped_quotes(self, tmp_path):
        names = [r"\"Heroes\" - 2017 Remaster", r"12\" Mix, long", r"Say \"A\", \"B\""]
        rows = [tracks_dataset_row(n, track_name=f"@{n}@") for n in range(1, 5)]
        content = csv_text(rows)
        for number, name in enumerate(names, start=1):
            content = content.replace(f"@{number}@", f'"{name}"')
        result = read(tmp_path, content)
        assert result.dialect.quoting == "backslash"
        assert result.rejected.is_empty()
        assert result.rows["track_name"].to_list() == [
            '"Heroes" - 2017 Remaster',
            '12" Mix, long',
            'Say "A", "B"',
            "@4@",
        ]

    def test_a_backslash_that_escapes_nothing_is_kept(self, tmp_path):
        result = read_rows(tmp_path, tracks_dataset_row(1, track_name="C:\\, \\"), tracks_dataset_row(2))
        assert result.rows["track_name"].to_list() == ["C:\\, \\", "Track 2"]

    def test_quotes_inside_an_unquoted_field_are_text(self, tmp_path):
        content = csv_text([tracks_dataset_row(1, track_name="@"), tracks_dataset_row(2)]).replace(
            "@", '12" Mix'
        )
        result = read(tmp_path, content)
        assert result.rows["track_name"].to_list() == ['12" Mix', "Track 2"]

    def test_blank_lines_are_no_rows(self, tmp_path):
        header, first, second, _ = csv_text(QUOTED).split("\n")
        result = read(tmp_path, f"\n{header}\n\n{first}\n\r\n{second}\n\n\n")
        assert result.rows["source_row"].to_list() == [1, 2]
        assert result.rejected.is_empty()


FIVE = [tracks_dataset_row(n) for n in range(1, 6)]


class TestBrokenRows:
    def broken(self, tmp_path: Path, number: int, line: str) -> CatalogueRead:
        lines = csv_text(FIVE).split("\n")
        lines[number] = line
        return read(tmp_path, "\n".join(lines))

    @pytest.mark.parametrize(
        ("line", "detail"),
        [
            ("1,2,3", "3 fields instead of 21"),
            ("x" + "," * 25, "26 fields instead of 21"),
            ("just words", "1 fields instead of 21"),
            ('9,"never closed' + "," * 19, "2 fields instead of 21"),
        ],
    )
    def test_a_row_of_another_width_costs_only_itself(self, tmp_path, line, detail):
        result = self.broken(tmp_path, 3, line)
        assert result.rows["source_row"].to_list() == [1, 2, 4, 5]
        assert result.rejected.select("source_row", "reason", "detail").rows() == [
            (3, "malformed_row", detail)
        ]
        assert json.loads(result.rejected["original"][0]) == {"text": line}

    def test_an_unclosed_quote_does_not_swallow_a_later_quoted_row(self, tmp_path):
        lines = csv_text([*FIVE, tracks_dataset_row(6, artists='"Weird Al", Jr.')]).split("\n")
        lines[2] = lines[2].replace("Track 2", '"Track 2')
        result = read(tmp_path, "\n".join(lines))
        assert reasons(result) == {2: "malformed_row"}
        assert result.rows["artists"][-1] == '"Weird Al", Jr.'

    @pytest.mark.parametrize("cut", [5, 30, 60, 120])
    def test_a_file_cut_in_the_middle_of_a_row(self, tmp_path, cut):
        whole = csv_text(FIVE)
        start = whole.rstrip("\n").rindex("\n") + 1
        result = read(tmp_path, whole[: start + cut])
        assert result.rows["source_row"].to_list() == [1, 2, 3, 4]
        assert reasons(result) == {5: "truncated_row"}
        assert "the file ends in the middle of a row" in result.rejected["detail"][0]

    def test_a_file_cut_inside_quotes(self, tmp_path):
        whole = csv_text([*FIVE, tracks_dataset_row(6, artists="A, B", track_name='say "x"')])
        result = read(tmp_path, whole[: whole.index("A, B") + 2])
        assert reasons(result) == {6: "truncated_row"}

    def test_a_file_cut_inside_a_character(self, tmp_path):
        whole = csv_text([*FIVE, tracks_dataset_row(6, track_genre="são")]).encode()
        cut = whole[: whole.index("ã".encode()) + 1]
        result = read(tmp_path, cut)
        assert reasons(result) == {6: "truncated_row"}
        assert result.rows.height == 5

    def test_a_last_row_without_a_line_end_is_whole(self, tmp_path):
        assert read(tmp_path, csv_text(FIVE).rstrip("\n")).rows.height == 5

    def test_empty_values_at_the_end_are_no_missing_fields(self, tmp_path):
        result = read_rows(tmp_path, tracks_dataset_row(1, track_genre="", time_signature=""))
        assert result.rows.select("time_signature", "genre").row(0) == (None, None)


GIT_LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 20120000\n"


class TestFilesThatAreNone:
    @pytest.mark.parametrize(
        ("content", "said", "advised"),
        [
            (b"", "empty", "again"),
            (b" \r\n\n", "empty", "again"),
            (GIT_LFS, "Git LFS pointer", "git lfs pull"),
            (b"\x89PNG\r\n\x1a\n" + bytes(20), "PNG", "CSV"),
            (b"PK\x03\x04" + bytes(30), "zip", "Unpack"),
            (b"\x1f\x8b\x08" + bytes(30), "gzip", "gunzip"),
            (b"PAR1" + bytes(30), "Parquet", "CSV"),
            (b'  [{"ts": "2024-01-01T00:00:00Z"}]', "JSON", "CSV"),
            (b'{"track_id": 1}', "JSON", "CSV"),
            (b"<!DOCTYPE html><html>", "web page", "Download"),
            (b"abc\x00\x01\x02,def\n" * 9, "binary", "CSV"),
            (b"\x00\x05\x16\x07" + bytes(80), "macOS companion", "._"),
        ],
    )
    def test_what_it_is_and_what_to_do(self, tmp_path, content, said, advised):
        message = refusal(tmp_path, content)
        assert said in message
        assert advised in message

    def test_a_macos_companion_by_its_name(self, tmp_path):
        message = refusal(tmp_path, b"Mac OS X        ", name="._tracks.csv")
        assert "macOS companion" in message
        assert "Hand in tracks.csv instead" in message

    def test_no_track_id_column(self, tmp_path):
        message = refusal(tmp_path, b"song,artist_name,streams\nA,B,1\n")
        assert "no column for track_id" in message
        assert "song, artist_name, streams" in message
        assert "spotify_track_id" in message

    def test_a_list_of_artists_is_no_catalogue(self, tmp_path):
        message = refusal(tmp_path, b"id,followers,genres,name,popularity\n0DheY5irMjBUeLybbCUEZ2,0,[],X,0\n")
        assert "no column for artists" in message

    def test_a_file_without_a_header(self, tmp_path):
        rows = csv_text([tracks_dataset_row(1)]).split("\n", 1)[1]
        assert "no column for track_id" in refusal(tmp_path, rows.encode())

    @pytest.mark.parametrize("end", ["", "\n", "\r\n\r\n"])
    def test_a_header_alone(self, tmp_path, end):
        header = ",".join(tracks_dataset_row(1)) + end
        assert "a header but no rows" in refusal(tmp_path, header.encode())

    def test_very_many_columns_are_not_all_named(self, tmp_path):
        message = refusal(tmp_path, ",".join(f"c{n}" for n in range(500)).encode() + b"\n")
        assert "c29 and 470 more" in message
        assert "c30" not in message

    def test_a_missing_file(self, tmp_path):
        with pytest.raises(SourceError, match=r"^nowhere\.csv: there is no such file"):
            read_catalogue(tmp_path / "nowhere.csv")

    @pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
    def test_a_file_that_may_not_be_read(self, tmp_path):
        path = write_csv(tmp_path / "tracks.csv", [tracks_dataset_row(1)])
        path.chmod(0)
        with pytest.raises(SourceError, match="may not be read"):
            read_catalogue(path)

    @pytest.mark.parametrize(
        ("error", "said"),
        [(PermissionError(13, "no"), "may not be read"), (OSError(5, "I/O error"), "I/O error")],
    )
    def test_what_the_operating_system_refuses(self, tmp_path, monkeypatch, error, said):
        path = write_csv(tmp_path / "tracks.csv", [tracks_dataset_row(1)])

        def fail(_: Path) -> bytes:
            raise error

        monkeypatch.setattr(Path, "read_bytes", fail)
        with pytest.raises(SourceError, match=said):
            read_catalogue(path)


class TestFolders:
    def spark_folder(self, tmp_path: Path) -> Path:
        folder = tmp_path / "tracks.csv"
        folder.mkdir()
        write_csv(folder / "part-00000-abc.csv", [tracks_dataset_row(1), tracks_dataset_row(2)])
        write_csv(folder / "part-00001-abc.csv", [tracks_dataset_row(3, track_id=""), tracks_dataset_row(4)])
        (folder / "part-00002-abc.csv").touch()
        (folder / "_SUCCESS").touch()
        (folder / ".part-00000-abc.csv.crc").write_bytes(b"crc\x00")
        (folder / "._part-00000-abc.csv").write_bytes(b"\x00\x05\x16\x07")
        return folder

    def test_the_part_files_of_spark_are_one_file(self, tmp_path):
        result = read_catalogue(self.spark_folder(tmp_path))
        assert result.rows_in == 4
        assert result.rows["source_row"].to_list() == [1, 2, 4]
        assert reasons(result) == {3: "missing_track_id"}
        assert result.rows["source_file"].unique().to_list() == [f"tracks.csv@{result.sha256[:12]}"]
        assert result.dialect.parts == 2

    def test_a_folder_that_may_not_be_read(self, tmp_path, monkeypatch):
        def fail(_: Path) -> list[Path]:
            raise PermissionError(13, "no")

        monkeypatch.setattr(Path, "iterdir", fail)
        with pytest.raises(SourceError, match="may not be read"):
            read_catalogue(tmp_path)

    def test_a_folder_without_parts(self, tmp_path):
        (tmp_path / "tracks.csv").mkdir()
        with pytest.raises(SourceError, match="no part files"):
            read_catalogue(tmp_path / "tracks.csv")


def test_the_same_bytes_have_the_same_digest_whatever_their_name(tmp_path):
    one = write_csv(tmp_path / "a.csv", [tracks_dataset_row(1)])
    other = write_csv(tmp_path / "b.csv", [tracks_dataset_row(1)])
    assert read_catalogue(one).sha256 == read_catalogue(other).sha256


def test_the_original_is_only_read(tmp_path):
    path = write_csv(tmp_path / "tracks.csv", [tracks_dataset_row(1)])
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    read_catalogue(path)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_dialect_is_plain_json(tmp_path):
    dialect = read_rows(tmp_path, tracks_dataset_row(1)).dialect.as_dict()
    assert json.loads(json.dumps(dialect)) == dialect
    assert pl.Series([dialect]).len() == 1


def test_values_that_do_not_parse_may_lie_far_apart(tmp_path):
    rows = [tracks_600k_row(n, **({"artists": "['A', 1]"} if n in (5, 2_995) else {})) for n in range(3_000)]
    result = read_catalogue(write_csv(tmp_path / "tracks.csv", rows))
    assert result.rejected["detail"].to_list() == ["artists is '['A', 1]', not a list of names"] * 2
