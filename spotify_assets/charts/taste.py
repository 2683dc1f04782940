"""One listener's taste: eras, moods, the plane of valence and energy, and what rose and fell."""

from typing import TYPE_CHECKING, Any, cast

import polars as pl

from spotify_assets.charts.periods import ASKED, COMPARED, HEIGHT, LABEL_WIDTH, colour_of_period, named
from spotify_assets.charts.theme import BLUE, COUNT, GREY, PERCENT, VERMILION, heat

if TYPE_CHECKING:
    import altair as alt

_MOODS = ("happy", "tense", "sad", "calm")


def eras(rows: pl.DataFrame) -> "alt.Chart":
    """Share of streams by decade of release, both periods side by side.

    Args:
        rows: the figure `eras`.
    """
    import altair as alt  # noqa: PLC0415

    known = named(rows.filter(pl.col("decade").is_not_null())).with_columns(decade=pl.format("{}s", "decade"))
    chart: alt.Chart = (
        alt.Chart(known)
        .mark_bar()
        .encode(
            x=alt.X(
                "decade:O", title="Decade of release", axis=alt.Axis(labelAngle=0, labelOverlap="greedy")
            ),
            xOffset=alt.XOffset("who:N", sort=[ASKED, COMPARED]),
            y=alt.Y("stream_share:Q", title="Share of streams", axis=alt.Axis(format="%", tickCount=5)),
            color=colour_of_period(rows),
            tooltip=[
                alt.Tooltip("decade:O", title="Decade"),
                alt.Tooltip("stream_share:Q", title="Share of streams", format=PERCENT),
                alt.Tooltip("streams:Q", title="Streams", format=COUNT),
                alt.Tooltip("who:N", title="Period"),
            ],
        )
        .properties(height=HEIGHT)
    )
    return chart


def moods(rows: pl.DataFrame) -> "alt.Chart":
    """Share of streams of each mood, both periods side by side.

    Args:
        rows: the figure `moods`; streams of unknown mood are left out.
    """
    import altair as alt  # noqa: PLC0415

    known = named(rows.filter(pl.col("mood") != "unknown"))
    chart: alt.Chart = (
        alt.Chart(known)
        .mark_bar()
        .encode(
            x=alt.X("mood:N", title=None, sort=list(_MOODS), axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("who:N", sort=[ASKED, COMPARED]),
            y=alt.Y("stream_share:Q", title="Share of streams", axis=alt.Axis(format="%", tickCount=5)),
            color=colour_of_period(rows),
            tooltip=[
                alt.Tooltip("mood:N", title="Mood"),
                alt.Tooltip("stream_share:Q", title="Share of streams", format=PERCENT),
                alt.Tooltip("streams:Q", title="Streams", format=COUNT),
                alt.Tooltip("who:N", title="Period"),
            ],
        )
        .properties(height=HEIGHT)
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
            "mood": list(_MOODS),
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
            x2=alt.X2("valence_to:Q"),
            y=alt.Y("energy_from:Q", title="Energy →", **unit),
            y2=alt.Y2("energy_to:Q"),
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
        alt.Chart(middle).mark_rule(color=GREY, strokeDash=[4, 3]).encode(**{channel: middle_of(0.5)})
        for channel, middle_of in (("x", alt.XDatum), ("y", alt.YDatum))
    ]
    names = (
        alt.Chart(corners)
        .mark_text(fontSize=13, fontWeight="bold", color=VERMILION)
        .encode(x=alt.X("x:Q"), y=alt.Y("y:Q"), text=alt.Text("mood:N"))
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
            y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=LABEL_WIDTH, ticks=False)),
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
