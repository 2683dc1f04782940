"""The marts' numbers against the same numbers computed with Polars from the source rows."""

from datetime import timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from spotify_assets.transforms.tracks import artist_id
from tests.dbt.warehouse import (
    NAMELESS_TRACK,
    NEW_SNAPSHOT,
    OLD_SNAPSHOT,
    OUTSIDE_TRACK,
    DbtWarehouse,
    events_frame,
    playbacks,
    problems,
    track_id,
)

GENRES = {
    track_id(1): ("pop", "rock"),
    track_id(2): ("jazz", "soul"),
    track_id(3): ("folk", "pop", "rock"),
}
"""Genres of the played tracks in the newest snapshot that has each; the others have none."""

COUNTS = ("plays", "streams", "skips")


@pytest.fixture(scope="module")
def events() -> pl.DataFrame:
    return events_frame()


def with_rate(totals: pl.DataFrame, skips: str = "skips", plays: str = "plays") -> pl.DataFrame:
    return totals.with_columns(skip_rate=pl.col(skips) / pl.col(plays))


def assert_same(found: pl.DataFrame, expected: pl.DataFrame, key: list[str]) -> None:
    """Same rows, columns and values, whatever the order and the width of the integers."""
    assert_frame_equal(
        found.sort(key), expected.sort(key), check_column_order=False, check_dtypes=False, rel_tol=1e-12
    )


def test_dim_track_has_each_track_as_its_newest_snapshot_describes_it(built):
    found = built.query(
        "select track_id, track_name, popularity, is_in_catalogue, first_snapshot_date, last_snapshot_date "
        "from marts.dim_track order by track_id"
    ).rows()
    assert found == [
        (track_id(1), "First", 80, True, OLD_SNAPSHOT, NEW_SNAPSHOT),
        (track_id(2), "Withdrawn", 20, True, OLD_SNAPSHOT, OLD_SNAPSHOT),
        (track_id(3), "Trio", 90, True, NEW_SNAPSHOT, NEW_SNAPSHOT),
        (track_id(4), "Without genre", None, True, NEW_SNAPSHOT, NEW_SNAPSHOT),
        (track_id(5), "Never played", 50, True, NEW_SNAPSHOT, NEW_SNAPSHOT),
        (OUTSIDE_TRACK, "Outside (live)", None, False, None, None),
        (NAMELESS_TRACK, "Unknown track", None, False, None, None),
        ("unknown", "Unknown track", None, False, None, None),
    ]


def test_dim_artist_has_the_artists_of_snapshots_and_of_events(built):
    found = built.query("select artist_name, artist_id, track_count, is_in_catalogue from marts.dim_artist")
    rows = {name: tuple(rest) for name, *rest in found.iter_rows()}
    assert rows.keys() == {"Ada", "Ben", "Cleo", "Dora", "Eve", "Unknown artist"}
    assert rows["Ada"] == (artist_id("Ada"), 1, True)
    assert rows["Unknown artist"] == ("unknown", 0, False)
    assert rows["Eve"] == (artist_id("Eve"), 0, False)


def test_bridge_track_artist_credits_an_artist_once_per_track(built):
    found = built.query(
        "select artist_name, position from marts.bridge_track_artist join marts.dim_artist using (artist_id) "
        f"where track_id = '{track_id(3)}' order by position"
    )
    assert found.rows() == [("Ben", 1), ("Cleo", 2)]


def test_fact_listens_has_one_row_per_playback(built, events):
    found = built.query("select event_id, track_id, ms_played, is_skip, is_music from marts.fact_listens")
    expected = events.filter(pl.col("action").is_in(["play", "skip"])).select(
        "event_id",
        pl.col("track_id").fill_null("unknown"),
        "ms_played",
        is_skip=pl.col("outcome") == "skip",
        is_music=pl.col("content_type") == "music",
    )
    assert_same(found, expected, ["event_id"])


