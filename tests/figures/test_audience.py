"""Who is active, comes back and stays, against playbacks and events counted one by one."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from spotify_assets.figures import audience
from spotify_assets.figures.view import Filters, Period
from tests.dbt import test_kpis as kpis
from tests.figures.recount import FEBRUARY, playbacks

VIEW = Filters(FEBRUARY)
ENGAGEMENT = {"stream": 1, "complete": 1, "skip": -1, "add": 3}
"""Points of a stream, a playback heard to its end, a skipped one, and an addition to a playlist."""


def listeners_days() -> pl.DataFrame:
    """Every local date with music of every listener, with the points of what they did on it."""
    events = kpis._on_local_clocks(kpis.core("listening_events"))
    music = (pl.col("content_type") == "music") & pl.col("outcome").is_not_null()
    points = (
        (music & pl.col("is_stream")).cast(pl.Int64) * ENGAGEMENT["stream"]
        + (music & (pl.col("outcome") == "complete")).cast(pl.Int64) * ENGAGEMENT["complete"]
        + (music & (pl.col("outcome") == "skip")).cast(pl.Int64) * ENGAGEMENT["skip"]
        + (pl.col("action") == "add_to_playlist").cast(pl.Int64) * ENGAGEMENT["add"]
    )
    days = events.group_by("user_id", "local_date").agg(
        plays=music.sum(), points=points.sum(), first_event=pl.col("started_at").min()
    )
    within = pl.col("local_date").is_between(FEBRUARY.first, FEBRUARY.last)
    return days.filter(within, pl.col("plays") > 0)


def sessions() -> pl.DataFrame:
    """Every session with music, by the local date on which it began."""
    return (
        kpis._on_local_clocks(kpis.core("listening_events").filter(pl.col("outcome").is_not_null()))
        .sort("started_at", "ended_at", "event_id")
        .group_by("session_id", "user_id", maintain_order=True)
        .agg(
            local_date=pl.col("local_date").first(),
            minutes=(pl.col("ended_at").max() - pl.col("started_at").min()).dt.total_milliseconds() / 60_000,
            plays=(pl.col("content_type") == "music").sum(),
        )
        .filter(pl.col("plays") > 0, pl.col("local_date").is_between(FEBRUARY.first, FEBRUARY.last))
    )


def test_active_users_look_back_seven_and_thirty_days(connection):
    found = audience.active_users(connection, VIEW)
    active = playbacks().select("user_id", "local_date").unique()
    assert found["local_date"].is_sorted()
    assert found.height == FEBRUARY.days
    for row in found.iter_rows(named=True):
        day = row["local_date"]
        for name, back in (
            ("daily_active_users", 0),
            ("weekly_active_users", 6),
            ("monthly_active_users", 29),
        ):
            span = active.filter(pl.col("local_date").is_between(day - timedelta(days=back), day))
            assert row[name] == span["user_id"].n_unique(), (day, name)
    means = audience.active_means(connection, VIEW).row(0, named=True)
    assert means["stickiness"] == pytest.approx(
        (found["daily_active_users"] / found["monthly_active_users"]).mean()
    )


def test_active_users_of_a_part_of_the_plays_are_refused(connection):
    with pytest.raises(ValueError, match="cannot be filtered by country"):
        audience.active_users(connection, replace(VIEW, country="DE"))


@pytest.mark.parametrize("period", ["week", "month"])
def test_retention_is_that_of_the_newest_cohorts(connection, period):
    expected = kpis.cohort_retention().filter(pl.col("period") == period)
    newest = expected["cohort_start"].unique().sort().tail(3)
    expected = expected.filter(
        pl.col("cohort_start").is_in(newest.implode()), pl.col("periods_since_start") < 3
    ).sort("cohort_start", "periods_since_start")
    found = audience.retention(connection, period, 3)
    shared = ["cohort_start", "periods_since_start", "cohort_users", "users", "retention"]
    assert_frame_equal(found.select(shared), expected.select(shared), check_dtypes=False)


@pytest.mark.parametrize("period", ["week", "month"])
def test_a_running_period_is_marked(connection, period):
    found = audience.retention(connection, period, 100)
    newest = playbacks()["local_date"].max()
    assert isinstance(newest, date)
    length = {"week": "1w", "month": "1mo"}[period]
    start = pl.date_ranges("cohort_start", pl.lit(newest), length).list.get(pl.col("periods_since_start"))
    expected = found.select((start.dt.offset_by(length) <= newest + timedelta(days=1)).alias("is_complete"))[
        "is_complete"
    ]
    assert found["is_complete"].to_list() == expected.to_list()
    assert found["is_complete"].n_unique() == 2


@pytest.mark.parametrize("chosen", [None, "user_id"])
def test_engagement_gives_points_for_what_was_done(connection, chosen):
    days, view = listeners_days(), VIEW
    if chosen:
        user = str(days["user_id"].max())
        days, view = days.filter(pl.col("user_id") == user), replace(VIEW, user_id=user)
    expected = (
        days.group_by("local_date")
        .agg(
            listeners=pl.len(),
            low=pl.col("points").quantile(0.25, "linear"),
            median=pl.col("points").median(),
            high=pl.col("points").quantile(0.75, "linear"),
            mean=pl.col("points").mean(),
        )
        .sort("local_date")
    )
    found = audience.engagement(connection, view)
    assert_frame_equal(found.drop("minutes"), expected, check_dtypes=False)


def test_active_days_are_the_dates_of_each_listener(connection):
    per_user = listeners_days().group_by("user_id").len("active_days")
    expected = per_user.group_by("active_days").len("listeners").sort("active_days")
    assert_frame_equal(audience.active_days(connection, VIEW), expected, check_dtypes=False)


@pytest.mark.parametrize("chosen", [None, "user_id"])
def test_sessions_of_a_day_and_their_lengths(connection, chosen):
    rows, view = sessions(), VIEW
    if chosen:
        user = str(rows["user_id"].max())
        rows, view = rows.filter(pl.col("user_id") == user), replace(VIEW, user_id=user)
    expected = (
        rows.group_by("local_date")
        .agg(
            sessions=pl.len(),
            mean_minutes=pl.col("minutes").mean(),
            median_minutes=pl.col("minutes").median(),
            plays_each=pl.col("plays").mean(),
        )
        .sort("local_date")
    )
    found = audience.sessions_by_day(connection, view)
    assert_frame_equal(found, expected, check_dtypes=False)
    lengths = audience.session_lengths(connection, view)
    bars = rows.with_columns(minutes_from=((pl.col("minutes") // 10) * 10).clip(upper_bound=180))
    counted = bars.group_by("minutes_from").len("sessions").sort("minutes_from")
    assert lengths["minutes_from"].to_list() == counted["minutes_from"].to_list()
    assert lengths["sessions"].to_list() == counted["sessions"].to_list()
    assert lengths["share"].sum() == pytest.approx(1)


def test_a_period_without_listening_has_no_rows(connection):
    before = Filters(Period(FEBRUARY.first - timedelta(days=900), FEBRUARY.first - timedelta(days=800)))
    for figure in (
        audience.active_users,
        audience.engagement,
        audience.active_days,
        audience.sessions_by_day,
        audience.session_lengths,
    ):
        assert figure(connection, before).is_empty()
