"""Who sees what: everybody everything without a login, and with one what the list of accounts says."""

import time
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from spotify_assets.dashboard import accounts
from spotify_assets.dashboard.accounts import EVERYTHING, NOTHING, Accounts, Viewer, read_accounts
from spotify_assets.dashboard.app import PAGES
from spotify_assets.dashboard.login import must_be_set_up
from spotify_assets.dashboard.published import NotForThisViewerError, ask, ask_beside
from spotify_assets.figures import personal, quality, view
from spotify_assets.settings import PROJECT_ROOT, Settings
from tests.dashboard.pages import open_page, tiles
from tests.figures.one_listener import DECLARED, theirs
from tests.figures.recount import FEBRUARY

NOW = 1_000_000.0
ANALYST, LISTENER, STRANGER = "ana@example.org", "lena@example.org", "eve@example.org"
LIST = f'analysts = ["{ANALYST}"]\n[listeners]\n"{LISTENER}" = "{DECLARED}"\n'
LOGIN = """[auth]
redirect_uri = "http://127.0.0.1:8501/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "listening"
client_secret = "secret"
server_metadata_url = "http://127.0.0.1:9400/.well-known/openid-configuration"
"""


def identity(email: str | None, **claims: Any) -> dict[str, Any]:
    return {
        "is_logged_in": True,
        "email": email,
        "email_verified": True,
        "iat": NOW - 60,
        "sub": "1",
    } | claims


class User(dict[str, Any]):
    """Stands for Streamlit's user of a session."""

    def to_dict(self) -> dict[str, Any]:
        return dict(self)


@pytest.fixture
def lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, published: Path) -> Path:
    """The list of accounts of a dashboard with a login."""
    (tmp_path / "access.toml").write_text(LIST)
    (tmp_path / "secrets.toml").write_text(LOGIN)
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(published))
    monkeypatch.setenv("SPOTIFY_ACCESS_FILE", str(tmp_path / "access.toml"))
    monkeypatch.setenv("SPOTIFY_LOGIN_FILE", str(tmp_path / "secrets.toml"))
    monkeypatch.setattr(time, "time", lambda: NOW)
    return tmp_path / "access.toml"


def log_in(monkeypatch: pytest.MonkeyPatch, email: str | None, **claims: Any) -> None:
    monkeypatch.setattr(st, "user", User(identity(email, **claims)))


@pytest.mark.parametrize(
    ("claims", "seen"),
    [
        (identity(ANALYST), EVERYTHING),
        (identity(" Ana@Example.ORG"), EVERYTHING),
        (identity(LISTENER), Viewer("own", DECLARED)),
        (identity(STRANGER), NOTHING),
        (identity(None), NOTHING),
        (identity(""), NOTHING),
        (identity("*"), NOTHING),
        (identity(ANALYST, email_verified=False), NOTHING),
        (identity(ANALYST, email_verified="true"), NOTHING),
        (identity(ANALYST, email_verified=None), NOTHING),
        (identity(ANALYST, iat=NOW - 13 * 3600), NOTHING),
        (identity(ANALYST, iat=None), NOTHING),
        (identity(None) | {"email": [ANALYST]}, NOTHING),
        ({}, NOTHING),
    ],
)
def test_an_identity_sees_what_the_list_says_of_its_account(claims, seen):
    listed = Accounts(analysts=[ANALYST], listeners={LISTENER: DECLARED})
    assert listed.viewer(claims, NOW) == seen


def test_accounts_may_be_named_by_another_claim_and_logins_hold_for_as_long_as_is_said():
    listed = Accounts(claim="oid", login_hours=1, analysts=["7f1c"])
    assert listed.viewer(identity(ANALYST, oid="7f1c", email_verified=None), NOW) == EVERYTHING
    assert listed.viewer(identity(ANALYST, oid="7f1c", iat=NOW - 3601), NOW) == NOTHING
    assert listed.viewer(identity("7f1c"), NOW) == NOTHING


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("analysts = [", "is no TOML"),
        ("analysts = 'ana@example.org'", "analysts: Input should be a valid list"),
        ("analyst = ['ana@example.org']", "analyst: Extra inputs"),
        ("analysts = ['']", "analysts.0"),
        ("[listeners]\n'lena@example.org' = 7", "listeners.lena@example.org"),
        ("login_hours = 0", "login_hours"),
        ("analysts = ['a@x.org', 'A@X.org']", "A@X.org and a@x.org stands there more than once"),
        ("analysts = ['a@x.org']\n[listeners]\n'a@x.org' = 'anna'", "a@x.org stands there more than once"),
        ("\udcff", "is no TOML"),
    ],
)
def test_a_list_that_is_none_is_told_with_its_file(tmp_path, text, says):
    path = tmp_path / "access.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ValueError, match=r"access\.toml") as caught:
        read_accounts(path)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value).split(": ", 1)[0]


def test_a_list_that_is_not_there_is_told_with_its_setting(tmp_path):
    with pytest.raises(ValueError, match="SPOTIFY_ACCESS_FILE"):
        read_accounts(tmp_path / "access.toml")


