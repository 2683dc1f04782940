"""Side by side on the page: each agrees with their own login, and sees the other in the agreed days only."""

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from spotify_assets.dashboard.published import NotForThisViewerError, ask_of_other
from spotify_assets.report.agreement import Consent, agreement, consent
from tests.dashboard.pages import open_page
from tests.dashboard.test_access import LOGIN, NOW, log_in
from tests.figures.one_listener import BUSIEST, DECLARED, USERS
from tests.figures.recount import FEBRUARY

LENA, MAX, EVE = "lena@example.org", "max@example.org", "eve@example.org"
THIRD = next(user for user in USERS if user not in (DECLARED, BUSIEST))
KEY = "k" * 32
DAYS = {"from": str(FEBRUARY.first), "to": str(FEBRUARY.last)}
UNTIL = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
GIVEN = Consent(DECLARED, BUSIEST, FEBRUARY, UNTIL)
AGREED = GIVEN.answered(GIVEN.token(KEY), KEY)


@pytest.fixture(autouse=True)
def _accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, published: Path) -> None:
    accounts = {LENA: DECLARED, MAX: BUSIEST, EVE: THIRD}
    listed = "".join(f'"{account}" = "{user}"\n' for account, user in accounts.items())
    (tmp_path / "access.toml").write_text(f"[listeners]\n{listed}")
    (tmp_path / "secrets.toml").write_text(LOGIN)
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(published))
    monkeypatch.setenv("SPOTIFY_SHARE_KEY", KEY)
    monkeypatch.setenv("SPOTIFY_ACCESS_FILE", str(tmp_path / "access.toml"))
    monkeypatch.setenv("SPOTIFY_LOGIN_FILE", str(tmp_path / "secrets.toml"))
    monkeypatch.setattr(time, "time", lambda: NOW)


def opened(monkeypatch: pytest.MonkeyPatch, published: Path, account: str, **address: str) -> AppTest:
    log_in(monkeypatch, account)
    page = open_page("listener", published, monkeypatch, **(DAYS | address))
    assert not page.exception
    return page


def said(page: AppTest) -> str:
    return "".join(one.proto.body for one in page.get("html"))


@pytest.mark.slow
def test_each_agrees_and_both_see_it(published, monkeypatch):
    page = opened(monkeypatch, published, LENA, user=DECLARED)
    next(one for one in page.text_input if one.label == "Listener to stand beside").set_value(BUSIEST).run()
    given = next(one.value for one in page.code)
    assert consent(given, KEY).period == FEBRUARY

    page = opened(monkeypatch, published, MAX, user=BUSIEST)
    assert "of their streams in common" not in said(page)
    page.text_input(key="beside sent").set_value(given).run()
    assert "By showing it you agree as well" in "".join(one.value for one in page.caption)
    next(one for one in page.button if one.label == "Show side by side").click().run()
    assert not page.exception
    assert f"{BUSIEST} and {DECLARED} have" in said(page)

    text = page.query_params["beside"]
    answer = text[0] if isinstance(text, list) else text
    assert set(agreement(answer, KEY).users) == {DECLARED, BUSIEST}
    page = opened(monkeypatch, published, LENA, user=DECLARED, beside=answer)
    assert f"{DECLARED} and {BUSIEST} have" in said(page)


@pytest.mark.slow
def test_a_third_listener_sees_nothing_of_either(published, monkeypatch):
    page = opened(monkeypatch, published, EVE, user=THIRD, beside=AGREED)
    assert "of their streams in common" not in said(page)
    assert "Nobody is shown beside" in page.warning[0].value
    log_in(monkeypatch, EVE)
    for user in (DECLARED, BUSIEST):
        with pytest.raises(NotForThisViewerError):
            ask_of_other(agreement(AGREED, KEY), user)


@pytest.mark.slow
def test_other_days_than_those_agreed_to_are_not_shown(published, monkeypatch):
    page = opened(monkeypatch, published, LENA, user=DECLARED, beside=AGREED, to="2025-02-20")
    assert "of their streams in common" not in said(page)
    next(one for one in page.button if one.label == "Show these days").click().run()
    assert "of their streams in common" in said(page)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "~", "nonsense", GIVEN.token(KEY), AGREED.replace("~", "~A")])
def test_an_address_that_nobody_agreed_to_shows_nobody(published, monkeypatch, text):
    page = opened(monkeypatch, published, LENA, user=DECLARED, beside=text)
    assert "of their streams in common" not in said(page)
    assert re.search("Nobody is shown beside", "".join(one.value for one in page.warning))


def test_without_a_key_nothing_is_offered(published, monkeypatch):
    monkeypatch.delenv("SPOTIFY_SHARE_KEY")
    page = opened(monkeypatch, published, LENA, user=DECLARED, beside=AGREED)
    assert "What the other listener sent" not in [one.label for one in page.text_input]
    assert "of their streams in common" not in said(page)
