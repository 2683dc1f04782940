"""Tops, ranks and single tracks, artists and albums against playbacks counted one by one."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from spotify_assets.figures import content
from spotify_assets.figures.view import Filters, Period
from tests.dbt.generated import by_recording, core_tables, newest, standing_for
from tests.dbt.test_kpis import album_key, artist_key
from tests.figures.recount import FEBRUARY, LONG, within

EVERYTHING = 10_000
MARCH = Period(date(2025, 3, 1), date(2025, 3, 31))
"""A whole month: no day of it is read from playbacks."""


def owned(rows: pl.DataFrame) -> pl.DataFrame:
    """The playbacks with the id that each kind has for them; events name what the catalogue lacks."""
    tracks = newest(core_tables()["core.tracks"], "track_id").select(
        track="track_id", artist="primary_artist_name", album="album_name"
    )
    joined = rows.join(tracks, on="track", how="left").with_columns(
        artist=pl.coalesce("artist", "artist_name"), album=pl.coalesce("album", "album_name")
    )
    pairs = joined.select("artist", "album").rows()
    return joined.with_columns(
        tracks=by_recording("track"),
        artists=pl.Series([artist_key(artist) for artist, _ in pairs]),
        albums=pl.Series([album_key(artist_key(artist), album) for artist, album in pairs]),
    )


def counted(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    return (
        owned(rows)
        .group_by(id=kind)
        .agg(
            plays=pl.len().cast(pl.Int64),
            streams=pl.col("is_stream").sum().cast(pl.Int64),
            skip_rate=pl.col("is_skip").mean(),
            minutes=pl.col("ms_played").sum() / 60_000,
        )
        .filter(pl.col("id") != "unknown")
    )


@pytest.mark.parametrize("period", [FEBRUARY, LONG, MARCH], ids=str)
@pytest.mark.parametrize("kind", ["tracks", "artists", "albums"])
@pytest.mark.parametrize("by", ["streams", "minutes"])
def test_tops_count_and_order_all_that_was_heard(connection, period, kind, by):
    expected = counted(within(period), kind).sort(
        pl.col(by).round(6), "plays", "id", descending=[True, True, False]
    )
    found = content.tops(connection, Filters(period), kind, by, EVERYTHING)

    assert expected.height > 20
    assert found["rank"].to_list() == list(range(1, expected.height + 1))
    assert found["id"].to_list() == expected["id"].to_list()
    for column in ("plays", "streams", "skip_rate", "minutes"):
        assert found[column].to_list() == pytest.approx(expected[column].to_list()), column


def test_a_recording_has_the_names_of_the_track_that_stands_for_it(connection):
    names = dict(
        newest(core_tables()["core.tracks"], "track_id").select("track_id", "track_name").iter_rows()
    )
    found = content.tops(connection, Filters(LONG), "tracks", "streams", EVERYTHING)
    assert found["name"].to_list() == [names.get(track, "Demo") for track in found["id"]]
    assert len({track for track, shown in standing_for().items() if track != shown}) > 20


def test_tops_say_where_each_stood_in_the_compared_period(connection):
    filters = Filters(FEBRUARY, compared=MARCH)
    now = content.tops(connection, filters, "tracks", "streams", 20)
    then = content.tops(connection, Filters(MARCH), "tracks", "streams", EVERYTHING)
    ranks = dict(then.select("id", "rank").iter_rows())
    streams = dict(then.select("id", "streams").iter_rows())

    assert now["previous_rank"].to_list() == [ranks.get(one) for one in now["id"]]
    assert now["previous"].to_list() == [streams.get(one) for one in now["id"]]
    assert now["previous_rank"].drop_nulls().len() > 0


def test_a_listeners_tops_are_of_the_listener(connection):
    user = str(within(LONG)["user_id"].min())
    filters = replace(Filters(LONG), user_id=user)
    expected = counted(within(LONG).filter(pl.col("user_id") == user), "tracks")
    found = content.tops(connection, filters, "tracks", "streams", EVERYTHING)

    assert sorted(found.select("id", "plays").rows()) == sorted(expected.select("id", "plays").rows())


def test_ranks_by_week_are_among_all_that_was_heard_in_the_week(connection):
    first_week = Period(FEBRUARY.first, FEBRUARY.first + timedelta(days=6))
    assert FEBRUARY.first.isoweekday() == 1
    ids = tuple(content.tops(connection, Filters(FEBRUARY), "tracks", "streams", 5)["id"])

    found = content.ranks_over_time(connection, Filters(FEBRUARY), "tracks", "streams", ids)

    week = content.tops(connection, Filters(first_week), "tracks", "streams", EVERYTHING)
    expected = week.filter(pl.col("id").is_in(ids)).select("id", "rank", pl.col("streams").cast(pl.Float64))
    of_week = found.filter(pl.col("step") == FEBRUARY.first).select("id", "rank", "value")
    assert sorted(of_week.rows()) == sorted(expected.rows())
    assert found["step"].n_unique() == 4


def test_long_periods_are_ranked_by_month(connection):
    long = Period(date(2025, 1, 1), date(2025, 4, 30))
    ids = tuple(content.tops(connection, Filters(MARCH), "artists", "minutes", 3)["id"])

    found = content.ranks_over_time(connection, Filters(long), "artists", "minutes", ids)

    march = content.tops(connection, Filters(MARCH), "artists", "minutes", 3)
    of_march = found.filter(pl.col("step") == MARCH.first).sort("rank")
    assert of_march["id"].to_list() == list(ids)
    assert of_march["value"].to_list() == pytest.approx(march["minutes"].to_list())


@pytest.mark.parametrize("kind", ["tracks", "artists", "albums"])
def test_one_by_itself_has_its_days_and_its_tracks(connection, kind):
    top = content.tops(connection, Filters(FEBRUARY), kind, "streams", 1).row(0, named=True)
    mine = owned(within(FEBRUARY)).filter(pl.col(kind) == top["id"])

    days = content.one_by_day(connection, Filters(FEBRUARY), kind, top["id"])
    tracks = content.tracks_of(connection, Filters(FEBRUARY), kind, top["id"], EVERYTHING)

    assert days["plays"].sum() == tracks["plays"].sum() == mine.height
    assert days.height == FEBRUARY.days
    assert set(tracks["track_id"]) == {standing_for()[track] for track in mine["track"]}
    named = newest(core_tables()["core.tracks"], "track_id").select("track_id", "track_name")
    names = dict(named.iter_rows())
    assert tracks["name"].to_list() == [names.get(track, "Demo") for track in tracks["track_id"]]
    assert content.details(connection, kind, top["id"]).height == 1
    assert content.details(connection, kind, "no such id").is_empty()


def test_no_artist_has_more_than_five_top_tracks_and_they_are_in_order(connection):
    rows = content.rank_in_artist(connection, 10)
    assert rows["artist_rank"].is_sorted()
    for _, of_artist in rows.group_by("artist_rank"):
        assert of_artist["rank_in_artist"].to_list() == list(range(1, of_artist.height + 1))
        assert of_artist["streams"].is_sorted(descending=True)
        assert of_artist.height <= 5
