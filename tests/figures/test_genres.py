"""Genres against playbacks that are split over the genres of their track."""

from dataclasses import replace

import polars as pl
import pytest

from spotify_assets.figures import genres
from spotify_assets.figures.view import Filters
from tests.dbt.test_kpis import UNKNOWN
from tests.figures.recount import FEBRUARY, LONG, within
from tests.figures.recount import genres as genres_of_tracks


def split(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per playback and genre, with its weight; tracks without a genre count for `unknown`."""
    return rows.join(genres_of_tracks(), on="track", how="left").with_columns(
        genre=pl.col("genre").fill_null(UNKNOWN), weight=pl.col("weight").fill_null(1.0)
    )


def expected(rows: pl.DataFrame) -> dict[str, tuple[float, float, float, float]]:
    weight = pl.col("weight")
    counted = (
        split(rows)
        .group_by("genre")
        .agg(
            weight.sum().alias("plays"),
            (weight * pl.col("is_stream")).sum().alias("streams"),
            ((weight * pl.col("is_skip")).sum() / weight.sum()).alias("skip_rate"),
            ((weight * pl.col("ms_played")).sum() / 60_000).alias("minutes"),
        )
    )
    return {row[0]: row[1:] for row in counted.iter_rows()}


@pytest.mark.parametrize("period", [FEBRUARY, LONG], ids=str)
def test_genres_have_their_weight_of_every_playback(connection, period):
    found = genres.by_genre(connection, Filters(period))
    wanted = expected(within(period))

    assert set(found["genre"]) == set(wanted)
    for row in found.iter_rows(named=True):
        numbers = (row["plays"], row["streams"], row["skip_rate"], row["minutes"])
        assert numbers == pytest.approx(wanted[row["genre"]]), row["genre"]
    assert found["plays"].sum() == pytest.approx(within(period).height)
    assert found["stream_share"].sum() == pytest.approx(1)


def test_the_compared_period_stands_beside(connection):
    filters = Filters(LONG, compared=FEBRUARY)
    found = genres.by_genre(connection, filters)
    alone = dict(genres.by_genre(connection, Filters(FEBRUARY)).select("genre", "stream_share").iter_rows())
    assert dict(found.select("genre", "previous_share").iter_rows()) == {
        genre: pytest.approx(alone[genre]) if genre in alone else None for genre in found["genre"]
    }


def test_shares_over_time_are_of_all_genres_of_the_week(connection):
    names = tuple(genres.by_genre(connection, Filters(FEBRUARY)).head(3)["genre"])
    found = genres.shares_over_time(connection, Filters(FEBRUARY), names)

    weekly = (
        split(within(FEBRUARY).filter("is_stream"))
        .with_columns(step=pl.col("event_date").dt.truncate("1w"))
        .group_by("step", "genre")
        .agg(pl.col("weight").sum())
        .with_columns(share=pl.col("weight") / pl.col("weight").sum().over("step"))
        .filter(pl.col("genre").is_in(names))
    )
    wanted = {(row[0], row[1]): row[3] for row in weekly.select("step", "genre", "weight", "share").rows()}
    got = {(row[0], row[1]): row[2] for row in found.rows()}
    assert got == pytest.approx(wanted)


def test_a_genre_filter_keeps_whole_tracks(connection):
    genre = genres.by_genre(connection, Filters(FEBRUARY))["genre"][0]
    found = genres.by_genre(connection, replace(Filters(FEBRUARY), genre=genre))
    with_genre = genres_of_tracks().filter(pl.col("genre") == genre)["track"]
    assert found["plays"].sum() == pytest.approx(
        within(FEBRUARY).filter(pl.col("track").is_in(with_genre.to_list())).height
    )


def test_a_rate_of_few_plays_has_no_rank():
    rows = pl.DataFrame(
        {
            "genre": ["rock", "pop", "rare", "new", "mute"],
            "plays": [500.0, 20.0, 19.5, 90.0, 40.0],
            "skip_rate": [0.2, 0.5, 1.0, 0.5, None],
            "previous_plays": [400.0, 3.0, 100.0, None, 50.0],
            "previous_skip_rate": [0.1, 1.0, 0.3, None, None],
        }
    )
    found = genres.most_skipped(rows)
    assert found["genre"].to_list() == ["new", "pop", "rock", "mute"]
    assert found["previous_skip_rate"].to_list() == [None, None, 0.1, None]
