"""Skips: how soon, at which place in a session, on what, when, and where the export's flag says otherwise."""

from typing import Literal

import polars as pl

from spotify_assets.figures.gathered import (
    COUNTRIES_AND_DEVICES,
    HOURS,
    LAST_SECOND,
    SECONDS,
    WAYS,
    ask,
)
from spotify_assets.figures.view import FLAGS, PLACES, SKIP_RATE, Filters, Source, narrowest
from spotify_assets.warehouse.connection import Connection

Dimension = Literal["device", "position", "hour", "shuffle", "reason_start"]

GRADES = {"within 5 s": 5, "within 10 s": 10, "within 30 s": 30, "before the end": LAST_SECOND}
"""How soon a skip came, in seconds, as published figures grade it (P. Lamere, "The Skip", 2014)."""

_VALUES: dict[Dimension, tuple[tuple[Source, ...], str]] = {
    "device": ((PLACES, COUNTRIES_AND_DEVICES), "device"),
    "position": ((WAYS,), "lpad(cast(position as varchar), 2, '0')"),
    "hour": ((HOURS,), "lpad(cast(local_hour as varchar), 2, '0')"),
    "shuffle": ((WAYS,), "case is_shuffle when true then 'on' when false then 'off' else 'unknown' end"),
    "reason_start": ((WAYS,), "coalesce(nullif(reason_start, ''), 'unknown')"),
}
"""Where playbacks under filters are counted by a dimension, the smallest first, and its value there."""
_SECONDS = Source("(select *, 0 as unknowns from marts.daily_skip_seconds)")


def survival(connection: Connection, filters: Filters) -> pl.DataFrame:
    """One row per second in which a playback ended: `second`, `playing` (before it ended), `survival`, the
    share not skipped by then.

    One less the cumulative incidence of skips (Aalen-Johansen): completion competes, abandoned is censored;
    what ended nobody knows how is left out.
    """
    return ask(
        connection,
        f"""
        with ends as (
            select
                second,
                sum(plays - unknowns)::bigint as plays,
                sum(skips)::bigint as skips,
                sum(completes)::bigint as completes
            from {narrowest(filters, _SECONDS, SECONDS)}
            group by second
            having sum(plays - unknowns) > 0
        ),
        at_risk as (
            select *, sum(plays) over (order by second desc)::bigint as playing
            from ends
        ),
        still as (
            select
                *,
                coalesce(
                    product(1 - (skips + completes) / playing) over (
                        order by second
                        rows between unbounded preceding and 1 preceding
                    ),
                    1
                ) as still_playing
            from at_risk
        )
        select
            second,
            playing,
            greatest(1 - sum(still_playing * skips / playing) over (order by second), 0) as survival
        from still
        order by second
        """,
        filters,
    )


def by_grade(curve: pl.DataFrame) -> pl.DataFrame:
    """The share skipped within each of `GRADES`, from the rows of `survival`: `grade`, `share`."""
    shares = [
        1 - curve.filter(pl.col("second") <= second)["survival"].min()  # type: ignore[operator]
        if curve.filter(pl.col("second") <= second).height
        else 0.0
        for second in GRADES.values()
    ]
    return pl.DataFrame({"grade": list(GRADES), "share": shares if curve.height else [None] * len(GRADES)})


def by_dimension(connection: Connection, filters: Filters, dimension: Dimension) -> pl.DataFrame:
    """One row per device, position in the session (1 to 20, and 21 for all later ones), local hour, state of
    shuffle or reason of the start: `value`, `plays`, `skips`, `skip_rate` (of the plays
    whose outcome is known).
    """
    groups = Source(f"(select * from marts.daily_skip_metrics where dimension = '{dimension}')")
    sources, of_sources = _VALUES[dimension]
    value = of_sources if filters.chosen else "value"
    return ask(
        connection,
        f"""
        select
            {value} as value,
            sum(plays)::bigint as plays,
            sum(skips)::bigint as skips,
            {SKIP_RATE} as skip_rate
        from {narrowest(filters, groups, *sources)}
        group by all
        order by value
        """,
        filters,
    )


def flag_against_outcome(connection: Connection, filters: Filters) -> pl.DataFrame:
    """One row per outcome and what the export's own flag says (`skipped`, `not skipped`, `says nothing`):
    `outcome`, `flag`, `plays`, `share` of the outcome's plays.
    """
    return ask(
        connection,
        f"""
        select
            outcome,
            flag,
            sum(plays)::bigint as plays,
            sum(plays) / sum(sum(plays)) over (partition by outcome) as share
        from {narrowest(filters, FLAGS, WAYS)}
        group by outcome, flag
        order by outcome, flag
        """,
        filters,
    )
