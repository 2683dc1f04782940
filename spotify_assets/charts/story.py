"""One listener looking back: what stood out, ranks over time, every day of many years, artists' journeys."""

from typing import TYPE_CHECKING, Any, cast

import polars as pl

from spotify_assets.charts.periods import HEIGHT, LABEL_WIDTH, band_of_dates, labels
from spotify_assets.charts.theme import (
    BLUE,
    COUNT,
    GREY,
    HEAT,
    LINES,
    ROW_HEIGHT,
    VERMILION,
    dates_as_text,
    heat,
)

if TYPE_CHECKING:
    import altair as alt

_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
"""Marks that tell lines apart without colour."""
_YEAR_CELL = 7
_DEEPEST = "#003F63"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE_FORMATS = {"period": "%b %y", "month": "%b %y", "week": "%d %b %y", "day": "%d %b %y"}
_BUCKET_FORMATS = {"week": "%d %b", "month": "%b %y", "quarter": "%b %y", "year": "%Y"}


def story(rows: pl.DataFrame, form: str, title: str) -> "alt.LayerChart":
    """One measure of every stretch of time as bars, the told one in another colour, and the usual as a line.

    Args:
        rows: of one kind and measure, `first_date`, `value`, `is_told` and, of the told one, `median_before`.
        form: of the values, in Vega's notation.
        title: of their axis.
    """
    import altair as alt  # noqa: PLC0415

    kind = rows["kind"][0]
    marked = dates_as_text(
        rows.with_columns(which=pl.when("is_told").then(pl.lit("told")).otherwise(pl.lit("others")))
    )
    base = alt.Chart(marked).encode(x=band_of_dates("first_date", _DATE_FORMATS[kind]))
    bars = base.mark_bar().encode(
        y=alt.Y("value:Q", title=title, axis=alt.Axis(format=form, tickCount=5)),
        color=alt.Color(
            "which:N", legend=None, scale=alt.Scale(domain=["told", "others"], range=[VERMILION, GREY])
        ),
        tooltip=[
            alt.Tooltip("first_date:T", title="From", format="%d %B %Y"),
            alt.Tooltip("value:Q", title=title, format=form),
        ],
    )
    told = marked.filter("is_told")
    usual = alt.Chart(told).mark_rule(color=BLUE, strokeDash=[5, 4]).encode(y=alt.Y("median_before:Q"))
    arrow = (
        base.transform_filter("datum.is_told")
        .mark_point(shape="triangle-down", filled=True, size=70, color=VERMILION, yOffset=-9)
        .encode(y=alt.Y("value:Q"))
    )
    return cast("alt.LayerChart", alt.layer(bars, usual, arrow).properties(height=HEIGHT))


def ranks(rows: pl.DataFrame) -> "alt.LayerChart":
    """Ranks of artists over time as a bump chart: the first rank on top, a gap where there were no streams.

    Args:
        rows: the figure `ranks`.
    """
    import altair as alt  # noqa: PLC0415

    order = rows["artist_name"].unique(maintain_order=True).to_list()
    bucket = rows["bucket"][0]
    deepest = min(int(rows["rank"].max() or 1), 20)  # type: ignore[arg-type]
    shown = dates_as_text(rows.filter(pl.col("rank") <= deepest))
    base = alt.Chart(shown).encode(
        x=band_of_dates("starts_on", _BUCKET_FORMATS[bucket]),
        y=alt.Y(
            "rank:Q",
            title="Rank",
            scale=alt.Scale(domain=[deepest + 0.5, 0.5], nice=False, zero=False),
            axis=alt.Axis(tickMinStep=1, format="d", grid=False, values=_rank_ticks(deepest)),
        ),
        color=alt.Color(
            "artist_name:N",
            title=None,
            sort=order,
            scale=alt.Scale(domain=order, range=list(LINES)),
            legend=alt.Legend(orient="bottom", columns=2, labelLimit=130, columnPadding=24, symbolOpacity=1),
        ),
        shape=alt.Shape(
            "artist_name:N", title=None, sort=order, scale=alt.Scale(domain=order, range=list(_SHAPES))
        ),
        tooltip=[
            alt.Tooltip("artist_name:N", title="Artist"),
            alt.Tooltip("starts_on:T", title="From", format="%d %B %Y"),
            alt.Tooltip("rank:Q", title="Rank", format=COUNT),
            alt.Tooltip("streams:Q", title="Streams", format=COUNT),
        ],
    )
    lines = base.mark_line(strokeWidth=2, interpolate="monotone").encode(shape=alt.ShapeValue("circle"))
    points = base.mark_point(filled=True, size=60, opacity=1)
    return cast("alt.LayerChart", alt.layer(lines, points).properties(height=240))


def _rank_ticks(deepest: int) -> list[int]:
    return [1, *range(5, deepest + 1, 5)] if deepest > 6 else list(range(1, deepest + 1))


