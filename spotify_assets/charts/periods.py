"""What the charts of one listener share: the two periods, their names and colours, and the sizes."""

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
