"""Popularity and the catalogue, against core tables and playbacks counted one by one."""

from dataclasses import replace

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy.stats import spearmanr  # type: ignore[import-untyped]

from spotify_assets.figures import catalogue
from spotify_assets.figures.view import Filters, choices
from tests.dbt import test_kpis as kpis
from tests.dbt.generated import SNAPSHOTS, by_recording, newest
from tests.figures.recount import FEBRUARY, LONG, chosen, genres, within

VIEW = Filters(FEBRUARY)


def tracks() -> pl.DataFrame:
    """Every track of the catalogue as its newest snapshot has it."""
    return newest(kpis.core("tracks"), "track_id")


def popular() -> pl.DataFrame:
    """Tracks of every snapshot with a known popularity."""
    return kpis.core("tracks").drop_nulls("popularity")


@pytest.fixture(params=["nothing", "genre", "artist_id"])
def view(request: pytest.FixtureRequest, connection) -> Filters:
    offered = choices(connection)
    if request.param == "nothing":
        return VIEW
    return replace(VIEW, **{request.param: next(iter(getattr(offered, request.param)))})


def of_view(rows: pl.DataFrame, view: Filters, connection) -> pl.DataFrame:
    """Rows with `track_id` of the tracks that genre and artist choose."""
    if view.genre:
        listed = genres().filter(pl.col("genre") == view.genre)
        rows = rows.join(listed, left_on="track_id", right_on="track", how="semi")
    if view.artist_id:
        name = choices(connection).artist_id[view.artist_id]
        own = tracks().filter(pl.col("primary_artist_name") == name)
        rows = rows.join(own, on="track_id", how="semi")
    return rows


def test_mean_popularity_of_each_snapshot(connection):
    expected = (
        popular()
        .group_by("snapshot_date")
        .agg(tracks=pl.len(), mean_popularity=pl.col("popularity").mean())
        .sort("snapshot_date")
    )
    assert_frame_equal(catalogue.popularity_over_time(connection), expected, check_dtypes=False)