def slots_of(days: pl.DataFrame) -> tuple[pl.DataFrame, list[int]]:
    """Where the dates of the asked period stand in a calendar of years, and the years.

    `week` is the column, counted from the week of the first of January, `slot` the row: eight for each year,
    of which the last is empty.
    """
    rows = days.filter(pl.col("period") == "asked")
    year = pl.col("local_date").dt.year()
    years = sorted(rows.select(year.unique()).to_series())
    first_weekday = pl.col("local_date").dt.truncate("1y").dt.weekday() - 1
    return rows.select(
        "local_date",
        pl.col("minutes_listened").round(1),
        week=(pl.col("local_date").dt.ordinal_day() - 1 + first_weekday) // 7,
        slot=(year - years[0]) * 8 + pl.col("local_date").dt.weekday() - 1,
    ), years


def shades_of(minutes: pl.Series) -> tuple[list[float], list[str]]:
    """Where the shades of a calendar change, and the shades: nothing, then thirds of what was heard."""
    heard = minutes.filter(minutes >= 1)
    thirds = (1 / 3, 2 / 3, 0.95) if len(heard) else ()
    found = {float(round(heard.quantile(share) or 1)) for share in thirds}
    limits = sorted({1.0} | {one for one in found if one > 1})
    return limits, list((*HEAT, _DEEPEST)[: len(limits) + 1])


def calendar_of_years(days: pl.DataFrame) -> "alt.Chart":
    """Minutes of each date, a band of seven rows for each year, in few shades so that years can be compared.

    Args:
        days: the figure `days`; the asked period is drawn.
    """
    import altair as alt  # noqa: PLC0415

    rows, years = slots_of(days)
    limits, shades = shades_of(rows["minutes_listened"])
    middles = {number * 8 + 3: str(one) for number, one in enumerate(years)}
    months = {round(month * 53 / 12): name for month, name in enumerate(MONTHS)}
    hidden: dict[str, Any] = {"ticks": False, "labelAngle": 0}
    x_axis = alt.Axis(
        values=list(months), labelExpr=labels(months), labelAlign="left", labelOverlap="parity", **hidden
    )
    y_axis = alt.Axis(values=list(middles), labelExpr=labels(middles), labelOverlap=False, **hidden)
    # Altair takes 5,000 rows of a frame, which are fewer dates than fourteen years have.
    chart: alt.Chart = (
        alt.Chart(alt.InlineData(values=dates_as_text(rows).to_dicts()))
        .mark_rect()
        .encode(
            x=alt.X(
                "week:O",
                title=None,
                scale=alt.Scale(domain=list(range(54)), paddingInner=0.1),
                axis=x_axis,
            ),
            y=alt.Y(
                "slot:O",
                title=None,
                scale=alt.Scale(domain=list(range(len(years) * 8)), paddingInner=0.1),
                axis=y_axis,
            ),
            color=alt.Color(
                "minutes_listened:Q",
                title="Minutes",
                scale=alt.Scale(type="threshold", domain=limits, range=shades),
                legend=alt.Legend(orient="bottom", type="symbol", columns=3, symbolType="square"),
            ),
            tooltip=[
                alt.Tooltip("local_date:T", title="Date", format="%A, %d %B %Y"),
                alt.Tooltip("minutes_listened:Q", title="Minutes listened", format=COUNT),
            ],
        )
        .properties(height=len(years) * 8 * _YEAR_CELL)
    )
    return chart


def journeys(rows: pl.DataFrame) -> "alt.Chart":
    """Streams of each artist over all that is known, a row for each: the darker the more.

    Args:
        rows: the figure `journeys`.
    """
    import altair as alt  # noqa: PLC0415

    order = rows["artist_name"].unique(maintain_order=True).to_list()
    bucket = rows["bucket"][0]
    y_axis: dict[str, Any] = {"labelLimit": LABEL_WIDTH // 2, "ticks": False, "domain": False}
    chart: alt.Chart = (
        alt.Chart(dates_as_text(rows))
        .mark_rect()
        .encode(
            x=band_of_dates("starts_on", _BUCKET_FORMATS[bucket]),
            y=alt.Y("artist_name:N", title=None, sort=order, axis=alt.Axis(**y_axis)),
            color=alt.Color(
                "streams:Q",
                title="Streams",
                scale=heat(domainMin=0),
                legend=alt.Legend(orient="bottom", gradientLength=160, tickMinStep=1),
            ),
            tooltip=[
                alt.Tooltip("artist_name:N", title="Artist"),
                alt.Tooltip("starts_on:T", title="From", format="%d %B %Y"),
                alt.Tooltip("streams:Q", title="Streams", format=COUNT),
            ],
        )
        .properties(height=ROW_HEIGHT * max(len(order), 1))
    )
    return chart
