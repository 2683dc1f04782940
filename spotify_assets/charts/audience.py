"""Plots of who is active, who comes back, how much they do, and how long sessions last."""

from datetime import date
from typing import TYPE_CHECKING, cast

import polars as pl

from spotify_assets.charts.theme import (
    BLUE,
    COUNT,
    GREEN,
    PERCENT,
    ROW_HEIGHT,
    VERMILION,
    colours,
    dates_as_text,
    days_axis,
    heat,
    so_far,
)

if TYPE_CHECKING:
    import altair as alt

_ACTIVE = {
    "monthly_active_users": "month (MAU)",
    "weekly_active_users": "week (WAU)",
    "daily_active_users": "day (DAU)",
}
_DAY = "%A, %d %B %Y"
_DARK_FROM = 0.55
"""Share from which the heat map's colour is so dark that only light figures can be read on it."""


def active_users(rows: pl.DataFrame, today: date | None = None) -> "alt.LayerChart":
    """Daily, weekly and monthly active users by date.

    Args:
        rows: `local_date`, `daily_active_users`, `weekly_active_users`, `monthly_active_users`.
        today: first date that is not over, which is marked.
    """
    import altair as alt  # noqa: PLC0415

    long = (
        dates_as_text(rows)
        .unpivot(list(_ACTIVE), index="local_date", variable_name="span", value_name="users")
        .with_columns(pl.col("span").replace_strict(_ACTIVE))
    )
    spans = list(_ACTIVE.values())
    # Of the line's look: the points are faint, and the dashes would be their outlines.
    legend = alt.Legend(orient="bottom", columns=3, symbolType="stroke", symbolOpacity=1, symbolStrokeWidth=2)
    base = alt.Chart(long).encode(
        x=_time(rows["local_date"]),
        y=alt.Y("users:Q", title="Active users", axis=alt.Axis(format=COUNT, tickMinStep=1)),
        color=alt.Color("span:N", **colours(spans, legend=legend)),
        tooltip=[
            alt.Tooltip("local_date:T", title="Date", format=_DAY),
            alt.Tooltip("span:N", title="Active within a"),
            alt.Tooltip("users:Q", title="Users", format=COUNT),
        ],
    )
    mark = so_far(
        base.transform_filter(f"datum.span == '{_ACTIVE['daily_active_users']}'"), rows, "local_date", today
    )
    dash = alt.StrokeDash("span:N", title=None, sort=spans, scale=alt.Scale(domain=spans), legend=legend)
    line = base.mark_line(strokeWidth=2).encode(strokeDash=dash)
    lines = alt.layer(line, base.mark_circle(size=45, opacity=0.3), *mark)
    return cast("alt.LayerChart", lines.properties(height=280))


def retention(rows: pl.DataFrame, period: str) -> "alt.LayerChart":
    """A heat map of cohorts and periods since their first, with the share in each field.

    Args:
        rows: `cohort_start`, `periods_since_start`, `cohort_users`, `users`, `retention`, `is_complete`.
        period: `week` or `month`, for the axes.
    """
    import altair as alt  # noqa: PLC0415

    form = "%d %b %Y" if period == "week" else "%B %Y"
    named = rows.with_columns(
        cohort=pl.col("cohort_start").dt.strftime(form) + pl.format(" ({})", pl.col("cohort_users")),
        figure=pl.format("{}", (100 * pl.col("retention")).round(0).cast(pl.Int64))
        + pl.when("is_complete").then(pl.lit("")).otherwise(pl.lit("*")),
        tone=pl.when(pl.col("retention") < _DARK_FROM).then(pl.lit("dark")).otherwise(pl.lit("light")),
        state=pl.when("is_complete").then(pl.lit("over")).otherwise(pl.lit("still running")),
    ).drop("cohort_start")
    order = named["cohort"].unique(maintain_order=True).to_list()
    base = alt.Chart(named).encode(
        x=alt.X("periods_since_start:O", title=f"{period.capitalize()}s since the first", axis=_flat()),
        y=alt.Y("cohort:N", title=None, sort=order),
        tooltip=[
            alt.Tooltip("cohort:N", title=f"First active in the {period} (users)"),
            alt.Tooltip("periods_since_start:O", title=f"{period.capitalize()}s later"),
            alt.Tooltip("users:Q", title="Users active then", format=COUNT),
            alt.Tooltip("retention:Q", title="Retention", format=PERCENT),
            alt.Tooltip("state:N", title=f"That {period} is"),
        ],
    )
    fields = base.mark_rect().encode(
        color=alt.Color(
            "retention:Q",
            title="Share that is active",
            scale=heat(domain=[0, 1]),
            legend=alt.Legend(orient="bottom", format=".0%"),
        )
    )
    figures = base.mark_text(fontSize=11).encode(
        text="figure:N",
        color=alt.Color(
            "tone:N",
            scale=alt.Scale(domain=["dark", "light"], range=["#111111", "#FFFFFF"]),
            legend=None,
        ),
    )
    layers = (
        alt.layer(fields, figures)
        .resolve_scale(color="independent")
        .properties(height=max(3, len(order)) * ROW_HEIGHT)
    )
    return cast("alt.LayerChart", layers)


