"""Charts with what can be taken along of them: the numbers as CSV, the picture as PNG."""

from collections.abc import Callable
from typing import Any

import altair as alt
import polars as pl
import streamlit as st

from spotify_assets.charts.theme import to_png, undressed
from spotify_assets.dashboard.text import csv
from spotify_assets.report.playlists import m3u8, playable

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


def playlist_button(rows: pl.DataFrame, name: str) -> None:
    """Tracks as a playlist; nothing where the rows are no tracks that a player could find."""
    if not {"track_id", "track_name", "artist_name"} <= set(rows.columns):
        return
    tracks = playable(rows)
    if tracks.is_empty():
        return
    st.download_button(
        "M3U8",
        data=lambda: m3u8(tracks),
        file_name=f"{name}.m3u8",
        mime="audio/x-mpegurl",
        key=f"m3u8 {name}",
        type="tertiary",
        icon=":material/queue_music:",
        on_click="ignore",
        help="These tracks as a playlist",
    )
