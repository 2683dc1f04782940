"""The marts' numbers against the same numbers computed with Polars from the source rows."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.dbt.judging import failing
from tests.dbt.warehouse import (
    LOCAL_TRACK_KEY,
    OUTSIDE_TRACK,
    DbtWarehouse,
    events_frame,
    playbacks,
    track_id,
)

GENRES = {
    track_id(1): ("pop", "rock"),
    track_id(2): ("jazz", "soul"),
    track_id(3): ("folk", "pop", "rock"),
}
"""Genres of the played tracks in the newest snapshot that has each; the others have none."""

COUNTS = ("plays", "streams", "skips", "unknowns")


@pytest.fixture(scope="module")
def events() -> pl.DataFrame:
    return events_frame()


def with_rate(totals: pl.DataFrame, prefix: str = "") -> pl.DataFrame:
    skips, plays, unknowns = (pl.col(f"{prefix}{name}") for name in ("skips", "plays", "unknowns"))
    known = plays - unknowns
    return totals.with_columns(skip_rate=pl.when(known > 1e-9).then(skips / known))


def assert_same(found: pl.DataFrame, expected: pl.DataFrame, key: list[str]) -> None:
    """Same rows, columns and values, whatever the order and the width of the integers."""
    assert_frame_equal(
        found.sort(key), expected.sort(key), check_column_order=False, check_dtypes=False, rel_tol=1e-12
    )


def test_daily_aggregates(built, events):
    expected = (
        playbacks(events)
        .group_by("event_date")
        .agg(
            pl.col(*COUNTS, "completes", "abandons", "ms_played").sum(),
            skipped_streams=(pl.col("is_stream") & (pl.col("outcome") == "skip")).sum(),
            listeners=pl.col("user_id").n_unique(),
            tracks=pl.col("track_key").drop_nulls().n_unique(),
        )
    )
    assert_same(built.query("from marts.daily_aggregates"), with_rate(expected), ["event_date"])


def test_daily_artist_metrics(built, events):
    artists = {
        track_id(1): "Ada",
        track_id(2): "Ben",
        track_id(3): "Ben",
        track_id(4): "Cleo",
        OUTSIDE_TRACK: "Eve",
        LOCAL_TRACK_KEY: "Finn",
    }
    names = pl.col("track_key").replace_strict(artists, default="Unknown artist", return_dtype=pl.String)
    expected = (
        playbacks(events)
        .with_columns(artist_name=names)
        .group_by("event_date", "artist_name")
        .agg(pl.col(*COUNTS, "ms_played").sum(), listeners=pl.col("user_id").n_unique())
    )
    found = built.query("from marts.daily_artist_metrics").drop("artist_id")
    assert_same(found, with_rate(expected), ["event_date", "artist_name"])


def by_genre(events: pl.DataFrame) -> pl.DataFrame:
    """One row per music playback and genre, its counts shared equally among the genres."""
    genres = pl.DataFrame(
        {"track_id": list(GENRES), "genre": [list(g) for g in GENRES.values()]},
        schema={"track_id": pl.String, "genre": pl.List(pl.String)},
    ).with_columns(share=1 / pl.col("genre").list.len())
    return (
        playbacks(events)
        .join(genres, on="track_id", how="left")
        .with_columns(
            pl.col("genre").fill_null(pl.lit(["unknown"], pl.List(pl.String))),
            pl.col("share").fill_null(1.0),
        )
        .explode("genre")
        .with_columns((pl.col(*COUNTS, "ms_played") * pl.col("share")).name.prefix("weighted_"))
    )


def test_daily_genre_metrics(built, events):
    expected = (
        by_genre(events)
        .group_by("event_date", "genre")
        .agg(pl.col("^weighted_.*$").sum(), listeners=pl.col("user_id").n_unique())
    )
    assert_same(
        built.query("from marts.daily_genre_metrics"),
        with_rate(expected, "weighted_"),
        ["event_date", "genre"],
    )


def test_genre_skip_rates(built, events):
    weighted = [f"weighted_{count}" for count in COUNTS]
    expected = (
        by_genre(events)
        .group_by("genre")
        .agg(
            pl.col(weighted).sum(),
            first_event_date=pl.col("event_date").min(),
            last_event_date=pl.col("event_date").max(),
        )
    )
    found = built.query("from marts.genre_skip_rates").drop("stream_share")
    assert_same(found, with_rate(expected, "weighted_"), ["genre"])


def test_staging_views_work_in_a_copy_of_another_name(built, tmp_path):
    path = tmp_path / "serving.duckdb"
    path.write_bytes(built.path.read_bytes())
    copy = DbtWarehouse(path, built.target_path)
    found = copy.query("select count(*) from staging.stg_listening_events").item()
    assert found == events_frame().height


def test_planted_faults_are_found(copy_of_built, tests_of_marts):
    """Each generic test of the project fails on the fault that it is there for."""
    for statement in (
        "delete from marts.fact_listens where event_id = ("
        "select min(event_id) from marts.fact_listens where is_music and track_id <> 'unknown')",
        "update marts.daily_aggregates set skip_rate = 1.5",
        f"update marts.bridge_track_genre set weight = 0.4 where track_id = '{track_id(1)}'",
        "insert into marts.bridge_track_artist select * from marts.bridge_track_artist limit 1",
        "update marts.fact_listening_hours set ms_listened = ms_listened + 3_600_000 where local_hour = 5",
        "update marts.dim_track_history set valid_to = valid_to + 1",
        "update marts.genre_skip_rates set weighted_plays = weighted_plays + 1 where genre = 'pop'",
    ):
        copy_of_built.execute(statement)
    assert failing(copy_of_built, tests_of_marts) >= {
        "fact_listens_has_every_playback",
        "fact_listens_agrees_with_daily_track_metrics",
        "daily_aggregates_has_every_music_playback",
        "bridge_track_genre_has_every_genre_of_a_track",
        "unique_together_bridge_track_artist_track_id__artist_id",
        "within_an_hour_fact_listening_hours_ms_listened",
        "versions_follow_each_other_dim_track_history_track_id",
        "genre_skip_rates_add_up_to_the_days",
    }
