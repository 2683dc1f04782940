"""Counts that are gathered once answer as the playbacks themselves would."""

from dataclasses import replace

import duckdb
import polars as pl
import pytest

from spotify_assets.figures import gathered, overview, places, skips
from spotify_assets.figures.view import Filters, choices
from tests.dbt.generated import core_tables, newest
from tests.figures.recount import FEBRUARY, LONG, chosen, within

KINDS = ("user", "genre", "artist", "genre and country", "device")


def view_of(kind: str, connection: duckdb.DuckDBPyConnection) -> Filters:
    """Filters of a kind, of which some playbacks are left."""
    offered = choices(connection)
    everything = Filters(LONG)
    return {
        "user": replace(everything, user_id=str(within(FEBRUARY)["user_id"].max())),
        "genre": replace(everything, genre=next(iter(offered.genre))),
        "artist": replace(everything, artist_id=next(iter(offered.artist_id))),
        "genre and country": replace(everything, genre=next(iter(offered.genre)), country=_most("country")),
        "device": replace(everything, device=_most("device")),
    }[kind]


def _most(column: str) -> str:
    return str(within(LONG)[column].value_counts(sort=True)[column][0])


def recounted(filters: Filters) -> pl.DataFrame:
    """The playbacks that the filters let through, found without any mart."""
    rows = chosen(replace(filters, artist_id=None))
    if filters.artist_id:
        tracks = newest(core_tables()["core.tracks"], "track_id")
        theirs = tracks.filter(pl.col("primary_artist_id") == filters.artist_id)["track_id"]
        rows = rows.filter(pl.col("track").is_in(theirs.to_list()))
    assert rows.height
    return rows


def counts(rows: pl.DataFrame, *by: str) -> list[tuple[object, ...]]:
    """Plays, streams and skips by some columns, in order."""
    counted = rows.group_by(by).agg(
        plays=pl.len(), streams=pl.col("is_stream").sum(), skips=pl.col("is_skip").sum()
    )
    return sorted(counted.rows())


@pytest.mark.parametrize("kind", KINDS)
def test_days_are_those_of_the_playbacks(connection, kind):
    filters = view_of(kind, connection)
    found = overview.by_day(connection, filters).filter(pl.col("plays") > 0)
    wanted = counts(recounted(filters), "event_date")
    assert found.select("event_date", "plays", "streams", "skips").rows() == wanted
    minutes = recounted(filters)["ms_played"].sum() / overview.MS_PER_MINUTE
    assert found["minutes"].sum() == pytest.approx(minutes)


@pytest.mark.parametrize("kind", KINDS)
def test_places_hours_and_ways_are_those_of_the_playbacks(connection, kind):
    filters, rows = view_of(kind, connection), recounted(view_of(kind, connection))

    countries = places.by_country(connection, filters).select("country", "plays", "streams", "skips")
    assert sorted(countries.rows()) == counts(rows, "country")

    week = places.week(connection, filters).select("local_weekday", "local_hour", "plays", "streams", "skips")
    rows = rows.with_columns(weekday=pl.col("local_date").dt.weekday())
    assert week.rows() == counts(rows, "weekday", "local_hour")
    assert places.peaks(connection, filters)["plays"].sum() == rows.height

    positions = skips.by_dimension(connection, filters, "position")
    capped = rows.group_by(pl.min_horizontal("session_position", 21).cast(pl.String).str.zfill(2)).len()
    assert sorted(positions.select("value", "plays").rows()) == sorted(capped.rows())

    devices = skips.by_dimension(connection, filters, "device").select("value", "plays", "skips")
    assert sorted(devices.rows()) == sorted(rows.group_by("device").agg(pl.len(), pl.sum("is_skip")).rows())

    hours = skips.by_dimension(connection, filters, "hour")
    begun = rows.group_by(pl.col("local_hour").cast(pl.String).str.zfill(2)).len()
    assert sorted(hours.select("value", "plays").rows()) == sorted(begun.rows())


@pytest.mark.parametrize("kind", KINDS)
def test_the_curve_begins_with_every_play_whose_outcome_is_known(connection, kind):
    filters = view_of(kind, connection)
    known = recounted(filters).filter(pl.col("outcome") != "unknown")
    curve = skips.survival(connection, filters)
    assert curve["playing"].max() == known.height
    ended = ((known["ms_played"] + 999) // 1000).clip(upper_bound=300)
    assert curve["second"].to_list() == sorted(set(ended))


def test_one_look_answers_every_question_of_a_view(connection):
    """A connection that has no playbacks answers from what another one gathered; of other views it cannot."""
    filters = view_of("genre", connection)
    asked = (overview.active_listeners, skips.survival, places.week, skips.flag_against_outcome)
    wanted = [figure(connection, filters) for figure in asked]
    with duckdb.connect() as other:
        gathered.give(other, gathered.kept(connection, {}))
        for figure, rows in zip(asked, wanted, strict=True):
            assert figure(other, filters).equals(rows), figure
        with pytest.raises(duckdb.CatalogException):
            skips.survival(other, replace(filters, period=FEBRUARY))


def test_the_oldest_views_are_forgotten(connection, monkeypatch):
    monkeypatch.setattr(gathered, "MOST_KEPT", 2)
    views = [view_of(kind, connection) for kind in ("user", "genre", "artist")]
    kept = []
    for filters in views:
        overview.active_listeners(connection, filters)
        kept.append(list(gathered.kept(connection, {})))
    assert [len(names) for names in kept] == [1, 2, 2]
    assert kept[2][0] == kept[1][1]
