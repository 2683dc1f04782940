"""The graphs of one listener's recap in one picture."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from spotify_assets.charts import personal, taste

if TYPE_CHECKING:
    import altair as alt

_WIDTH = 760


def poster(title: str, lines: list[str], figures: Mapping[str, pl.DataFrame]) -> "alt.VConcatChart":
    """The graphs of a recap in one picture: figures in words, listening time, tops, hours, eras, moods.

    A graph of which the asked period has nothing is left out.

    Args:
        title: who and when.
        lines: the main figures in words, one under the other below the title.
        figures: the frames of `figures.personal`, by name.
    """
    import altair as alt  # noqa: PLC0415

    half, narrow = _WIDTH // 2 - 130, _WIDTH // 2 - 60
    drawn: list[list[tuple[str, Any, pl.DataFrame, str, int]]] = [
        [("Listening time", personal.listening_time, figures["timeline"], "minutes_listened", _WIDTH)],
        [
            ("Artists", partial(personal.tops, name="artist_name"), figures["artists"], "streams", half),
            ("Tracks", partial(personal.tops, name="track_name"), figures["tracks"], "streams", half),
        ],
        [("Hours of the week", personal.hours_of_week, figures["hours"], "minutes_listened", _WIDTH)],
        [
            ("Eras", taste.eras, figures["eras"].drop_nulls("decade"), "streams", narrow),
            ("Moods", taste.moods, figures["moods"].filter(pl.col("mood") != "unknown"), "streams", narrow),
        ],
    ]
    rows = [
        [_titled(draw(rows), name, width) for name, draw, rows, number, width in row if _has(rows, number)]
        for row in drawn
    ]
    parts = [row[0] if len(row) == 1 else alt.hconcat(*row) for row in rows if row]
    parts = parts or [
        alt.Chart(pl.DataFrame({"says": ["Nothing was heard."]})).mark_text().encode(text=alt.Text("says"))
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
