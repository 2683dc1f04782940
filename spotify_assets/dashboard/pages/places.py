"""Where and when: the map, the week on the listeners' own clocks, and devices by region."""

from functools import partial

import polars as pl
import streamlit as st

from spotify_assets.charts import places as charts
from spotify_assets.charts.theme import COUNT, PERCENT
from spotify_assets.dashboard.components import NOBODY, choice, heading, heard, show, table
from spotify_assets.dashboard.published import ask
from spotify_assets.figures import places
from spotify_assets.figures.view import Filters

_ON_THE_MAP = {"Plays": ("plays", COUNT, "plays"), "Skip rate": ("skip_rate", PERCENT, "skip rate")}
_IN_THE_WEEK = {
    "Plays": ("plays", COUNT, "plays"),
    "Skip rate": ("skip_rate", PERCENT, "skip rate"),
    "Minutes on the clock": ("minutes", COUNT, "true listening time"),
}

_ONLY_LISTENERS = (
    "Minutes on the clock are a listener's, not a track's, country's or device's: clear those filters."
)


def page(filters: Filters) -> None:
    """Draw the page."""
    heading("Where & when", filters)
    heard(filters)
    _map(filters)
    _week(filters)
    show(
        "Devices by region",
        charts.device_by_region,
        ask(places.device_by_region, filters),
        term="by country and device",
        name="devices_by_region",
    )
    table(
        "Peak hours by time zone",
        ask(places.peaks, filters),
        term="peak hours",
        name="peak_hours",
        columns={
            "time_zone": st.column_config.TextColumn("Time zone"),
            "plays": st.column_config.NumberColumn("Plays", format="localized"),
            "peak_hour": st.column_config.NumberColumn("Peak hour"),
            "peak_share": st.column_config.NumberColumn("Share of plays in it", format="percent"),
        },
    )


def _map(filters: Filters) -> None:
    measure = choice("Colour of the map", list(_ON_THE_MAP), parameter="map")
    column, number_format, term = _ON_THE_MAP[measure]
    rows = ask(places.by_country, filters)
    elsewhere = int(rows.filter(~charts.mapped(rows["country"]))["plays"].sum())
    show(
        f"{measure} by country",
        partial(charts.world, value=column, name=measure.lower(), number_format=number_format),
        rows,
        term=term,
        name=f"{column}_by_country",
        note=f"{elsewhere:,} plays are of no known country." if elsewhere else "",
    )
    table(
        "Countries",
        rows.select("country_name", "plays", "streams", "minutes", "skip_rate", "play_share"),
        term="by country and device",
        name="countries",
        columns={
            "country_name": st.column_config.TextColumn("Country"),
            "plays": st.column_config.NumberColumn("Plays", format="localized"),
            "streams": st.column_config.NumberColumn("Streams", format="localized"),
            "minutes": st.column_config.NumberColumn("Minutes", format="%,.0f"),
            "skip_rate": st.column_config.NumberColumn("Skip rate", format="percent"),
            "play_share": st.column_config.NumberColumn("Share of plays", format="percent"),
        },
    )


def _week(filters: Filters) -> None:
    measure = choice("In the week", list(_IN_THE_WEEK), parameter="week")
    column, number_format, term = _IN_THE_WEEK[measure]
    on_the_clock = measure == "Minutes on the clock"
    unusable = filters.chosen.keys() - {"user_id"} if on_the_clock else set()
    if on_the_clock and not unusable:
        rows = ask(places.clock_week, filters)
    else:
        rows = pl.DataFrame() if unusable else ask(places.week, filters)
    show(
        f"{measure} by weekday and hour",
        partial(charts.week, value=column, name=measure.lower(), number_format=number_format),
        rows,
        term=term,
        name=f"{column}_by_weekday_and_hour",
        note="On each listener's own clock. "
        + ("Music, podcasts and audiobooks." if on_the_clock else "By the start of the playback."),
        empty=_ONLY_LISTENERS if unusable else NOBODY,
    )
