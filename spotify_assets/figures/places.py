"""Where and when: countries, devices by region, and the week on the listeners' own clocks."""

import polars as pl

from spotify_assets.figures.gathered import COUNTRIES_AND_DEVICES, HOURS, ask
from spotify_assets.figures.overview import COUNTS, MS_PER_MINUTE
from spotify_assets.figures.view import PLACES, SKIP_RATE, Filters, Source, narrowest
from spotify_assets.warehouse.connection import Connection

_HOURS = Source("marts.daily_hour_metrics")
CLOCK_HOURS = Source(
    "marts.fact_listening_hours", day="local_date", conditions={"user_id": "user_id = $user_id"}
)
"""True listening time by local hour; it knows of no track and no device."""


def by_country(connection: Connection, filters: Filters) -> pl.DataFrame:
    """One row per country, most plays first: `country` (ISO 3166-1 alpha-2; ZZ: unknown), `country_name`,
    `region`, `plays`, `streams`, `skips`, `skip_rate`, `minutes` heard, `play_share` (0 to 1).
    """
    return ask(
        connection,
        f"""
        select
            counted.country,
            coalesce(country_name, counted.country) as country_name,
            region,
            counted.* exclude (country),
            plays / sum(plays) over () as play_share
        from (
            select country, {COUNTS}
            from {narrowest(filters, PLACES, COUNTRIES_AND_DEVICES)}
            group by country
        ) as counted
        left join marts.dim_country using (country)
        order by plays desc, country
        """,
        filters,
    )


def device_by_region(connection: Connection, filters: Filters) -> pl.DataFrame:
    """One row per region and kind of device: `region`, `device` (its name), `plays`, `skip_rate` and `share`,
    the part of the region's plays.
    """
    return ask(
        connection,
        f"""
        with counted as (
            select country, device, sum(plays) as plays, sum(skips) as skips,
                sum(unknowns) as unknowns
            from {narrowest(filters, PLACES, COUNTRIES_AND_DEVICES)}
            group by country, device
        ),
        named as (
            select
                coalesce(region, 'Unknown') as region,
                coalesce(device_name, device) as device,
                plays,
                skips,
                unknowns
            from counted
            left join marts.dim_country using (country)
            left join marts.dim_device using (device)
        )
        select
            region,
            device,
            sum(plays)::bigint as plays,
            {SKIP_RATE} as skip_rate,
            sum(plays) / sum(sum(plays)) over (partition by region) as share
        from named
        group by region, device
        order by region, device
        """,
        filters,
    )


def week(connection: Connection, filters: Filters) -> pl.DataFrame:
    """One row per weekday (1 is Monday) and hour of the listeners' own clocks with a playback begun in it:
    `local_weekday`, `local_hour`, `plays`, `streams`, `skips`, `skip_rate`, `minutes` heard of them.
    """
    return ask(
        connection,
        f"""
        select local_weekday, local_hour, {COUNTS}
        from {narrowest(filters, _HOURS, HOURS)}
        group by local_weekday, local_hour
        order by local_weekday, local_hour
        """,
        filters,
    )


def clock_week(connection: Connection, filters: Filters) -> pl.DataFrame:
    """One row per weekday (1 is Monday) and local hour with listening of any content: `local_weekday`,
    `local_hour`, `minutes` of the clock, each minute of a listener counted once.

    Raises:
        ValueError: a filter is set besides that of the listener.
    """
    return ask(
        connection,
        f"""
        select local_weekday, local_hour, sum(ms_listened) / {MS_PER_MINUTE} as minutes
        from {CLOCK_HOURS.sql(filters)}
        group by local_weekday, local_hour
        order by local_weekday, local_hour
        """,
        filters,
    )


def peaks(connection: Connection, filters: Filters) -> pl.DataFrame:
    """One row per time zone, most plays first: `time_zone`, `plays`, `peak_hour` (local hour with most plays,
    of equals the first) and `peak_share` of the zone's plays in it.
    """
    return ask(
        connection,
        f"""
        with hours as (
            select time_zone, local_hour, sum(plays)::bigint as plays
            from {narrowest(filters, _HOURS, HOURS)}
            group by time_zone, local_hour
        )
        select
            time_zone,
            sum(plays)::bigint as plays,
            arg_max(local_hour, (plays, -local_hour)) as peak_hour,
            max(plays) / sum(plays) as peak_share
        from hours
        group by time_zone
        order by plays desc, time_zone
        """,
        filters,
    )
