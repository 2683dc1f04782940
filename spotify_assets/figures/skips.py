"""Skips: how soon, at which place in a session, on what, when, and where the export's flag says otherwise."""

from dataclasses import replace
from typing import Literal

import polars as pl

from spotify_assets.figures.view import FLAGS, PLAYBACKS, Filters, Source, ask, narrowest
from spotify_assets.warehouse.connection import Connection

Dimension = Literal["device", "position", "hour", "shuffle", "reason_start"]

LAST_SECOND, LAST_POSITION = 300, 20
"""Later ends are counted in the last second, later positions in the one after the last, as in the marts."""

GRADES = {"within 5 s": 5, "within 10 s": 10, "within 30 s": 30, "before the end": LAST_SECOND}
"""How soon a skip came, in seconds, as published figures grade it (P. Lamere, "The Skip", 2014)."""

_VALUES: dict[Dimension, str] = {
    "device": "device",
    "position": f"lpad(cast(least(session_position, {LAST_POSITION + 1}) as varchar), 2, '0')",
    "hour": "lpad(cast(local_hour as varchar), 2, '0')",
    "shuffle": "case is_shuffle when true then 'on' when false then 'off' else 'unknown' end",
    "reason_start": "coalesce(nullif(reason_start, ''), 'unknown')",
}
_SECONDS = Source("marts.daily_skip_seconds")
_ENDS = replace(
    PLAYBACKS,
    relation=f"""(
        select *, least(cast(ceil(ms_played / 1000) as bigint), {LAST_SECOND}) as second
        from {PLAYBACKS.relation}
        where not is_outcome_unknown
    )""",
)


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
                sum(plays)::bigint as plays,
                sum(skips)::bigint as skips,
                sum(completes)::bigint as completes
            from {narrowest(filters, _SECONDS, _ENDS)}
            group by second
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
    playbacks = replace(
        PLAYBACKS, relation=f"(select *, {_VALUES[dimension]} as value from {PLAYBACKS.relation})"
    )
    return ask(
        connection,
        f"""
        select
            value,
            sum(plays)::bigint as plays,
            sum(skips)::bigint as skips,
            sum(skips) / nullif(sum(plays - unknowns), 0) as skip_rate
        from {narrowest(filters, groups, playbacks)}
        group by value
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
        from {narrowest(filters, FLAGS, PLAYBACKS)}
        group by outcome, flag
        order by outcome, flag
        """,
        filters,
    )
