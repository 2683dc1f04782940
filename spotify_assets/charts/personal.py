"""One listener: listening time, discoveries, hours, calendar, tops, endings.

Charts have no title and no width: a heading stands above them where they are shown, and whoever shows them
knows how much room there is. The compared period is drawn in grey, as a mark on or beside the asked one's.
"""

from datetime import date
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from spotify_assets.charts.periods import (
    ASKED,
    COMPARED,
    HEIGHT,
    LABEL_WIDTH,
    band_of_dates,
    colour_of_period,
    labels,
    named,
)
from spotify_assets.charts.theme import (
    BLUE,
    COUNT,
    GREEN,
    GREY,
    ORANGE,
    PERCENT,
    PINK,
    ROW_HEIGHT,
    SKY,
    VERMILION,
    dates_as_text,
    heat,
    so_far,
)

if TYPE_CHECKING:
    import altair as alt

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
TOP = 10
"""Names in a list of tops."""
CALENDAR_FROM, CALENDAR_UP_TO = 28, 400
"""Days of a calendar that says more than bars, and that can still be read."""
_BEFORE: dict[str, Any] = {
    "fill": GREY,
    "opacity": 1,
    "stroke": "#FFFFFF",
    "strokeWidth": 1,
    "thickness": 5,
    "bandSize": 18,
}
"""A tick where the compared period was; its white rim parts it from the bar below."""
_WEEKDAY_AXIS: dict[str, Any] = {"ticks": False, "labelOverlap": False, "labelFlush": False}
"""Every weekday beside its row: Streamlit's theme would move the first and the last one inwards."""
_CELL = 18
_TRUNCATED_TO = {"day": "1d", "week": "1w", "month": "1mo"}
_DATE_FORMATS = {"day": "%d %b", "week": "%d %b", "month": "%b %y"}
_ENDING_COLOURS = (GREEN, SKY, BLUE, ORANGE, VERMILION, PINK, GREY)


def listening_time(timeline: pl.DataFrame, today: date | None = None) -> "alt.LayerChart":
    """Hours on the clock by day, week or month as bars; the compared period, laid over it, as ticks.

    Args:
        timeline: the figure `timeline`.
        today: the listener's date, whose day, week or month is marked as not over.
    """
    import altair as alt  # noqa: PLC0415

    rows = dates_as_text(_laid_over(timeline).with_columns(hours=pl.col("minutes_listened") / 60))
    bucket = timeline["bucket"][0]
    tooltip = [
        alt.Tooltip("starts_on:T", title=f"{bucket.capitalize()} of", format="%d %B %Y"),
        alt.Tooltip("hours:Q", title="Hours listened", format=",.1f"),
        alt.Tooltip("streams:Q", title="Streams", format=COUNT),
        alt.Tooltip("who:N", title="Period"),
    ]
    base = alt.Chart(rows).encode(
        x=band_of_dates("on", _DATE_FORMATS[bucket]),
        y=alt.Y("hours:Q", title="Hours listened", axis=alt.Axis(tickCount=5)),
        tooltip=tooltip,
    )
    bars = (
        base.transform_filter(f"datum.who == '{ASKED}'").mark_bar().encode(color=colour_of_period(timeline))
    )
    ticks = (
        base.transform_filter(f"datum.who == '{COMPARED}'")
        .mark_tick(**_BEFORE)
        .encode(color=colour_of_period(timeline))
    )
    since = pl.select(pl.lit(today).dt.truncate(_TRUNCATED_TO[bucket])).item() if today else None
    asked = base.transform_filter(f"datum.who == '{ASKED}'")
    mark = so_far(asked, timeline.filter(pl.col("period") == "asked"), "starts_on", since, in_bars=True)
    before = [ticks] if timeline["period"].n_unique() > 1 else []
    return cast("alt.LayerChart", alt.layer(bars, *before, *mark).properties(height=HEIGHT))