def test_daily_aggregates(built, events):
    expected = (
        playbacks(events)
        .group_by("event_date")
        .agg(
            pl.col(*COUNTS, "completes", "abandons", "ms_played").sum(),
            skipped_streams=(pl.col("is_stream") & (pl.col("outcome") == "skip")).sum(),
            listeners=pl.col("user_id").n_unique(),
            tracks=pl.col("track_id").drop_nulls().n_unique(),
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
    }
    names = pl.col("track_id").replace_strict(artists, default="Unknown artist", return_dtype=pl.String)
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
        with_rate(expected, "weighted_skips", "weighted_plays"),
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
    found = built.query("from marts.genre_skip_rates")
    assert_same(found, with_rate(expected, "weighted_skips", "weighted_plays"), ["genre"])


def test_track_skip_rates(built, events):
    expected = (
        playbacks(events)
        .with_columns(pl.col("track_id").fill_null("unknown"))
        .group_by("track_id")
        .agg(
            pl.col(*COUNTS, "ms_played").sum(),
            listeners=pl.col("user_id").n_unique(),
            first_event_date=pl.col("event_date").min(),
            last_event_date=pl.col("event_date").max(),
        )
    )
    found = built.query("from marts.track_skip_rates").drop(
        "track_name", "primary_artist_id", "primary_artist_name", "popularity"
    )
    assert_same(found, with_rate(expected), ["track_id"])


@pytest.fixture(scope="module")
def analyses(built) -> dict[str, pl.DataFrame]:
    """The result of each file in `analyses/`."""
    result = built.dbt("compile", "--select", "resource_type:analysis")
    assert result.success, problems(result)
    folder = built.target_path / "compiled" / "listening" / "analyses"
    return {path.stem: built.query(path.read_text(encoding="utf-8")) for path in folder.glob("*.sql")}


def test_top_tracks_are_ranked_by_streams_of_the_newest_seven_days(analyses, events):
    newest = events["event_date"].max()
    expected = (
        playbacks(events)
        .filter(pl.col("event_date") > newest - timedelta(days=7))
        .drop_nulls("track_id")
        .group_by("track_id")
        .agg(pl.col("streams", "plays").sum())
        .sort(["streams", "plays", "track_id"], descending=[True, True, False])
    )
    found = analyses["top_tracks_past_7_days"]
    assert found["rank"].to_list() == list(range(1, expected.height + 1))
    assert_frame_equal(found.select("track_id", "streams", "plays"), expected, check_dtypes=False)


def test_skip_rate_by_genre_has_its_interval(analyses):
    found = analyses["skip_rate_by_genre"]
    assert set(found["genre"]) >= {"pop", "unknown"}
    assert found["skip_rate"].is_sorted(descending=True)
    assert found.select((pl.col("skip_rate_low") < pl.col("skip_rate")).all()).item()
    assert found.select((pl.col("skip_rate") < pl.col("skip_rate_high")).all()).item()


def test_high_skip_high_popularity_has_tracks_of_the_top_quarters(analyses, built):
    judged = built.query("from marts.track_skip_rates where plays >= 20 and popularity is not null")
    expected = judged.filter(
        pl.col("skip_rate") >= pl.col("skip_rate").quantile(0.75, "linear"),
        pl.col("popularity") >= pl.col("popularity").quantile(0.75, "linear"),
    )
    assert set(analyses["high_skip_high_popularity"]["track_id"]) == set(expected["track_id"])


def test_staging_views_work_in_a_copy_of_another_name(built, tmp_path):
    path = tmp_path / "serving.duckdb"
    path.write_bytes(built.path.read_bytes())
    copy = DbtWarehouse(path, built.target_path)
    found = copy.query("select count(*) from staging.stg_listening_events").item()
    assert found == events_frame().height


def test_planted_faults_are_found(copy_of_built):
    """Each generic test of the project fails on the fault that it is there for."""
    for statement in (
        "delete from marts.fact_listens where event_id = ("
        "select min(event_id) from marts.fact_listens where is_music and track_id <> 'unknown')",
        "update marts.daily_aggregates set skip_rate = 1.5",
        f"update marts.bridge_track_genre set weight = 0.4 where track_id = '{track_id(1)}'",
        "insert into marts.bridge_track_artist select * from marts.bridge_track_artist limit 1",
        "update marts.daily_genre_metrics set weighted_plays = weighted_plays + 1 where genre = 'pop'",
    ):
        copy_of_built.execute(statement)
    result = copy_of_built.dbt("test", "--select", "test_type:data")
    failed = {run.node.name for run in result.result if run.status in ("fail", "warn")}
    assert failed == {
        "fact_listens_has_every_playback",
        "fact_listens_agrees_with_daily_track_metrics",
        "daily_aggregates_has_every_music_playback",
        "is_rate_daily_aggregates_skip_rate",
        "sums_to_bridge_track_genre_weight__track_id",
        "unique_together_bridge_track_artist_track_id__artist_id",
        "parts_sum_to_whole_daily_genre_metrics_event_date__weighted_plays__ref_daily_aggregates___plays",
    }
