"""Countries, devices, weekdays and hours against playbacks counted one by one."""

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from spotify_assets.figures import places
from spotify_assets.figures.view import Filters
from tests.dbt.generated import core_tables
from tests.dbt.test_kpis import core
from tests.figures.recount import FEBRUARY, chosen, within


@pytest.fixture(params=["nothing", "user_id", "device"])
def filters(request: pytest.FixtureRequest) -> Filters:
    if request.param == "nothing":
        return Filters(FEBRUARY)
    chosen_one: dict[str, Any] = {request.param: str(within(FEBRUARY)[request.param].max())}
    return replace(Filters(FEBRUARY), **chosen_one)


def test_countries_have_their_playbacks(connection, filters):
    rows = chosen(filters)
    wanted = rows.group_by("country").agg(
        plays=pl.len(), streams=pl.col("is_stream").sum(), minutes=pl.col("ms_played").sum() / 60_000
    )
    found = places.by_country(connection, filters)

    assert sorted(found.select("country", "plays", "streams").rows()) == sorted(
        wanted.select("country", "plays", "streams").rows()
    )
    assert found["minutes"].sum() == pytest.approx(wanted["minutes"].sum())
    assert found["play_share"].sum() == pytest.approx(1)
    names = dict(core("countries").select("country", "country_name").iter_rows())
    known = found.filter(pl.col("country") != "ZZ")
    assert known["country_name"].to_list() == [names[code] for code in known["country"]]


def test_devices_share_the_plays_of_their_region(connection, filters):
    regions = dict(core("countries").select("country", "region").iter_rows())
    rows = chosen(filters).with_columns(
        region=pl.col("country").replace_strict(regions, default="Unknown", return_dtype=pl.String)
    )
    wanted = rows.group_by("region", "device").len()
    found = places.device_by_region(connection, filters)

    assert found["plays"].sum() == rows.height
    assert sorted(found.group_by("region").agg(pl.col("plays").sum()).rows()) == sorted(
        wanted.group_by("region").agg(pl.col("len").sum()).rows()
    )
    assert sorted(found["plays"]) == sorted(wanted["len"])
    assert found.group_by("region").agg(pl.col("share").sum())["share"].to_list() == pytest.approx(
        [1.0] * found["region"].n_unique()
    )


def test_the_week_is_on_the_listeners_own_clocks(connection, filters):
    rows = chosen(filters).with_columns(weekday=pl.col("local_date").dt.weekday().cast(pl.Int64))
    wanted = rows.group_by("weekday", "local_hour").agg(plays=pl.len(), skips=pl.col("is_skip").sum())
    found = places.week(connection, filters)

    assert sorted(found.select("local_weekday", "local_hour", "plays", "skips").rows()) == sorted(
        wanted.rows()
    )


@pytest.mark.parametrize("restricted", [False, True])
def test_minutes_on_the_clock_come_from_the_true_listening_time(connection, restricted):
    user = str(within(FEBRUARY)["user_id"].max())
    filters = replace(Filters(FEBRUARY), user_id=user) if restricted else Filters(FEBRUARY)
    # A traveller's hour is of the zone that the last of its dates gives it.
    hours = (
        core_tables()["core.listening_hours"]
        .sort("event_date")
        .group_by("user_id", "hour_starts_at")
        .agg(pl.col("local_date", "local_hour").last(), pl.col("ms_listened").sum())
        .filter(
            pl.col("local_date").is_between(FEBRUARY.first, FEBRUARY.last)
            & (pl.col("user_id").eq(user) | (not restricted))
        )
    )
    wanted = hours.group_by(pl.col("local_date").dt.weekday().cast(pl.Int64), "local_hour").agg(
        minutes=pl.col("ms_listened").sum() / 60_000
    )
    found = places.clock_week(connection, filters)

    got = {row[:2]: row[2] for row in found.rows()}
    assert got == pytest.approx({row[:2]: row[2] for row in wanted.rows() if row[2]})


def test_minutes_on_the_clock_are_no_tracks_minutes(connection):
    with pytest.raises(ValueError, match="genre"):
        places.clock_week(connection, replace(Filters(FEBRUARY), genre="pop"))


def test_peak_hours_are_the_fullest_of_their_zone(connection, filters):
    counts = chosen(filters).group_by("zone", "local_hour").len()
    found = places.peaks(connection, filters)

    assert found["plays"].sum() == counts["len"].sum()
    for row in found.iter_rows(named=True):
        of_zone = counts.filter(pl.col("zone") == row["time_zone"]).sort(
            "len", "local_hour", descending=[True, False]
        )
        assert row["peak_hour"] == of_zone["local_hour"][0]
        assert row["peak_share"] == pytest.approx(of_zone["len"][0] / of_zone["len"].sum())
