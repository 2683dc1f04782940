"""What the charts of one listener share: the two periods, their names and colours, and the sizes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from spotify_assets.charts.theme import BLUE, GREY

if TYPE_CHECKING:
    import altair as alt

ASKED, COMPARED = "this period", "compared period"
"""What the two periods are called in legends."""
HEIGHT = 200
"""Height of a chart over time or of shares, in pixels."""
LABEL_WIDTH = 204
"""Room for the name beside a bar, in pixels: about 34 letters."""
_LABEL_PADDING = 9
"""Room above the names of days and months, so that the first one stands clear of the zero beside it."""


def named(rows: pl.DataFrame) -> pl.DataFrame:
    """With the period's name as people read it, in `who`."""
    return rows.with_columns(who=pl.col("period").replace_strict({"asked": ASKED, "compared": COMPARED}))


def colour_of_period(rows: pl.DataFrame) -> "alt.Color":
    """The colours of the two periods; a legend only where there are two."""
    import altair as alt  # noqa: PLC0415

    both = rows["period"].n_unique() > 1
    return alt.Color(
        "who:N",
        title=None,
        sort=[ASKED, COMPARED],
        scale=alt.Scale(domain=[ASKED, COMPARED], range=[BLUE, GREY]),
        # Squares without a rim, whatever the mark: on dark paper a rim outshines the colour.
        legend=alt.Legend(orient="bottom", symbolType="square", symbolStrokeWidth=0) if both else None,
    )


def band_of_dates(field: str, form: str) -> "alt.X":
    """An axis with a band for each date of a field, so that bars and marks stand in its middle.

    Args:
        field: of dates as text (`theme.dates_as_text`).
        form: of the dates that are named, in Vega's notation.
    """
    import altair as alt  # noqa: PLC0415

    axis = alt.Axis(
        labelExpr=f"timeFormat(toDate(datum.value), '{form}')",
        grid=False,
        labelOverlap="greedy",
        labelSeparation=8,
        labelAngle=0,
        labelPadding=_LABEL_PADDING,
        ticks=False,
    )
    return alt.X(f"{field}:O", title=None, axis=axis)


def labels(names: Mapping[int, str] | Mapping[str, str]) -> str:
    """An expression of Vega that gives the name of a value of an axis."""
    return "{" + ", ".join(f"'{value}': '{name}'" for value, name in names.items()) + "}[datum.value]"
