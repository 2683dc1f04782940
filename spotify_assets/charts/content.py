"""What was heard most, and how ranks move."""

import json
from typing import TYPE_CHECKING, cast

import polars as pl

from spotify_assets.charts.theme import (
    BLUE,
    COUNT,
    GREY,
    ROW_HEIGHT,
    colours,
    dates_as_text,
    marks,
    steps_axis,
)

if TYPE_CHECKING:
    import altair as alt

_LABEL_LIMIT = 170


def bars(
    rows: pl.DataFrame, label: str, value: str, name: str, number_format: str = COUNT
) -> "alt.LayerChart":
    """One bar per row in the order of the rows, with its number; `previous`, where there is one, as a tick.

    Args:
        rows: the columns `label` and `value`, and perhaps `previous`, the value of the compared period.
        label: column with the names; they may repeat.
        value: column with the numbers.
        name: what the number is.
        number_format: in Vega's notation.
    """
    import altair as alt  # noqa: PLC0415

    numbered = rows.with_row_index("position").with_columns(
        shown=pl.format("{}", pl.col(label).fill_null("unknown")),
    )
    # Two tracks may have one name: the axis goes by position, and shows the name that belongs to it.
    names = numbered["shown"].to_list()
    axis = alt.Axis(
        labelExpr=f"{_as_javascript(names)}[datum.value]",
        labelLimit=_LABEL_LIMIT,
        ticks=False,
        domain=False,
        labelOverlap=False,
    )
    base = alt.Chart(numbered).encode(y=alt.Y("position:O", title=None, axis=axis))
    x = alt.X(f"{value}:Q", title=name, axis=alt.Axis(format=number_format, tickCount=4))
    tooltip = [
        alt.Tooltip("shown:N", title="Name"),
        alt.Tooltip(f"{value}:Q", title=name, format=number_format),
    ]
    with_previous = "previous" in rows.columns and rows["previous"].null_count() < rows.height
    if with_previous:
        tooltip.append(alt.Tooltip("previous:Q", title="Compared period", format=number_format))
    layers = [base.mark_bar(color=BLUE, height={"band": 0.7}).encode(x=x, tooltip=tooltip)]
    if with_previous:
        tick = base.mark_tick(color=GREY, thickness=3, height={"band": 0.9})
        layers.append(tick.encode(x=alt.X("previous:Q"), tooltip=tooltip))
    return cast("alt.LayerChart", alt.layer(*layers).properties(height=ROW_HEIGHT * rows.height))


def _as_javascript(names: list[str]) -> str:
    """Names as an array in Vega's expression language."""
    return json.dumps(names)


def ranks(rows: pl.DataFrame) -> "alt.LayerChart":
    """Ranks over time, the first place on top, one line each.

    Args:
        rows: `step` (first day of the week or month), `name`, `rank`, `value`; a handful of names.
    """
    import altair as alt  # noqa: PLC0415

    names = rows.sort("step", "rank")["name"].unique(maintain_order=True).to_list()
    shown = dates_as_text(rows)
    look = colours(names, columns=1, label_limit=2 * _LABEL_LIMIT)
    base = alt.Chart(shown).encode(
        x=alt.X("step:T", title=None, axis=steps_axis(rows["step"])),
        y=alt.Y(
            "rank:Q", title="rank", scale=alt.Scale(reverse=True, zero=False), axis=alt.Axis(tickMinStep=1)
        ),
        color=alt.Color("name:N", **look),
        shape=alt.Shape("name:N", **marks(names), legend=look["legend"]),
        tooltip=[
            alt.Tooltip("name:N", title="Name"),
            alt.Tooltip("step:T", title="From", format="%d %B %Y"),
            alt.Tooltip("rank:Q", title="Rank"),
            alt.Tooltip("value:Q", title="Streams or minutes", format=COUNT),
        ],
    )
    lines = base.mark_line(strokeWidth=2)
    points = base.mark_point(filled=True, size=80, opacity=1)
    return cast("alt.LayerChart", alt.layer(lines, points).properties(height=300))