def discoveries(timeline: pl.DataFrame) -> "alt.Chart":
    """Tracks heard for the first time, by day, week or month of the asked period.

    Args:
        timeline: the figure `timeline`.
    """
    import altair as alt  # noqa: PLC0415

    rows = dates_as_text(timeline.filter(pl.col("period") == "asked").with_columns(on="starts_on"))
    chart: alt.Chart = (
        alt.Chart(rows)
        .mark_bar(color=GREEN)
        .encode(
            x=band_of_dates("on", _DATE_FORMATS[timeline["bucket"][0]]),
            y=alt.Y("new_tracks:Q", title="New tracks", axis=alt.Axis(tickCount=5, tickMinStep=1)),
            tooltip=[
                alt.Tooltip("starts_on:T", title="From", format="%d %B %Y"),
                alt.Tooltip("new_tracks:Q", title="New tracks", format=COUNT),
                alt.Tooltip("new_artists:Q", title="New artists", format=COUNT),
            ],
        )
        .properties(height=HEIGHT)
    )
    return chart


def hours_of_week(hours: pl.DataFrame) -> "alt.Chart":
    """Minutes of each hour of the week, as a heat map.

    Args:
        hours: the figure `hours`; the asked period is drawn.
    """
    import altair as alt  # noqa: PLC0415

    rows = hours.filter(pl.col("period") == "asked").with_columns(
        weekday=(pl.col("local_weekday") - 1).replace_strict(dict(enumerate(WEEKDAYS)))
    )
    chart: alt.Chart = (
        alt.Chart(rows)
        .mark_rect()
        .encode(
            x=alt.X(
                "local_hour:O",
                title="Hour of the listener's clock",
                axis=alt.Axis(labelAngle=0, values=list(range(0, 24, 3))),
            ),
            y=alt.Y("weekday:O", title=None, sort=list(WEEKDAYS), axis=alt.Axis(**_WEEKDAY_AXIS)),
            color=alt.Color(
                "minutes_listened:Q",
                title="Minutes",
                scale=heat(domainMin=0),
                legend=alt.Legend(orient="bottom", gradientLength=160),
            ),
            tooltip=[
                alt.Tooltip("weekday:O", title="Weekday"),
                alt.Tooltip("local_hour:O", title="Hour"),
                alt.Tooltip("minutes_listened:Q", title="Minutes listened", format=COUNT),
            ],
        )
        .properties(height=7 * _CELL)
    )
    return chart


def calendar(days: pl.DataFrame) -> "alt.Chart":
    """Minutes of each date, weeks side by side, so that streaks are rows of lit cells.

    Args:
        days: the figure `days`; the asked period is drawn.
    """
    import altair as alt  # noqa: PLC0415

    rows = days.filter(pl.col("period") == "asked").with_columns(
        weekday=(pl.col("local_date").dt.weekday() - 1).replace_strict(dict(enumerate(WEEKDAYS))),
        week=pl.col("local_date").dt.truncate("1w").dt.to_string("%Y-%m-%d"),
        month=pl.col("local_date").dt.to_string("%b %Y"),
    )
    # The axis names a month at its first week.
    first_weeks = rows.group_by("month").agg(pl.col("week").min()).sort("week")
    months = dict(zip(first_weeks["week"], first_weeks["month"], strict=True))
    chart: alt.Chart = (
        alt.Chart(dates_as_text(rows))
        .mark_rect()
        .encode(
            x=alt.X(
                "week:O",
                title=None,
                axis=alt.Axis(
                    values=list(months),
                    labelExpr=labels({week: month[:3] for week, month in months.items()}),
                    labelAngle=0,
                    labelAlign="left",
                    labelOverlap="parity",
                    labelSeparation=6,
                    ticks=False,
                ),
            ),
            y=alt.Y(
                "weekday:O",
                title=None,
                sort=list(WEEKDAYS),
                axis=alt.Axis(**_WEEKDAY_AXIS),
            ),
            color=alt.Color(
                "minutes_listened:Q",
                title="Minutes",
                scale=heat(domainMin=0),
                legend=alt.Legend(orient="bottom", gradientLength=160),
            ),
            tooltip=[
                alt.Tooltip("local_date:T", title="Date", format="%A, %d %B %Y"),
                alt.Tooltip("minutes_listened:Q", title="Minutes listened", format=COUNT),
                alt.Tooltip("streams:Q", title="Streams", format=COUNT),
            ],
        )
        .properties(height=7 * _CELL)
    )
    return chart


