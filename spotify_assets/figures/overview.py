"""The numbers at the top: active listeners, streams, minutes and the skip rate, in all and day by day."""

import polars as pl

from spotify_assets.figures import gathered
from spotify_assets.figures.gathered import ask
from spotify_assets.figures.view import (
    ACTIVE_DAYS,
    DAYS,
    PLACES,
    SKIP_RATE,
    TRACK_DAYS,
    Filters,
    Period,
    narrowest,
)
from spotify_assets.warehouse.connection import Connection

MS_PER_MINUTE = 60_000

COUNTS = f"""
    coalesce(sum(plays), 0)::bigint as plays,
    coalesce(sum(streams), 0)::bigint as streams,
    coalesce(sum(skips), 0)::bigint as skips,
    {SKIP_RATE} as skip_rate,
    coalesce(sum(unknowns), 0)::bigint as unknowns,
    coalesce(sum(ms_played), 0) / {MS_PER_MINUTE} as minutes
"""
"""The measures of a group of rows, as SQL over any `Source`."""


def unknown_in_words(unknowns: float, plays: float) -> str | None:
    """What is to be said beside a skip rate; None where it is known of every play how it ended."""
    if not unknowns:
        return None
    share = unknowns / plays
    much = f"{100 * share:.1f} %" if share >= 0.001 else "less than 0.1 %"
    return f"Of {much} of the plays it is unknown how they ended; they are in no skip rate."


def in_words(counts: pl.DataFrame) -> str:
    """The row of `counts` as a sentence in Markdown."""
    now = counts.row(0, named=True)
    if not now["plays"]:
        return "Nobody listened."
    skipped = "" if now["skip_rate"] is None else f"; {now['skip_rate']:.1%} of the plays were skipped"
    return f"**{now['streams']:,} streams** and {now['minutes'] / 60:,.0f} hours heard{skipped}."


def counts(connection: Connection, filters: Filters) -> pl.DataFrame:
    """One row for the period: `plays`, `streams`, `skips`, `unknowns`, `skip_rate` (of the plays whose
    outcome is known, null without any) and `minutes` heard.
    """
    return ask(connection, f"select {COUNTS} from {_counted(filters)}", filters)


def by_day(connection: Connection, filters: Filters) -> pl.DataFrame:
    """One row per UTC day of the period, also where nothing was played: `event_date`, `plays`, `streams`,
    `skips`, `unknowns`, `skip_rate` (as in `totals`) and `minutes` heard.
    """
    counted = ask(
        connection,
        f"select event_date, {COUNTS} from {_counted(filters)} group by event_date",
        filters,
    )
    return on_every_day(filters.period, "event_date", counted)


def active_listeners(connection: Connection, filters: Filters) -> pl.DataFrame:
    """One row per local date of the period: `local_date` and `daily_active_users`, 0 without a listener.

    Under some filters only the playbacks tell them apart, which takes longer than to count what was heard.
    """
    days = narrowest(filters, ACTIVE_DAYS, gathered.LISTENERS)
    counted = ask(connection, f"select local_date, daily_active_users from {days}", filters)
    return on_every_day(filters.period, "local_date", counted)


def mean_of_days(active: pl.DataFrame) -> float:
    """Listeners a day: the mean of the rows of `active_listeners`, days without any among them."""
    return float(active["daily_active_users"].to_numpy().mean())


def _counted(filters: Filters) -> str:
    return narrowest(filters, DAYS, PLACES, TRACK_DAYS, gathered.DAYS)


def on_every_day(period: Period, column: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows in the order of days; a day without one gets zeros, and no rate."""
    days = pl.DataFrame({column: pl.date_range(period.first, period.last, eager=True)})
    counts = [name for name in rows.columns if name not in {column, "skip_rate"}]
    return days.join(rows, on=column, how="left", maintain_order="left").with_columns(
        pl.col(counts).fill_null(0)
    )


def days_side_by_side(
    now: pl.DataFrame, compared: pl.DataFrame | None, day: str, number: str
) -> pl.DataFrame:
    """A number by day for two periods on one axis, the days of the compared one moved to those of the other.

    One row per period and day: `period` ("now" or "compared"), `day` (where it is drawn), `on` (the day
    itself) and `value`. Days of a compared period that is longer are left out.
    """
    parts = [
        now.select(pl.lit("now").alias("period"), day=day, on=day, value=pl.col(number).cast(pl.Float64))
    ]
    if compared is not None:
        shared = min(now.height, compared.height)
        parts.append(
            compared.head(shared).select(
                pl.lit("compared").alias("period"),
                day=now[day].head(shared),
                on=day,
                value=pl.col(number).cast(pl.Float64),
            )
        )
    return pl.concat(parts)
