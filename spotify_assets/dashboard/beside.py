"""Two listeners side by side on the page of one: how each agrees, and what is then shown of the other."""

from datetime import UTC, datetime, timedelta

import streamlit as st

from spotify_assets.dashboard.access import viewer
from spotify_assets.dashboard.accounts import EVERYTHING
from spotify_assets.dashboard.components import put_period
from spotify_assets.dashboard.once import settings
from spotify_assets.dashboard.published import ask_of_other
from spotify_assets.figures.personal import PersonalFigures
from spotify_assets.figures.view import Period
from spotify_assets.report.agreement import BOTH, Consent, agreement, consent

PARAMETER = "beside"
"""Of the address: the text of an agreement."""
DAYS = 30
"""For how long a consent that is given here holds."""


def other(user_id: str, period: Period) -> PersonalFigures | None:
    """The figures of the listener beside, where the address has an agreement on these days."""
    text, key = st.query_params.get(PARAMETER), _key()
    if text is None or key is None:
        return None
    try:
        agreed = agreement(text, key)
        agreed.other_than(user_id)
        if agreed.period == period:
            return ask_of_other(agreed, user_id)
    except ValueError as error:
        st.warning(f"Nobody is shown beside {user_id}: {error}.", icon=":material/group_off:")
        return None
    st.info(f"Both agreed to be seen side by side from {agreed.period.first} to {agreed.period.last}.")
    st.button("Show these days", on_click=put_period, args=(agreed.period,), icon=":material/group:")
    return None


def offer(user_id: str, period: Period) -> None:
    """Where a listener agrees, for the days that are shown, and puts in what the other sent."""
    key = _key()
    if key is None:
        return
    with st.popover("Side by side", icon=":material/group:"):
        if viewer() == EVERYTHING:
            st.caption("Each listener agrees on their own page, or by spotify-assets share agree.")
        else:
            _consent(user_id, period, key)
        _answer(key)
        answered = st.query_params.get(PARAMETER)
        if answered:
            st.caption("You both agreed. The other sees the same by putting this in on their page:")
            st.code(answered, language=None, wrap_lines=True)


def _consent(user_id: str, period: Period, key: str) -> None:
    name = st.text_input("Listener to stand beside", placeholder="as they are called here").strip()
    if not name or name == user_id:
        return
    st.caption(
        f"{name} will see your main figures, top artists and tracks from {period.first} to {period.last} "
        f"beside their own, for {DAYS} days and only if they agree in return. To agree, send them this:"
    )
    until = datetime.now(UTC) + timedelta(days=DAYS)
    st.code(Consent(user_id, name, period, until).token(key), language=None, wrap_lines=True)


def _answer(key: str) -> None:
    """What the other sent, in words, and the button that agrees in return."""
    sent = st.text_input("What the other listener sent", key="beside sent").strip()
    if not sent:
        return
    try:
        text, says = _read(sent, key)
        agreed = agreement(text, key)
    except ValueError as error:
        st.warning(f"That opens nothing: {error}.", icon=":material/group_off:")
        return
    days = f"{agreed.period.first} to {agreed.period.last}"
    st.caption(f"{says} It is about {days}, until {agreed.until:%Y-%m-%d}.")
    st.button("Show side by side", on_click=_show, args=(text, agreed.period), type="primary")


def _read(sent: str, key: str) -> tuple[str, str]:
    """The agreement that something sent is, or becomes by agreeing in return; and what it is in words."""
    if BOTH in sent:
        return sent, "You both agreed."
    given = consent(sent, key)
    if given.other != viewer().user_id:
        raise ValueError(f"it is for {given.other}, who agrees on their own page")
    return given.answered(sent, key), (
        f"{given.giver} agreed. By showing it you agree as well: they may see your main figures, top artists "
        "and tracks."
    )


def _show(text: str, period: Period) -> None:
    st.query_params[PARAMETER] = text
    put_period(period)


def _key() -> str | None:
    found = settings().share_key
    return None if found is None else found.get_secret_value()
