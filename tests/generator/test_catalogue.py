"""The synthetic catalogue has the shape and the oddities of the real export."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotify_assets.generator.catalogue import MIN_TRACKS, generate_catalogue, write_catalogue
from spotify_assets.lake import layout
from spotify_assets.sources.landed import read_landed
from spotify_assets.tables import AUDIO_FEATURES, RAW_TRACKS, TRACKS
from tests.examples import examples


@pytest.fixture(scope="module")
def catalogue() -> pl.DataFrame:
    return generate_catalogue(3_000, seed=7)


@examples(10)
@given(tracks=st.integers(MIN_TRACKS, 200), seed=st.integers(0, 2**31))
def test_same_seed_gives_the_same_catalogue_with_every_oddity(tracks, seed):
    frame = generate_catalogue(tracks, seed=seed)
    assert frame.equals(generate_catalogue(tracks, seed=seed))
    assert frame["track_id"].n_unique() == tracks
    assert frame["track_id"].str.contains("^[0-9A-Za-z]{22}$").all()
    assert frame["source_row"].to_list() == list(range(1, frame.height + 1))
    assert frame.filter(pl.col("track_name").is_null()).height == 1
    assert frame.filter(pl.col("tempo") == 0).height >= 1
    per_track = frame.group_by("track_id").agg(
        pl.len(), pl.col("popularity").n_unique().alias("popularities")
    )
    assert per_track.filter((pl.col("len") > 1) & (pl.col("popularities") > 1)).height >= 1


def test_another_seed_gives_other_tracks(catalogue):
    other = generate_catalogue(3_000, seed=8)
    assert catalogue.join(other, on="track_id").is_empty()


def test_columns_are_those_of_raw_tracks_without_where_it_landed(catalogue):
    schema = dict(RAW_TRACKS.polars_schema)
    del schema["snapshot_date"], schema["source_file"]
    assert dict(catalogue.schema) == schema


def test_one_row_has_no_name_artists_album_and_length(catalogue):
    nameless = catalogue.filter(pl.col("track_name").is_null())
    assert nameless.select("artists", "album_name", "duration_ms").rows() == [(None, None, 0)]


def test_tracks_repeat_once_per_genre(catalogue):
    genres = catalogue.group_by("track_id").agg(pl.col("genre").n_unique())
    assert set(genres["genre"]) == {1, 2, 3}


def test_a_few_rows_are_there_twice_genre_and_all(catalogue):
    again = catalogue.height - catalogue.select("track_id", "genre").n_unique()
    assert again == catalogue.height - catalogue.drop("source_row").n_unique()
    assert 0 < again < 0.01 * catalogue.height


def test_audio_features_agree_between_the_rows_of_a_track(catalogue):
    distinct = catalogue.group_by("track_id").agg(pl.col(AUDIO_FEATURES).n_unique())
    assert (distinct.select(pl.max_horizontal(AUDIO_FEATURES)).to_series() == 1).all()


def test_artists_are_separated_by_semicolons_and_some_names_hold_commas(catalogue):
    artists = catalogue["artists"].drop_nulls()
    assert 0.2 < artists.str.contains(";").mean() < 0.3
    assert artists.str.contains(", ").any()
    assert not artists.str.split(";").list.eval(pl.element() == "").list.any().any()


def test_values_lie_in_the_ranges_of_clean_tracks_but_for_the_known_oddities(catalogue):
    for column in TRACKS.columns:
        if column.name in ("popularity", *AUDIO_FEATURES):
            values = catalogue[column.name]
            if column.name in ("tempo", "time_signature"):
                values = values.filter(values != 0)
            assert values.is_between(column.minimum, column.maximum).all(), column.name


def test_audio_features_correlate_as_in_the_real_export(catalogue):
    correlation = catalogue.select(
        pl.corr("energy", "loudness", method="spearman").alias("loud"),
        pl.corr("energy", "acousticness", method="spearman").alias("acoustic"),
        pl.corr("danceability", "valence", method="spearman").alias("happy"),
    ).row(0, named=True)
    assert 0.6 < correlation["loud"] < 0.9
    assert -0.85 < correlation["acoustic"] < -0.55
    assert 0.3 < correlation["happy"] < 0.6


def test_popularity_is_mostly_low_with_a_long_tail(catalogue):
    popularity = catalogue["popularity"]
    assert 0.08 < (popularity == 0).mean() < 0.2
    assert popularity.median() < 40
    assert popularity.max() > 90


def test_too_few_tracks_for_the_oddities_are_refused():
    with pytest.raises(ValueError, match="at least 20 tracks"):
        generate_catalogue(MIN_TRACKS - 1, seed=1)


def test_written_snapshot_is_read_back_by_the_lake(tmp_path: Path):
    frame = generate_catalogue(50, seed=3)
    path = write_catalogue(tmp_path, frame, date(2026, 1, 2), 3)
    assert path.parent == layout.tracks_dir(tmp_path, date(2026, 1, 2))
    assert pl.read_parquet(path, hive_partitioning=False).schema == RAW_TRACKS.polars_schema
    landed = read_landed([path], RAW_TRACKS, tmp_path)
    assert landed.rejected.is_empty()
    assert landed.rows["source_file"].unique().to_list() == ["synthetic-tracks@seed3"]
    assert landed.rows["snapshot_date"].unique().to_list() == [date(2026, 1, 2)]
    assert landed.rows.drop("snapshot_date", "source_file").equals(frame)
