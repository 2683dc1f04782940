"""Skips: how soon, where in a session, on what and when; and what the export's flag says of them."""

from functools import partial

import polars as pl
import streamlit as st

from spotify_assets.charts import skips as charts
from spotify_assets.charts.content import bars
from spotify_assets.charts.theme import PERCENT
from spotify_assets.dashboard.components import change, heading, heard, show, tile
from spotify_assets.dashboard.published import ask
from spotify_assets.figures import overview, skips
from spotify_assets.figures.skips import Dimension
from spotify_assets.figures.view import Filters

_DIMENSIONS: tuple[tuple[str, Dimension, str, str], ...] = (
    ("By position in the session", "position", "position", "21 stands for all later positions."),
    ("By device", "device", "", ""),
    ("By hour", "hour", "hour", "Hours of the listeners' own clocks at the start."),
    ("By what started the playback", "reason_start", "", "As the source names it."),
    ("By shuffle", "shuffle", "", ""),
)
"""Title, dimension, name of the axis where the values have an order of their own, and a note."""
_NAMED = partial(bars, label="value", value="skip_rate", name="skip rate", number_format=PERCENT)


def page(filters: Filters) -> None:
    """Draw the page."""
    heading("Skips", filters)
    heard(filters)
    compared = filters.of_compared()
    curve = ask(skips.survival, filters)
    curve_before = ask(skips.survival, compared) if compared else None
    now = skips.by_grade(curve)
    before = skips.by_grade(curve_before) if curve_before is not None else None
    with st.container(horizontal=True):
        for number, (grade, share) in enumerate(now.rows()):
            then = before["share"][number] if before is not None else None
            tile(
                f"Skipped {grade}",
                "–" if share is None else f"{share:.1%}",
                term="survival by second",
                change=change(share, then, points=True),
            )
    if unknown := overview.unknown_in_words(
        *ask(overview.counts, filters).select("unknowns", "plays").row(0)
    ):
        st.caption(unknown)
    show(
        "Survival by second",
        charts.survival_of_periods,
        _both(curve, curve_before),
        term="survival by second",
        name="skip_survival",
        note="Playbacks that lasted longer are counted in second 300.",
    )
    for title, dimension, axis, note in _DIMENSIONS:
        show(
            title,
            partial(charts.rates, name=axis) if axis else _NAMED,
            ask(skips.by_dimension, filters, dimension),
            term="skip rate",
            name=f"skip_rate_by_{dimension}",
            note=note,
        )
    show(
        "The export's flag against the outcome",
        charts.flag_against_outcome,
        ask(skips.flag_against_outcome, filters),
        term="skip",
        name="skip_flag_against_outcome",
        note="Each bar is an outcome by our rule; its parts are what the source's own field `skipped` says.",
    )


def _both(curve: pl.DataFrame, before: pl.DataFrame | None) -> pl.DataFrame:
    parts = [curve.select(pl.lit("this period").alias("period"), "second", "survival")]
    if before is not None:
        parts.append(before.select(pl.lit("compared period").alias("period"), "second", "survival"))
    return pl.concat(parts)
