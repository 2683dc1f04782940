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


PADDING = 5
"""Pixels around a chart, which Vega leaves where nothing else is said."""


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
    # A label that would run out of the paper at its end is left out: fitted, no room is made for it.
    plain = undressed(chart)
    fitted = {
        "description": says,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": plain.get("config", {}) | {"axisX": {"labelBound": PADDING}},
    }
    st.vega_lite_chart(spec=plain | fitted, width="stretch", key=f"chart {name}")
    with st.container(horizontal=True):
        csv_button(rows, name)
        _button(
            f"{name}.png",
            lambda: to_png(chart.properties(title=title, description=says)),
            mime="image/png",
            icon=":material/image:",
            says=f"{title} as a picture",
        )


def csv_button(rows: pl.DataFrame, name: str) -> None:
    """Rows as a file for a spreadsheet."""
    _button(
        f"{name}.csv",
        lambda: csv(rows),
        mime="text/csv",
        icon=":material/table:",
        says="These numbers, for a spreadsheet",
    )


def playlist_buttons(rows: pl.DataFrame, name: str) -> None:
    """Tracks as a playlist and as URIs; nothing where the rows are no tracks that a player could find."""
    tracks = playable(rows)
    if tracks.is_empty():
        return
    _button(
        f"{name}.m3u8",
        lambda: m3u8(tracks),
        mime="audio/x-mpegurl",
        icon=":material/queue_music:",
        says="These tracks as a playlist",
    )
    _button(
        f"{name}_uris.csv",
        lambda: csv(tracks),
        mime="text/csv",
        icon=":material/link:",
        says="The addresses of these tracks, which services import as a playlist",
        label="URIs",
    )


def _button(
    file: str, made: Callable[[], str | bytes], *, mime: str, icon: str, says: str, label: str = ""
) -> None:
    """A file that is made when somebody asks for it; its ending is the button's word by default."""
    name, kind = file.rsplit(".", 1)
    st.download_button(
        label or kind.upper(),
        data=made,
        file_name=file,
        mime=mime,
        key=f"{kind} {name}",
        type="tertiary",
        icon=icon,
        on_click="ignore",
        help=says,
    )