def test_the_list_is_obeyed_as_it_is_now(tmp_path):
    path = tmp_path / "access.toml"
    path.write_text(LIST)
    assert read_accounts(path).viewer(identity(ANALYST), NOW) == EVERYTHING
    path.write_text("analysts = []\n")
    assert read_accounts(path).viewer(identity(ANALYST), NOW) == NOTHING


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[auth]", "[other]", "lacks redirect_uri, cookie_secret"),
        ("client_secret =", "other =", "lacks client_secret"),
        ("oauth2callback", "callback", "must end in /oauth2callback"),
        ("0123456789abcdef0123456789abcdef", "0123", "fewer than 32 characters"),
        ("[auth]", "[auth", "is no TOML"),
    ],
)
def test_a_login_that_cannot_work_is_told_before_a_server_starts(lists, old, new, says):
    must_be_set_up(Settings(_env_file=None))
    login = lists.with_name("secrets.toml")
    login.write_text(LOGIN.replace(old, new))
    with pytest.raises(ValueError, match=r"secrets\.toml") as caught:
        must_be_set_up(Settings(_env_file=None))
    assert says in str(caught.value)


@pytest.mark.parametrize("missing", ["SPOTIFY_ACCESS_FILE", "SPOTIFY_LOGIN_FILE"])
def test_a_login_needs_both_files(lists, monkeypatch, missing):
    monkeypatch.delenv(missing)
    with pytest.raises(ValueError, match="set together or not at all"):
        Settings(_env_file=None)


def test_without_a_login_everybody_sees_everything(published, monkeypatch):
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(published))
    assert ask(personal.listeners).height == 25
    assert ask_beside(quality.streamed).is_empty()


def test_each_sees_their_own_whoever_asked_before(lists, monkeypatch):
    log_in(monkeypatch, ANALYST)
    assert ask(personal.listeners).height == 25
    log_in(monkeypatch, LISTENER)
    assert ask(personal.listeners)["user_id"].to_list() == [DECLARED]
    with pytest.raises(NotForThisViewerError):
        ask_beside(quality.streamed)
    log_in(monkeypatch, STRANGER)
    for asked in (personal.listeners, view.known_days):
        with pytest.raises(NotForThisViewerError):
            ask(asked)
    with pytest.raises(NotForThisViewerError):
        ask_beside(quality.streamed)
    log_in(monkeypatch, ANALYST)
    assert ask(personal.listeners).height == 25


@pytest.mark.parametrize(
    "user", [User(), User(is_logged_in=False, email=ANALYST, email_verified=True, iat=NOW)]
)
def test_who_is_not_logged_in_sees_nothing(lists, monkeypatch, user):
    monkeypatch.setattr(st, "user", user)
    with pytest.raises(NotForThisViewerError):
        ask(personal.listeners)


@pytest.mark.parametrize("text", ["analysts = [", None])
def test_a_list_that_breaks_while_a_server_runs_lets_nobody_in(lists, monkeypatch, caplog, text):
    log_in(monkeypatch, ANALYST)
    assert ask(personal.listeners).height == 25
    lists.unlink() if text is None else lists.write_text(text)
    with pytest.raises(NotForThisViewerError):
        ask(personal.listeners)
    assert "nobody is let in" in caplog.text


@pytest.mark.slow
def test_a_listener_has_the_page_that_an_analyst_sees_of_them(lists, monkeypatch, published):
    address = {"from": str(FEBRUARY.first), "to": str(FEBRUARY.last), "compare": "none"}
    log_in(monkeypatch, ANALYST)
    wide = open_page("listener", published, monkeypatch, user=DECLARED, **address)
    log_in(monkeypatch, LISTENER)
    narrow = open_page("listener", published, monkeypatch, **address)
    assert not narrow.exception
    assert narrow.selectbox(key="user").options == [DECLARED]
    assert tiles(narrow) == tiles(wide)
    assert tiles(narrow)["Streams"] == f"{theirs(DECLARED, FEBRUARY)['is_stream'].sum():,}"


def test_a_listener_who_asks_for_another_gets_their_own(lists, monkeypatch, published):
    log_in(monkeypatch, ANALYST)
    other = next(name for name in ask(personal.listeners)["user_id"] if name != DECLARED)
    log_in(monkeypatch, LISTENER)
    page = open_page("listener", published, monkeypatch, user=other)
    assert not page.exception
    assert f"user={other}" in page.warning[0].value
    assert any(f"Listener: {DECLARED}." in one.value for one in page.caption)


@pytest.mark.parametrize("module", [page.module for page in PAGES if not page.of_one])
def test_other_pages_tell_a_listener_of_nobody_else_even_if_they_could_be_opened(
    lists, monkeypatch, published, module
):
    log_in(monkeypatch, ANALYST)
    others = {name for name in ask(personal.listeners)["user_id"] if name != DECLARED}
    log_in(monkeypatch, LISTENER)
    page = open_page(module, published, monkeypatch)
    kinds = ("caption", "info", "markdown", "metric", "subheader", "warning", "error", "code")
    shown = [str(getattr(one, "value", "")) for kind in kinds for one in page.get(kind)]
    shown += [one.value.to_csv() for one in page.dataframe]
    shown += [str(option) for one in page.selectbox for option in one.options]
    assert any(DECLARED in text for text in shown)
    assert not [name for name in others for text in shown if name in text]


def test_pages_get_their_numbers_from_one_place():
    """What a page may open by itself, `ask` would not see."""
    folder = PROJECT_ROOT / "spotify_assets" / "dashboard"
    asking = {"published.py", "once.py", "login.py"}
    for path in folder.rglob("*.py"):
        said = path.read_text(encoding="utf-8")
        opens = [
            word
            for word in ("processed_dir", "published_copy", "serving()", "own_rows", ".reader(")
            if word in said
        ]
        assert not opens or path.name in asking, f"{path.name}: {opens}"


def test_accounts_know_no_streamlit():
    """The command line reads them, and is quick."""
    assert "streamlit" not in vars(accounts)