def engagement(rows: pl.DataFrame) -> "alt.LayerChart":
    """The median score of a listener's day with the middle half of the listeners as a band, and the mean.

    Args:
        rows: `local_date`, `listeners`, `low`, `median`, `high`, `mean`.
    """
    import altair as alt  # noqa: PLC0415

    base = alt.Chart(dates_as_text(rows)).encode(
        x=_time(rows["local_date"]),
        tooltip=[
            alt.Tooltip("local_date:T", title="Date", format=_DAY),
            alt.Tooltip("median:Q", title="Median", format=".1f"),
            alt.Tooltip("mean:Q", title="Mean", format=".1f"),
            alt.Tooltip("low:Q", title="A quarter has less than", format=".1f"),
            alt.Tooltip("high:Q", title="A quarter has more than", format=".1f"),
            alt.Tooltip("listeners:Q", title="Listeners", format=COUNT),
        ],
    )
    band = base.mark_area(opacity=0.2, color=BLUE).encode(
        y=alt.Y("low:Q", title="Points of a listener's day"), y2="high:Q"
    )
    median = base.mark_line(color=BLUE, strokeWidth=2, point=True).encode(y=alt.Y("median:Q"))
    mean = base.mark_line(color=VERMILION, strokeDash=[5, 3]).encode(y=alt.Y("mean:Q"))
    return cast("alt.LayerChart", alt.layer(band, median, mean).properties(height=240))


def active_days(rows: pl.DataFrame) -> "alt.Chart":
    """Listeners by the number of dates on which they listened: `active_days`, `listeners`."""
    import altair as alt  # noqa: PLC0415

    days = alt.X("active_days:Q", title="Dates with listening", axis=alt.Axis(tickMinStep=1))
    return cast(
        "alt.Chart",
        (
            alt.Chart(rows.with_columns(until=pl.col("active_days") + 1))
            .mark_bar(color=BLUE, binSpacing=1)
            .encode(
                x=days.bin("binned"),
                x2=alt.X2("until:Q"),
                y=alt.Y("listeners:Q", title="Listeners", axis=alt.Axis(format=COUNT, tickMinStep=1)),
                tooltip=[
                    alt.Tooltip("active_days:Q", title="Dates with listening"),
                    alt.Tooltip("listeners:Q", title="Listeners", format=COUNT),
                ],
            )
            .properties(height=240)
        ),
    )


def sessions(rows: pl.DataFrame, today: date | None = None) -> "alt.LayerChart":
    """Sessions by the date on which they began.

    Args:
        rows: `local_date`, `sessions`, `mean_minutes`, `median_minutes`, `plays_each`.
        today: first date that is not over, which is marked.
    """
    import altair as alt  # noqa: PLC0415

    base = alt.Chart(dates_as_text(rows)).encode(
        x=_time(rows["local_date"], unit="yearmonthdate"),
        y=alt.Y("sessions:Q", title="Sessions", axis=alt.Axis(format=COUNT, tickMinStep=1)),
        tooltip=[
            alt.Tooltip("local_date:T", title="Date", format=_DAY),
            alt.Tooltip("sessions:Q", title="Sessions", format=COUNT),
            alt.Tooltip("mean_minutes:Q", title="Mean minutes", format=".1f"),
            alt.Tooltip("median_minutes:Q", title="Median minutes", format=".1f"),
            alt.Tooltip("plays_each:Q", title="Plays in each", format=".1f"),
        ],
    )
    layers = (base.mark_bar(color=BLUE), *so_far(base, rows, "local_date", today, in_bars=True))
    return cast("alt.LayerChart", alt.layer(*layers).properties(height=240))


def session_lengths(rows: pl.DataFrame, step: int, longest: int) -> "alt.Chart":
    """Sessions by length: `minutes_from`, `sessions`, `share`.

    Args:
        rows: one row per bar that has a session.
        step: width of a bar in minutes.
        longest: where the last bar begins, which stands for all longer ones.
    """
    import altair as alt  # noqa: PLC0415

    named = rows.with_columns(
        until=pl.col("minutes_from") + step,
        length=pl.when(pl.col("minutes_from") >= longest)
        .then(pl.format("{} minutes and more", "minutes_from"))
        .otherwise(pl.format("{} to {} minutes", "minutes_from", pl.col("minutes_from") + step)),
    )
    return cast(
        "alt.Chart",
        (
            alt.Chart(named)
            .mark_bar(color=GREEN, binSpacing=1)
            .encode(
                x=alt.X(
                    "minutes_from:Q",
                    title=f"Minutes; the last bar is {longest} and more",
                ).bin("binned"),
                x2=alt.X2("until:Q"),
                y=alt.Y("share:Q", title="Share of sessions", axis=alt.Axis(format=".0%")),
                tooltip=[
                    alt.Tooltip("length:N", title="Length"),
                    alt.Tooltip("sessions:Q", title="Sessions", format=COUNT),
                    alt.Tooltip("share:Q", title="Share", format=PERCENT),
                ],
            )
            .properties(height=240)
        ),
    )


def _time(days: pl.Series, unit: str | None = None) -> "alt.X":
    import altair as alt  # noqa: PLC0415

    column = f"{unit}({days.name})" if unit else days.name
    return alt.X(f"{column}:T", title=None, axis=days_axis(days), bandPosition=0.5)


def _flat() -> "alt.Axis":
    import altair as alt  # noqa: PLC0415

    return alt.Axis(labelAngle=0)
