"""Genres: shares, skip rates and how shares move."""

from typing import TYPE_CHECKING, cast

import polars as pl

from spotify_assets.charts.theme import PERCENT, colours, dates_as_text, marks, steps_axis

if TYPE_CHECKING:
    import altair as alt


def shares_over_time(rows: pl.DataFrame) -> "alt.LayerChart":
    """The share of streams of a handful of genres, one line each.

    Args:
        rows: `step` (first day of the week or month), `genre`, `stream_share`.
    """
    import altair as alt  # noqa: PLC0415

    names = (
        rows.group_by("genre")
        .agg(pl.col("stream_share").sum())
        .sort("stream_share", "genre", descending=True)
    )["genre"].to_list()
    look = colours(names)
    base = alt.Chart(dates_as_text(rows)).encode(
        x=alt.X("step:T", title=None, axis=steps_axis(rows["step"])),
        y=alt.Y("stream_share:Q", title="share of streams", axis=alt.Axis(format="%", tickCount=5)),
        color=alt.Color("genre:N", **look),
        shape=alt.Shape("genre:N", **marks(names), legend=look["legend"]),
        tooltip=[
            alt.Tooltip("genre:N", title="Genre"),
            alt.Tooltip("step:T", title="From", format="%d %B %Y"),
            alt.Tooltip("stream_share:Q", title="Share of streams", format=PERCENT),
        ],
    )
    points = base.mark_point(filled=True, size=70, opacity=1)
    return cast("alt.LayerChart", alt.layer(base.mark_line(strokeWidth=2), points).properties(height=280))
