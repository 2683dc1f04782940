"""Audience: who is active, who comes back, how much they do, and how long sessions last."""

from functools import partial

import streamlit as st

from spotify_assets.charts import audience as charts
from spotify_assets.dashboard.clock import LAST_ZONE, today
from spotify_assets.dashboard.components import change, choice, heading, headline, show, tile
from spotify_assets.dashboard.published import ask
from spotify_assets.figures import audience
from spotify_assets.figures.view import Filters

_DATES = "By the listeners' own dates."


def page(filters: Filters) -> None:
    """Draw the page."""
    heading("Audience", filters)
    everybody = _only(filters)
    headline(audience.in_words(ask(audience.active_means, everybody)))
    compared = filters.of_compared()
    _tiles(everybody, _only(compared) if compared else None)
    show(
        "Active users",
        partial(charts.active_users, today=today(LAST_ZONE)),
        ask(audience.active_users, everybody),
        term="DAU, WAU, MAU",
        name="active_users",
        note=f"{_DATES} Of everybody: no filter but the period applies.",
    )
    span = choice("Cohorts by", ["week", "month"], parameter="cohorts")
    show(
        f"Who comes back, by {span}",
        partial(charts.retention, period=span),
        ask(audience.retention, "week" if span == "week" else "month"),
        term="retention",
        name=f"retention_by_{span}",
        note=f"Percent of each cohort; in brackets its users. Cells with * are of a {span} that is still "
        "running. Of everybody, over all days: no filter applies.",
    )
    _own_days(filters)
    _sessions(filters)


def _own_days(filters: Filters) -> None:
    """How much listeners do on a day, and on how many days they do."""
    own = _only(filters, "user_id", "country")
    left, right = st.columns(2)
    with left:
        show(
            "Engagement of a listener's day",
            charts.engagement,
            ask(audience.engagement, own),
            term="engagement score",
            name="engagement",
            note="Median with the middle half of the listeners; dashed: mean. "
            f"{_DATES} {_unheard(filters, own)}",
        )
    with right:
        show(
            "Days with listening",
            charts.active_days,
            ask(audience.active_days, own),
            term="active days",
            name="active_days",
            note=f"Listeners by the number of dates in the period. {_unheard(filters, own)}",
        )


def _sessions(filters: Filters) -> None:
    """How many sessions there are, and how long they last."""
    of_session = _only(filters, "user_id", "country", "device")
    left, right = st.columns(2)
    with left:
        show(
            "Sessions a day",
            partial(charts.sessions, today=today(LAST_ZONE)),
            ask(audience.sessions_by_day, of_session),
            term="session",
            name="sessions",
            note=f"{_DATES} {_unheard(filters, of_session)}",
        )
    with right:
        show(
            "Session length",
            partial(
                charts.session_lengths,
                step=audience.SESSION_STEP_MINUTES,
                longest=audience.LONG_SESSION_MINUTES,
            ),
            ask(audience.session_lengths, of_session),
            term="session length",
            name="session_lengths",
            note=_unheard(filters, of_session),
        )


def _only(filters: Filters, *names: str) -> Filters:
    """The filters without those beside the period that a figure does not know."""
    kept = {name: value for name, value in filters.chosen.items() if name in names}
    return Filters(filters.period, filters.compared, **kept)


def _unheard(filters: Filters, heard: Filters) -> str:
    """A sentence about the filters that are set and do not apply."""
    names = [name.removesuffix("_id") for name in filters.chosen.keys() - heard.chosen.keys()]
    return f"Not filtered by {' and '.join(sorted(names))}." if names else ""


def _tiles(filters: Filters, compared: Filters | None) -> None:
    """Means over the dates of the period, against the compared one."""
    now = ask(audience.active_means, filters).row(0, named=True)
    then = ask(audience.active_means, compared).row(0, named=True) if compared else dict.fromkeys(now)
    with st.container(horizontal=True):
        for label, name, term, points in (
            ("Daily active users", "daily_active_users", "DAU", False),
            ("Monthly active users", "monthly_active_users", "MAU", False),
            ("Stickiness", "stickiness", "stickiness", True),
            ("Plays per user and day", "plays_per_active_user", "plays per user and day", False),
        ):
            value = now[name]
            shown = "–" if value is None else f"{value:.1%}" if points else f"{value:,.1f}"
            tile(label, shown, term=term, change=change(value, then[name], points=points))
