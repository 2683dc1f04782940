"""Numbers by day: the pulse of the warehouse, and one period beside another."""

from datetime import date
from typing import TYPE_CHECKING, cast

import polars as pl

from spotify_assets.charts.theme import BLUE, COUNT, GREY, VERMILION, dates_as_text, days_axis, so_far

if TYPE_CHECKING:
    import altair as alt

_PULSE_WIDTH, _PULSE_HEIGHT = 560, 120
_NAMES = {"now": "this period", "compared": "compared period"}


def pulse(figures: pl.DataFrame) -> "alt.VConcatChart":
    """Plays a day above, the skip rate below, on one time axis.

    Args:
        figures: one row per `event_date` with `plays` and `skip_rate`.
    """
    import altair as alt  # noqa: PLC0415

    base = alt.Chart(dates_as_text(figures)).encode(alt.X("event_date:T", title=None))
    size = {"width": _PULSE_WIDTH, "height": _PULSE_HEIGHT}
    plays = base.mark_bar(color=BLUE).encode(alt.Y("plays:Q", title="Plays a day")).properties(**size)
    skips = (
        base.mark_line(color=VERMILION, point=True)
        .encode(alt.Y("skip_rate:Q", title="Skip rate", axis=alt.Axis(format="%")))
        .properties(**size)
    )
    return alt.vconcat(plays, skips)


def by_day(
    rows: pl.DataFrame, name: str, number_format: str = COUNT, today: date | None = None
) -> "alt.LayerChart":
    """A number by day, the compared period dashed behind it, from zero up.

    Args:
        rows: `period` ("now" or "compared"), `day` (where it is drawn), `on` (the day itself) and `value`.
        name: what the number is, for the axis.
        number_format: its format in Vega's notation.
        today: first date that is not over, which is marked.
    """
    import altair as alt  # noqa: PLC0415

    named = dates_as_text(rows.with_columns(pl.col("period").replace_strict(_NAMES)))
    periods = [text for text in _NAMES.values() if text in set(named["period"])]
    look = {_NAMES["now"]: (BLUE, [1, 0]), _NAMES["compared"]: (GREY, [5, 3])}
    # Of the line's look, because the points that stand on it are faint.
    legend = (
        alt.Legend(orient="bottom", symbolType="stroke", symbolOpacity=1, symbolStrokeWidth=2)
        if len(periods) > 1
        else None
    )
    base = alt.Chart(named).encode(
        x=alt.X("day:T", title=None, axis=days_axis(rows["day"])),
        y=alt.Y("value:Q", title=name, axis=alt.Axis(format=number_format, tickCount=5)),
        color=alt.Color(
            "period:N",
            title=None,
            scale=alt.Scale(domain=periods, range=[look[text][0] for text in periods]),
            legend=legend,
        ),
        tooltip=[
            alt.Tooltip("on:T", title="Day", format="%A, %d %B %Y"),
            alt.Tooltip("value:Q", title=name, format=number_format),
            alt.Tooltip("period:N", title="Period"),
        ],
    )
    dash = alt.StrokeDash(
        "period:N", scale=alt.Scale(domain=periods, range=[look[text][1] for text in periods]), legend=legend
    )
    line = base.mark_line(strokeWidth=2).encode(strokeDash=dash)
    # Points are what the pointer meets, also where a period has a single day.
    points = base.mark_circle(size=45, opacity=1 if rows.height <= 2 else 0.25)
    return cast(
        "alt.LayerChart", alt.layer(line, points, *so_far(base, rows, "on", today)).properties(height=240)
    )