def test_distribution_has_every_track_of_a_snapshot_in_one_band(connection):
    found = catalogue.popularity_distribution(connection)
    bands = popular().with_columns(popularity_from=(pl.col("popularity") // 10).clip(upper_bound=9) * 10)
    expected = (
        bands.group_by("snapshot_date", "popularity_from")
        .len("tracks")
        .sort("snapshot_date", "popularity_from")
    )
    assert_frame_equal(found.select(expected.columns), expected, check_dtypes=False)
    shares = found.group_by("snapshot_date").agg(pl.col("track_share").sum())["track_share"]
    assert shares.to_list() == pytest.approx([1.0] * len(SNAPSHOTS))


def test_popularity_of_the_most_streamed_tracks(connection, view):
    found = catalogue.popularity_of_tracks(connection, view, 3)
    ranked = kpis.recording_totals().drop_nulls("track_rank").sort("track_rank")
    best = of_view(ranked, view, connection).head(3)
    listed = popular().select("track_id", "snapshot_date", "popularity")
    expected = (
        best.drop("popularity")
        .with_row_index("rank", 1)
        .join(listed, on="track_id")
        .sort("rank", "snapshot_date")
        .select("rank", "track_id", "snapshot_date", "popularity")
    )
    assert expected.height > 0
    assert_frame_equal(found.select(expected.columns), expected, check_dtypes=False)


def test_changes_are_those_between_the_last_two_snapshots_of_a_track(connection, view):
    found = catalogue.popularity_changes(connection, view, 5)
    before, after = (popular().filter(pl.col("snapshot_date") == day) for day in SNAPSHOTS)
    both = after.join(before, on="track_id", suffix="_before").with_columns(
        change=pl.col("popularity") - pl.col("popularity_before")
    )
    newest_of_recordings = (
        of_view(after, view, connection)
        .sort("popularity", "track_id", descending=[True, False])
        .unique(by_recording("track_id"), keep="first")
    )
    moved = both.join(newest_of_recordings, on="track_id", how="semi").filter(pl.col("change") != 0)
    rises = moved.filter(pl.col("change") > 0)["change"].sort(descending=True).head(5)
    falls = moved.filter(pl.col("change") < 0)["change"].sort().head(5)
    assert len(rises) + len(falls) > 0
    assert found["popularity_change"].to_list() == sorted([*rises, *falls], reverse=True)
    change = dict(moved.select("track_id", "change").iter_rows())
    for track, own in found.select("track_id", "popularity_change").iter_rows():
        assert change[track] == own


def test_length_and_popularity_of_the_catalogue(connection, view):
    known = of_view(tracks(), view, connection).drop_nulls("popularity")
    expected = (
        known.with_columns(
            seconds_from=((pl.col("duration_ms") // 30_000) * 30).clip(upper_bound=480),
            popularity_from=(pl.col("popularity") // 10).clip(upper_bound=9) * 10,
        )
        .group_by("seconds_from", "popularity_from")
        .len("tracks")
        .sort("seconds_from", "popularity_from")
    )
    found = catalogue.length_and_popularity(connection, view)
    assert found["tracks"].sum() == known.height > 0
    assert_frame_equal(found, expected, check_dtypes=False)


def test_correlation_is_spearmans(connection):
    known = tracks().drop_nulls("popularity")
    expected = spearmanr(known["duration_ms"], known["popularity"]).statistic
    assert catalogue.length_correlation(connection, VIEW) == pytest.approx(expected)


def test_correlation_of_one_track_is_unknown(connection):
    [artist, *_] = connection.execute(
        "select primary_artist_id from marts.dim_track where popularity is not null "
        "group by 1 having count(*) = 1 order by 1"
    ).fetchall()
    assert catalogue.length_correlation(connection, replace(VIEW, artist_id=artist[0])) is None


@pytest.mark.parametrize("period", [FEBRUARY, LONG])
def test_release_years_have_every_stream_once(connection, view, period):
    asked = replace(view, period=period)
    heard = chosen(asked).drop("track_id").rename({"track": "track_id"})
    rows = of_view(heard, replace(view, genre=None), connection)
    years = tracks().select("track_id", release_year=pl.col("release_date").dt.year())
    expected = (
        rows.join(years, on="track_id", how="left")
        .group_by("release_year")
        .agg(
            tracks=by_recording("track_id").n_unique(),
            plays=pl.len(),
            streams=pl.col("is_stream").sum(),
            skip_rate=pl.col("is_skip").mean(),
        )
        .sort("release_year", nulls_last=True)
    )
    found = catalogue.release_years(connection, asked)
    assert rows.height > 0
    assert_frame_equal(found.drop("stream_share"), expected, check_dtypes=False)
    assert found["stream_share"].sum() == pytest.approx(1)


def test_mainstream_middle_and_niche_are_all_there_is(connection):
    found = catalogue.mainstream_and_niche(connection)
    expected = kpis.monthly_taste().sort("event_month")
    assert_frame_equal(
        found.select("event_month", "streams", "mainstream_share", "niche_share"),
        expected.select("event_month", "streams", "mainstream_share", "niche_share"),
        check_dtypes=False,
    )
    whole = found.select(pl.sum_horizontal("mainstream_share", "middle_share", "niche_share")).to_series()
    assert whole.to_list() == pytest.approx([1.0] * found.height)
    assert found["middle_share"].min() >= 0  # type: ignore[operator]


def test_new_releases_are_ranked_by_their_score(connection):
    expected = kpis.new_release_trends()
    found = catalogue.new_releases(connection, VIEW, 10)
    best = expected.sort("trending_score", "recent_streams", "track_id", descending=[True, True, False]).head(
        10
    )
    assert found["track_id"].to_list() == best["track_id"].to_list()
    assert found["trending_score"].to_list() == pytest.approx(best["trending_score"].to_list())


def test_the_world_has_what_is_hard():
    assert tracks()["popularity"].null_count() > 0
    assert within(FEBRUARY).join(tracks(), left_on="track", right_on="track_id", how="anti").height > 0
