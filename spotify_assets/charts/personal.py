"""One listener: listening time, tops, hours, discoveries, eras, endings, moods, taste shift, and all in one.

Charts have no title and no width: a heading stands above them where they are shown, and whoever shows them
knows how much room there is. The compared period is drawn in grey, as a mark on or beside the asked one's.
"""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import polars as pl

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
)

if TYPE_CHECKING:
    import altair as alt

ASKED, COMPARED = "this period", "compared period"
"""What the two periods are called in legends."""
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
_HEIGHT = 200
_POSTER_WIDTH = 760
_LABEL_LENGTH = 34
_DATE_FORMATS = {"day": "%d %b", "week": "%d %b", "month": "%b %y"}
_ENDING_COLOURS = (GREEN, SKY, BLUE, ORANGE, VERMILION, PINK, GREY)
_MOOD_COLOURS = {"happy": ORANGE, "tense": VERMILION, "sad": BLUE, "calm": GREEN}


def listening_time(timeline: pl.DataFrame) -> "alt.LayerChart":
    """Hours on the clock by day, week or month as bars; the compared period, laid over it, as ticks.

    Args:
        timeline: the figure `timeline`.
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
        x=_time_axis(bucket),
        y=alt.Y("hours:Q", title="Hours listened", axis=alt.Axis(tickCount=5)),
        tooltip=tooltip,
    )
    bars = base.transform_filter(f"datum.who == '{ASKED}'").mark_bar().encode(color=_who(timeline))
    ticks = (
        base.transform_filter(f"datum.who == '{COMPARED}'").mark_tick(**_BEFORE).encode(color=_who(timeline))
    )
    return cast("alt.LayerChart", alt.layer(bars, ticks).properties(height=_HEIGHT))


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
            x=_time_axis(timeline["bucket"][0]),
            y=alt.Y("new_tracks:Q", title="New tracks", axis=alt.Axis(tickCount=5, tickMinStep=1)),
            tooltip=[
                alt.Tooltip("starts_on:T", title="From", format="%d %B %Y"),
                alt.Tooltip("new_tracks:Q", title="New tracks", format=COUNT),
                alt.Tooltip("new_artists:Q", title="New artists", format=COUNT),
            ],
        )
        .properties(height=_HEIGHT)
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
    names = "{" + ", ".join(f"'{week}': '{month[:3]}'" for week, month in months.items()) + "}"
    chart: alt.Chart = (
        alt.Chart(dates_as_text(rows))
        .mark_rect()
        .encode(
            x=alt.X(
                "week:O",
                title=None,
                axis=alt.Axis(
                    values=list(months),
                    labelExpr=f"{names}[datum.value]",
                    labelAngle=0,
                    labelAlign="left",
                    labelOverlap="greedy",
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
            axis=alt.Axis(labelLimit=6 * _LABEL_LENGTH, ticks=False, domain=False),
        ),
        tooltip=[
            alt.Tooltip("label:N", title="Name"),
            alt.Tooltip("streams:Q", title="Streams", format=",.4~r"),
            alt.Tooltip("minutes:Q", title="Minutes played", format=COUNT),
            alt.Tooltip("before:Q", title=f"{title} in the compared period", format=COUNT),
        ],
    )
    bars = base.mark_bar(color=BLUE).encode(x=alt.X("value:Q", title=title, axis=alt.Axis(tickCount=5)))
    ticks = base.mark_tick(**_BEFORE).encode(x="before:Q")
    return cast("alt.LayerChart", alt.layer(bars, ticks).properties(height=ROW_HEIGHT * max(top.height, 1)))


def eras(rows: pl.DataFrame) -> "alt.Chart":
    """Share of streams by decade of release, both periods side by side.

    Args:
        rows: the figure `eras`.
    """
    import altair as alt  # noqa: PLC0415

    known = _named(rows.filter(pl.col("decade").is_not_null())).with_columns(
        decade=pl.format("{}s", "decade")
    )
    chart: alt.Chart = (
        alt.Chart(known)
        .mark_bar()
        .encode(
            x=alt.X(
                "decade:O", title="Decade of release", axis=alt.Axis(labelAngle=0, labelOverlap="greedy")
            ),
            xOffset=alt.XOffset("who:N", sort=[ASKED, COMPARED]),
            y=alt.Y("stream_share:Q", title="Share of streams", axis=alt.Axis(format="%", tickCount=5)),
            color=_who(rows),
            tooltip=[
                alt.Tooltip("decade:O", title="Decade"),
                alt.Tooltip("stream_share:Q", title="Share of streams", format=PERCENT),
                alt.Tooltip("streams:Q", title="Streams", format=COUNT),
                alt.Tooltip("who:N", title="Period"),
            ],
        )
        .properties(height=_HEIGHT)
    )
    return chart


def endings(rows: pl.DataFrame) -> "alt.Chart":
    """How playbacks ended, as one whole for each period.

    Args:
        rows: the figure `skips`.
    """
    import altair as alt  # noqa: PLC0415

    order = rows["ending"].unique(maintain_order=True).to_list()
    numbered = _named(rows).with_columns(order=pl.col("ending").replace_strict(order, range(len(order))))
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


def moods(rows: pl.DataFrame) -> "alt.Chart":
    """Share of streams of each mood, both periods side by side.

    Args:
        rows: the figure `moods`; streams of unknown mood are left out.
    """
    import altair as alt  # noqa: PLC0415

    known = _named(rows.filter(pl.col("mood") != "unknown"))
    chart: alt.Chart = (
        alt.Chart(known)
        .mark_bar()
        .encode(
            x=alt.X("mood:N", title=None, sort=list(_MOOD_COLOURS), axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("who:N", sort=[ASKED, COMPARED]),
            y=alt.Y("stream_share:Q", title="Share of streams", axis=alt.Axis(format="%", tickCount=5)),
            color=_who(rows),
            tooltip=[
                alt.Tooltip("mood:N", title="Mood"),
                alt.Tooltip("stream_share:Q", title="Share of streams", format=PERCENT),
                alt.Tooltip("streams:Q", title="Streams", format=COUNT),
                alt.Tooltip("who:N", title="Period"),
            ],
        )
        .properties(height=_HEIGHT)
    )
    return chart


def mood_map(grid: pl.DataFrame) -> "alt.LayerChart":
    """Streams on the plane of valence and energy, with the names of its quadrants.

    Args:
        grid: the figure `mood_grid`.
    """
    import altair as alt  # noqa: PLC0415

    corners = pl.DataFrame(
        {
            "mood": ["happy", "tense", "sad", "calm"],
            "x": [0.75, 0.25, 0.25, 0.75],
            "y": [0.96, 0.96, 0.04, 0.04],
        }
    )
    unit: dict[str, Any] = {"scale": alt.Scale(domain=[0, 1]), "axis": alt.Axis(tickCount=5, format=".1f")}
    cells = (
        alt.Chart(
            grid.with_columns(valence_to=pl.col("valence_from") + 0.1, energy_to=pl.col("energy_from") + 0.1)
        )
        .mark_rect()
        .encode(
            x=alt.X("valence_from:Q", title="Valence (positive →)", **unit),
            x2="valence_to:Q",
            y=alt.Y("energy_from:Q", title="Energy →", **unit),
            y2="energy_to:Q",
            color=alt.Color(
                "streams:Q",
                title="Streams",
                scale=heat(domainMin=0),
                legend=alt.Legend(orient="bottom", gradientLength=160, tickMinStep=1),
            ),
            tooltip=[
                alt.Tooltip("valence_from:Q", title="Valence from", format=".1f"),
                alt.Tooltip("energy_from:Q", title="Energy from", format=".1f"),
                alt.Tooltip("streams:Q", title="Streams", format=COUNT),
            ],
        )
    )
    middle = pl.DataFrame({"at": [0.5]})
    rules = [
        alt.Chart(middle).mark_rule(color=GREY, strokeDash=[4, 3]).encode(**{channel: alt.datum(0.5)})
        for channel in ("x", "y")
    ]
    names = (
        alt.Chart(corners)
        .mark_text(fontSize=13, fontWeight="bold", color=VERMILION)
        .encode(x="x:Q", y="y:Q", text="mood:N")
    )
    return cast("alt.LayerChart", alt.layer(cells, *rules, names).properties(height=280))


def shift(rows: pl.DataFrame, kind: str) -> "alt.Chart":
    """Artists or genres whose share of streams rose or fell most, in percentage points.

    Args:
        rows: the figure `shift`.
        kind: `artist` or `genre`.
    """
    import altair as alt  # noqa: PLC0415

    chosen = rows.filter(pl.col("kind") == kind).sort("change", descending=True)
    chosen = chosen.with_columns(points=pl.col("change") * 100)
    chart: alt.Chart = (
        alt.Chart(chosen)
        .mark_bar()
        .encode(
            y=alt.Y(
                "name:N", title=None, sort=None, axis=alt.Axis(labelLimit=6 * _LABEL_LENGTH, ticks=False)
            ),
            x=alt.X("points:Q", title="Percentage points", axis=alt.Axis(tickCount=6)),
            color=alt.Color(
                "direction:N",
                title=None,
                scale=alt.Scale(domain=["rose", "fell"], range=[BLUE, VERMILION]),
                legend=alt.Legend(orient="bottom"),
            ),
            tooltip=[
                alt.Tooltip("name:N", title="Name"),
                alt.Tooltip("stream_share:Q", title="Share now", format=".2%"),
                alt.Tooltip("stream_share_before:Q", title="Share before", format=".2%"),
                alt.Tooltip("points:Q", title="Percentage points", format="+.2f"),
            ],
        )
        .properties(height=22 * max(chosen.height, 1))
    )
    return chart


def poster(title: str, lines: list[str], figures: Mapping[str, pl.DataFrame]) -> "alt.VConcatChart":
    """The graphs of a recap in one picture: figures in words, listening time, tops, hours, eras, moods.

    A graph of which the asked period has nothing is left out.

    Args:
        title: who and when.
        lines: the main figures in words, one under the other below the title.
        figures: the frames of `figures.personal`, by name.
    """
    import altair as alt  # noqa: PLC0415

    half, narrow = _POSTER_WIDTH // 2 - 130, _POSTER_WIDTH // 2 - 60
    drawn: list[list[tuple[str, Any, pl.DataFrame, str, int]]] = [
        [("Listening time", listening_time, figures["timeline"], "minutes_listened", _POSTER_WIDTH)],
        [
            ("Artists", partial(tops, name="artist_name"), figures["artists"], "streams", half),
            ("Tracks", partial(tops, name="track_name"), figures["tracks"], "streams", half),
        ],
        [("Hours of the week", hours_of_week, figures["hours"], "minutes_listened", _POSTER_WIDTH)],
        [
            ("Eras", eras, figures["eras"].drop_nulls("decade"), "streams", narrow),
            ("Moods", moods, figures["moods"].filter(pl.col("mood") != "unknown"), "streams", narrow),
        ],
    ]
    rows = [
        [_titled(draw(rows), name, width) for name, draw, rows, number, width in row if _has(rows, number)]
        for row in drawn
    ]
    parts = [row[0] if len(row) == 1 else alt.hconcat(*row) for row in rows if row]
    parts = parts or [
        alt.Chart(pl.DataFrame({"says": ["Nothing was heard."]})).mark_text().encode(text="says")
    ]
    chart: alt.VConcatChart = (
        alt.vconcat(*parts, spacing=28)
        .resolve_scale(color="independent", x="independent", y="independent")
        .properties(
            title=alt.Title(title, subtitle=lines, fontSize=22, subtitleFontSize=13, offset=20),
            padding=24,
        )
    )
    return chart


def _has(rows: pl.DataFrame, number: str) -> bool:
    """Whether the asked period has anything of what is drawn."""
    asked = rows.filter(pl.col("period") == "asked") if "period" in rows.columns else rows
    return bool(asked[number].sum())


def _titled(chart: Any, title: str, width: int) -> Any:
    import altair as alt  # noqa: PLC0415

    return chart.properties(title=alt.Title(title, anchor="start"), width=width)


def _named(rows: pl.DataFrame) -> pl.DataFrame:
    """With the period's name as people read it, in `who`."""
    return rows.with_columns(who=pl.col("period").replace_strict({"asked": ASKED, "compared": COMPARED}))


def _laid_over(timeline: pl.DataFrame) -> pl.DataFrame:
    """The compared rows at the place of the asked ones, first on first; what is left over is not drawn."""
    places = timeline.filter(pl.col("period") == "asked").select("position", on="starts_on")
    return _named(timeline).join(places, on="position", how="inner")


def _time_axis(bucket: str) -> "alt.X":
    """A band for each day, week or month, so that bars and ticks stand in its middle."""
    import altair as alt  # noqa: PLC0415

    label = f"timeFormat(toDate(datum.value), '{_DATE_FORMATS[bucket]}')"
    axis = alt.Axis(
        labelExpr=label, grid=False, labelOverlap="greedy", labelSeparation=8, labelAngle=0, ticks=False
    )
    return alt.X("on:O", title=None, axis=axis)


def _who(rows: pl.DataFrame) -> "alt.Color":
    """The colours of the two periods; a legend only where there are two."""
    import altair as alt  # noqa: PLC0415

    both = rows["period"].n_unique() > 1
    return alt.Color(
        "who:N",
        title=None,
        sort=[ASKED, COMPARED],
        scale=alt.Scale(domain=[ASKED, COMPARED], range=[BLUE, GREY]),
        legend=alt.Legend(orient="bottom") if both else None,
    )
