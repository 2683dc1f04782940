"""Genres: which are heard, which are skipped, and how their shares move."""

import polars as pl
import streamlit as st

from spotify_assets.charts import content as bars
from spotify_assets.charts import genres as charts
from spotify_assets.charts.theme import MOST_GROUPS, PERCENT
from spotify_assets.dashboard.components import heading, heard, show, table
from spotify_assets.dashboard.published import ask
from spotify_assets.figures import genres
from spotify_assets.figures.personal_queries import LEAST_PLAYS
from spotify_assets.figures.view import Filters

SHOWN = 15
_COLUMNS = {
    "genre": st.column_config.TextColumn("Genre"),
    "plays": st.column_config.NumberColumn("Plays", format="%,.1f"),
    "streams": st.column_config.NumberColumn("Streams", format="%,.1f"),
    "stream_share": st.column_config.NumberColumn("Share of streams", format="percent"),
    "skip_rate": st.column_config.NumberColumn("Skip rate", format="percent"),
    "minutes": st.column_config.NumberColumn("Minutes", format="%,.0f"),
}


def page(filters: Filters) -> None:
    """Draw the page."""
    heading("Genres", filters)
    heard(filters)
    st.caption(
        "A track counts for each of its genres by its weight, so that genres add up to all that was heard."
    )
    rows = ask(genres.by_genre, filters)
    mark = " The grey mark is the compared period." if filters.compared else ""
    first = rows.head(SHOWN)
    show(
        f"Share of streams of the first {SHOWN}",
        lambda top: bars.bars(
            top.rename({"previous_share": "previous"}), "genre", "stream_share", "share of streams", PERCENT
        ),
        first.filter(pl.col("stream_share").is_not_null()),
        term="stream share",
        name="genre_shares",
        note=mark.strip(),
    )
    show(
        "Skip rate of the same genres",
        lambda top: bars.bars(
            top.rename({"previous_skip_rate": "previous"}), "genre", "skip_rate", "skip rate", PERCENT
        ),
        genres.most_skipped(first),
        term="skip rate",
        name="genre_skip_rates",
        note=f"Most skipped first, of genres with at least {LEAST_PLAYS} plays by weight.{mark}",
    )
    names = tuple(rows.head(MOST_GROUPS)["genre"])
    show(
        f"Share of the first {MOST_GROUPS} over time",
        charts.shares_over_time,
        ask(genres.shares_over_time, filters, names),
        term="stream share",
        name="genre_shares_over_time",
        note="By week from Monday, in long periods by month.",
    )
    table(
        "All genres",
        rows.drop("previous_share", "previous_plays", "previous_skip_rate"),
        term="genre weight",
        name="genres",
        columns=_COLUMNS,
    )