def tops(rows: pl.DataFrame, name: str, by: str = "streams") -> "alt.LayerChart":
    """The names at the top by streams or by minutes as bars; a tick where the compared period was.

    Args:
        rows: the figure `tracks`, `artists`, `albums` or `genres`.
        name: its column with the names.
        by: `streams` or `minutes`.
    """
    import altair as alt  # noqa: PLC0415

    rank = f"rank_by_{by}"
    top = rows.filter(pl.col(rank) <= TOP).sort(rank)
    beside = "artist_name" if "artist_name" in rows.columns and name != "artist_name" else None
    label = pl.format("{} · {}", name, beside) if beside else pl.col(name)
    top = top.select(
        rank,
        "streams",
        "minutes",
        label=pl.format("{}. {}", rank, label),
        value=by,
        before=f"{by}_before",
    )
    title = "Streams" if by == "streams" else "Minutes played"
    base = alt.Chart(top).encode(
        y=alt.Y(
            "label:N",
            title=None,
            sort=None,
            axis=alt.Axis(labelLimit=LABEL_WIDTH, ticks=False, domain=False),
        ),
        tooltip=[
            alt.Tooltip("label:N", title="Name"),
            alt.Tooltip("streams:Q", title="Streams", format=",.4~r"),
            alt.Tooltip("minutes:Q", title="Minutes played", format=COUNT),
            alt.Tooltip("before:Q", title=f"{title} in the compared period", format=COUNT),
        ],
    )
    bars = base.mark_bar(color=BLUE).encode(x=alt.X("value:Q", title=title, axis=alt.Axis(tickCount=5)))
    ticks = base.mark_tick(**_BEFORE).encode(x=alt.X("before:Q"))
    layers = [bars, ticks] if top["before"].count() else [bars]
    return cast("alt.LayerChart", alt.layer(*layers).properties(height=ROW_HEIGHT * max(top.height, 1)))


def endings(rows: pl.DataFrame) -> "alt.Chart":
    """How playbacks ended, as one whole for each period.

    Args:
        rows: the figure `skips`.
    """
    import altair as alt  # noqa: PLC0415

    order = rows["ending"].unique(maintain_order=True).to_list()
    numbered = named(rows).with_columns(order=pl.col("ending").replace_strict(order, range(len(order))))
    chart: alt.Chart = (
        alt.Chart(numbered)
        .mark_bar(size=ROW_HEIGHT)
        .encode(
            y=alt.Y("who:N", title=None, sort=[ASKED, COMPARED], axis=alt.Axis(ticks=False, domain=False)),
            x=alt.X("share:Q", title="Share of plays", axis=alt.Axis(format="%", tickCount=5)),
            color=alt.Color(
                "ending:N",
                title=None,
                scale=alt.Scale(domain=order, range=list(_ENDING_COLOURS)),
                legend=alt.Legend(orient="bottom", columns=1, labelLimit=200),
            ),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("ending:N", title="Ending"),
                alt.Tooltip("share:Q", title="Share of plays", format=PERCENT),
                alt.Tooltip("plays:Q", title="Plays", format=COUNT),
                alt.Tooltip("who:N", title="Period"),
            ],
        )
        .properties(height=(ROW_HEIGHT + 12) * numbered["who"].n_unique())
    )
    return chart


def _laid_over(timeline: pl.DataFrame) -> pl.DataFrame:
    """The compared rows at the place of the asked ones, first on first; what is left over is not drawn."""
    places = timeline.filter(pl.col("period") == "asked").select("position", on="starts_on")
    return named(timeline).join(places, on="position", how="inner")
