"""The audience: who is active, who comes back, how much they do, and how long a session lasts.

Days and weeks are those of the listeners' own clocks. Active users and retention are about everybody; the
engagement knows the filters of listener and country, sessions that of the device as well.
"""

from typing import Literal

import polars as pl

from spotify_assets.figures.view import ACTIVE_DAYS, Filters, Source, ask
from spotify_assets.warehouse.connection import Connection

CohortPeriod = Literal["week", "month"]

MOST_COHORTS = 12
"""Newest cohorts that are shown, and as many periods after the first."""
LONG_SESSION_MINUTES = 180
"""Sessions of so many minutes or more share the last bar."""
SESSION_STEP_MINUTES = 10
"""Width of a bar of session lengths."""

_OF_LISTENER = {"user_id": "user_id = $user_id", "country": "country = $country"}
ACTIVITY = Source(
    "(select * from marts.fact_user_activity where plays > 0)", day="local_date", conditions=_OF_LISTENER
)
"""One row per listener and local date with a playback of music."""
SESSIONS = Source(
    "(select * from marts.fact_sessions where plays > 0)",
    day="local_date",
    conditions={**_OF_LISTENER, "device": "device = $device"},
)
"""One row per session with a playback of music, by the local date on which it began."""


def active_users(connection: Connection, filters: Filters) -> pl.DataFrame:
    """One row per local date of the period on which somebody listened: `local_date`, `daily_active_users`,
    `weekly_active_users`, `monthly_active_users`, `stickiness`, `plays_per_active_user`.

    Raises:
        ValueError: a filter beside the period is set; a week's users cannot be told for a part of the plays.
    """
    return ask(
        connection,
        "select local_date, daily_active_users, weekly_active_users, monthly_active_users, stickiness, "
        f"plays_per_active_user from {ACTIVE_DAYS.sql(filters)} order by local_date",
        filters,
    )


def active_means(connection: Connection, filters: Filters) -> pl.DataFrame:
    """One row for the period: the means, over its local dates with a listener, of `daily_active_users`,
    `weekly_active_users`, `monthly_active_users`, `stickiness` and `plays_per_active_user`; null without any.

    Raises:
        ValueError: as `active_users`.
    """
    days = active_users(connection, filters)
    return days.select(pl.exclude("local_date").mean())


def in_words(means: pl.DataFrame) -> str:
    """The row of `active_means` as a sentence in Markdown."""
    mean = means.row(0, named=True)
    if mean["daily_active_users"] is None:
        return "Nobody listened."
    return (
        f"**{mean['daily_active_users']:,.1f} listeners** are active on a day and "
        f"{mean['monthly_active_users']:,.1f} within 28 days; on a day, one plays "
        f"{mean['plays_per_active_user']:,.1f} times."
    )


def retention(connection: Connection, period: CohortPeriod, cohorts: int = MOST_COHORTS) -> pl.DataFrame:
    """Share of the users of each cohort that came back: one row per cohort and period after its first.

    `cohort_start`, `periods_since_start`, `cohort_users`, `users`, `retention` (0 to 1); the newest cohorts.
    The period that the newest day lies in has only begun, so that its share can still rise: `is_complete`
    is false there.
    """
    return ask(
        connection,
        """
        with newest as (select max(local_date) as day from marts.daily_active_users),
        shown as (
            select distinct cohort_start
            from marts.cohort_retention
            where period = $period
            order by cohort_start desc
            limit $cohorts
        )
        select
            cohort_start,
            periods_since_start,
            cohort_users,
            users,
            retention,
            cohort_start
            + case $period
                when 'week' then to_days(7 * (periods_since_start + 1)::integer)
                else to_months((periods_since_start + 1)::integer)
            end <= newest.day + 1 as is_complete
        from marts.cohort_retention
        inner join shown using (cohort_start)
        cross join newest
        where period = $period and periods_since_start < $cohorts
        order by cohort_start, periods_since_start
        """,
        period=period,
        cohorts=cohorts,
    )


def engagement(connection: Connection, filters: Filters) -> pl.DataFrame:
    """The engagement score of a listener's day, by local date: `local_date`, `listeners`, `low` (a quarter of
    them has less), `median`, `high` (a quarter has more), `mean`, and `minutes`, their mean listening time.
    """
    return ask(
        connection,
        f"""
        select
            local_date,
            count(*) as listeners,
            quantile_cont(engagement_score, 0.25) as low,
            median(engagement_score) as median,
            quantile_cont(engagement_score, 0.75) as high,
            avg(engagement_score) as mean,
            avg(minutes_listened) as minutes
        from {ACTIVITY.sql(filters)}
        group by local_date
        order by local_date
        """,
        filters,
    )


def active_days(connection: Connection, filters: Filters) -> pl.DataFrame:
    """On how many dates of the period people listened: `active_days` and `listeners` with so many."""
    return ask(
        connection,
        f"""
        select active_days, count(*) as listeners
        from (select user_id, count(*) as active_days from {ACTIVITY.sql(filters)} group by user_id)
        group by active_days
        order by active_days
        """,
        filters,
    )


def sessions_by_day(connection: Connection, filters: Filters) -> pl.DataFrame:
    """Sessions by the local date on which they began: `local_date`, `sessions`, `mean_minutes`,
    `median_minutes` and `plays_each`.
    """
    if not filters.chosen:
        daily = Source("marts.daily_session_metrics", day="local_date").sql(filters)
        columns = (
            "sessions, mean_duration_ms / 60000 as mean_minutes, "
            "median_duration_ms / 60000 as median_minutes, mean_plays as plays_each"
        )
        return ask(connection, f"select local_date, {columns} from {daily} order by local_date", filters)
    return ask(
        connection,
        f"""
        select
            local_date,
            count(*) as sessions,
            avg(duration_ms) / 60000 as mean_minutes,
            median(duration_ms) / 60000 as median_minutes,
            avg(plays) as plays_each
        from {SESSIONS.sql(filters)}
        group by local_date
        order by local_date
        """,
        filters,
    )


def session_lengths(connection: Connection, filters: Filters) -> pl.DataFrame:
    """How long sessions of the period last: `minutes_from` (a multiple of ten; the last stands for all longer
    ones), `sessions` and their `share`.
    """
    return ask(
        connection,
        f"""
        select minutes_from, count(*) as sessions, count(*) / sum(count(*)) over () as share
        from (
            select least(floor(duration_ms / 60000 / $step) * $step, $longest)::bigint as minutes_from
            from {SESSIONS.sql(filters)}
        )
        group by minutes_from
        order by minutes_from
        """,
        filters,
        step=SESSION_STEP_MINUTES,
        longest=LONG_SESSION_MINUTES,
    )
