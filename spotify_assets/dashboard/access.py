"""Who looks at a page, and the door where somebody must log in.

Without `SPOTIFY_ACCESS_FILE` everybody sees everything, so the server listens on loopback. With it
Streamlit's own login by OpenID Connect says who somebody is, and that file what they see; `published.ask`
asks here, so that no page has to. Everything is looked up anew each time a page runs.
"""

import logging
import time
from collections.abc import Mapping
from typing import Any

import streamlit as st

from spotify_assets.dashboard.accounts import EVERYTHING, NOTHING, Accounts, Viewer, read_accounts
from spotify_assets.dashboard.once import settings

_LOG = logging.getLogger(__name__)


def viewer() -> Viewer:
    """What whoever runs this page sees; nothing where that cannot be found out."""
    if settings().access_file is None:
        return EVERYTHING
    accounts = _accounts()
    identity = st.user.to_dict()
    if accounts is None or not identity.get("is_logged_in"):
        return NOTHING
    return accounts.viewer(identity, time.time())


def door() -> None:
    """What somebody sees who sees nothing: how to log in, or that the account is not known."""
    st.title("Listening")
    if _accounts() is None:
        st.error("Nobody is let in, because the list of accounts cannot be read. The log says why.")
    identity = st.user.to_dict()
    if not identity.get("is_logged_in"):
        st.button("Log in", on_click=st.login, type="primary", icon=":material/login:")
        return
    st.info(
        f"{_name(identity)} sees nothing here: the account is none that was let in, its address is not "
        "verified, or its login is too old. Log in again, or ask whoever runs this.",
        icon=":material/lock:",
    )
    st.button("Log out", on_click=st.logout, icon=":material/logout:")


def who_is_here() -> None:
    """Below the filters, where there is a login: whose it is, and the way out."""
    if settings().access_file is not None:
        with st.sidebar:
            st.caption(f"Logged in as {_name(st.user.to_dict())}")
            st.button("Log out", on_click=st.logout, icon=":material/logout:", type="tertiary")


def _name(identity: Mapping[str, Any]) -> str:
    """What people know their account by, as code, in which nothing is markup."""
    return f"`{str(identity.get('email') or identity.get('sub')).replace('`', '')}`"


def _accounts() -> Accounts | None:
    """The accounts as they stand in the file now; None, and why in the log, where they cannot be read."""
    path = settings().access_file
    try:
        return None if path is None else read_accounts(path)
    except ValueError as error:
        _LOG.error("nobody is let in: %s", error)
        return None
