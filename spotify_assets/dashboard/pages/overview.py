"""Overview: how much is listened, by how many, and how often they skip, against the compared period."""

from functools import partial

import streamlit as st

from spotify_assets.charts import overview as charts
from spotify_assets.charts.theme import PERCENT
from spotify_assets.dashboard.clock import LAST_ZONE, today
from spotify_assets.dashboard.components import change, heading, heard, show, tile
from spotify_assets.dashboard.published import ask
from spotify_assets.figures import overview
from spotify_assets.figures.view import Filters

_BY_DAY = (
    ("Streams a day", "streams", "streams", "stream"),
    ("Minutes heard a day", "minutes", "minutes", "time heard"),
    ("Skip rate by day", "skip_rate", "skip rate", "skip rate"),
)


def page(filters: Filters) -> None:
    """Draw the page, the listeners last: they may have to be counted anew."""
    heading("Overview", filters)
    compared = filters.of_compared()
    heard(filters)
    now = ask(overview.counts, filters).row(0, named=True)
    then = ask(overview.counts, compared).row(0, named=True) if compared else dict.fromkeys(now)
    tiles = st.container(horizontal=True)
    with tiles:
        tile("Streams", f"{now['streams']:,}", term="stream", change=change(now["streams"], then["streams"]))
        tile(
            "Minutes heard",
            f"{now['minutes']:,.0f}",
            term="time heard",
            change=change(now["minutes"], then["minutes"]),
        )
        tile(
            "Skip rate",
            "–" if now["skip_rate"] is None else f"{now['skip_rate']:.1%}",
            term="skip rate",
            change=change(now["skip_rate"], then["skip_rate"], points=True),
        )
    if unknown := overview.unknown_in_words(now["unknowns"], now["plays"]):
        st.caption(unknown)
    days = ask(overview.by_day, filters)
    days_before = ask(overview.by_day, compared) if compared else None
    for title, number, axis, term in _BY_DAY:
        number_format = PERCENT if number == "skip_rate" else ",.0f"
        show(
            title,
            partial(charts.by_day, name=axis, number_format=number_format, today=today()),
            overview.days_side_by_side(days, days_before, "event_date", number),
            term=term,
            name=f"{number}_by_day",
        )
    active = ask(overview.active_listeners, filters)
    active_before = ask(overview.active_listeners, compared) if compared else None
    mean = overview.mean_of_days(active)
    mean_before = overview.mean_of_days(active_before) if active_before is not None else None
    with tiles:
        tile("Daily active listeners", f"{mean:,.1f}", term="DAU", change=change(mean, mean_before))
    show(
        "Listeners a day",
        partial(charts.by_day, name="listeners", today=today(LAST_ZONE)),
        overview.days_side_by_side(active, active_before, "local_date", "daily_active_users"),
        term="DAU",
        name="listeners_by_day",
        note="By the listeners' own dates; everything else on this page is by UTC date.",
    )
