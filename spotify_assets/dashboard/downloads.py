"""Charts with what can be taken along of them: the numbers as CSV, the picture as PNG."""

from collections.abc import Callable
from typing import Any

import altair as alt
import polars as pl
import streamlit as st

from spotify_assets.charts.theme import to_png, undressed
from spotify_assets.dashboard.text import csv

Draw = Callable[[pl.DataFrame], "alt.TopLevelMixin"]


def picture(title: str, draw: Draw, rows: pl.DataFrame, *, says: str, name: str) -> None:
    """A chart with its numbers as CSV and its picture as PNG.

    Args:
        title: what it shows.
        draw: makes the chart from the rows.
        rows: its numbers.
        says: the same for those who do not see it.
        name: of the files, unique on the page.
    """
    chart: Any = draw(rows)
    # Only the width is fitted: a chart's height is that of its plotting area, here as in every other place.
    fitted = {"description": says, "autosize": {"type": "fit-x", "contains": "padding"}}
    st.vega_lite_chart(spec=undressed(chart) | fitted, width="stretch", key=f"chart {name}")
    with st.container(horizontal=True):
        csv_button(rows, name)
        st.download_button(
            "PNG",
            data=lambda: to_png(chart.properties(title=title, description=says)),
            file_name=f"{name}.png",
            mime="image/png",
            key=f"png {name}",
            type="tertiary",
            icon=":material/image:",
            on_click="ignore",
            help=f"{title} as a picture",
        )


def csv_button(rows: pl.DataFrame, name: str) -> None:
    """Rows as a file for a spreadsheet."""
    st.download_button(
        "CSV",
        data=lambda: csv(rows),
        file_name=f"{name}.csv",
        mime="text/csv",
        key=f"csv {name}",
        type="tertiary",
        icon=":material/table:",
        on_click="ignore",
        help="These numbers, for a spreadsheet",
    )
