"""Who sees what in a browser, by a real provider of identities: a listener, an analyst, strangers."""

import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from spotify_assets.dashboard.app import PAGES
from tests.e2e.browser import opened_browser
from tests.e2e.server import environment
from tests.figures.one_listener import DECLARED
from tests.servers.daemon import Daemon
from tests.servers.oidc import Provider
from tests.servers.ports import free_ports, wait_for

PATIENCE = 180
ANA, LENA, EVE, MALLORY = "ana", "lena", "eve", "mallory"
PEOPLE: dict[str, dict[str, object]] = {
    ANA: {"email": "ana@example.org", "email_verified": True},
    LENA: {"email": "lena@example.org", "email_verified": True},
    EVE: {"email": "eve@example.org", "email_verified": True},
    MALLORY: {"email": "Ana@example.org", "email_verified": False},
}
"""An analyst, a listener, somebody unknown, and somebody who says to be the analyst."""
ACCESS = f'analysts = ["ana@example.org"]\n[listeners]\n"lena@example.org" = "{DECLARED}"\n'


@dataclass(frozen=True)
class Dashboard:
    """A dashboard with a login: its address, and its list of accounts."""

    url: str
    access: Path


@pytest.fixture(scope="module")
def dashboard(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    folder = tmp_path_factory.mktemp("login")
    [port] = free_ports(1)
    url, access, login = f"http://127.0.0.1:{port}", folder / "access.toml", folder / "login.toml"
    provider = Provider(folder, PEOPLE)
    access.write_text(ACCESS)
    login.write_text(provider.login_file(url))
    variables = environment(
        folder,
        SPOTIFY_DATA_DIR=str(published),
        SPOTIFY_ACCESS_FILE=str(access),
        SPOTIFY_LOGIN_FILE=str(login),
    )
    command = [str(Path(sys.executable).with_name("spotify-assets")), "dashboard", "--no-browser"]
    set_up = [f"{name}={value}" for name, value in variables.items()]
    server = Daemon(["env", "-i", *set_up, *command, "--port", str(port)], folder / "dashboard.log")

    def answers() -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{url}/_stcore/health", timeout=5):
            return True
        return not server.runs()

    try:
        provider.start()
        server.start()
        wait_for(answers, "the dashboard", PATIENCE)
        yield Dashboard(url, access)
    finally:
        server.stop()
        provider.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened_browser() as found:
        yield found


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page of a browser that nobody has used before."""
    context = browser.new_context(viewport={"width": 1300, "height": 900})
    context.set_default_timeout(PATIENCE * 1000)
    yield context.new_page()
    context.close()


def settled(page: Any) -> str:
    """What a page says once its script has run."""
    page.wait_for_selector("h1")
    page.wait_for_selector("[data-test-script-state=notRunning]")
    return str(page.locator("body").inner_text())


def log_in(page: Any, dashboard: Dashboard, who: str, path: str = "") -> str:
    """What somebody sees first who opens an address and logs in."""
    page.goto(f"{dashboard.url}/{path}")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name=who, exact=True).click()
    page.get_by_role("button", name="Log out").wait_for()
    return settled(page)


def menu(page: Any) -> list[str]:
    links = page.locator("[data-testid=stSidebarNavLink]")
    return [str(text).strip().split("\n")[-1] for text in links.all_inner_texts()]


@pytest.mark.parametrize("module", ["", "listener", "quality", f"listener?user={DECLARED}"])
def test_who_is_not_logged_in_sees_a_door(page, dashboard, module):
    page.goto(f"{dashboard.url}/{module}")
    page.get_by_role("button", name="Log in").wait_for()
    said = settled(page)
    assert DECLARED not in said
    assert menu(page) == []
    assert page.locator("[data-testid=stMetric]").count() == 0


def test_an_analyst_sees_everything(page, dashboard):
    assert "Daily active listeners" in log_in(page, dashboard, ANA)
    assert menu(page) == [each.title for each in PAGES]


def test_a_listener_sees_their_own_listening_and_nothing_else(page, dashboard):
    assert f"Listener: {DECLARED}." in log_in(page, dashboard, LENA)
    assert len(menu(page)) <= 1  # Streamlit draws no menu of one page
    for address in ("overview", "quality", "audience"):
        page.goto(f"{dashboard.url}/{address}")
        assert f"Listener: {DECLARED}." in settled(page)


def test_a_listener_cannot_ask_for_another(page, dashboard):
    log_in(page, dashboard, LENA)
    page.goto(f"{dashboard.url}/?user=u001")
    said = settled(page)
    assert "user=u001, which nobody has heard of here" in said
    assert f"Listener: {DECLARED}." in said


@pytest.mark.parametrize("who", [EVE, MALLORY])
def test_an_account_that_was_not_let_in_sees_nothing(page, dashboard, who):
    said = log_in(page, dashboard, who)
    assert "sees nothing here" in said
    assert page.locator("[data-testid=stMetric]").count() == 0


def test_who_logs_out_is_outside(page, dashboard):
    log_in(page, dashboard, LENA)
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/end_session**")  # the provider asks whether its own login shall end, too
    page.goto(dashboard.url)
    page.get_by_role("button", name="Log in").wait_for()
    assert DECLARED not in settled(page)


def test_an_identity_that_the_server_did_not_sign_is_none(page, dashboard):
    log_in(page, dashboard, EVE)
    [cookie] = [one for one in page.context.cookies() if one["name"] == "_streamlit_user"]
    value = cookie["value"]
    page.context.add_cookies([cookie | {"value": value[:-4] + ("AAAA" if value[-4:] != "AAAA" else "BBBB")}])
    page.goto(dashboard.url)
    page.get_by_role("button", name="Log in").wait_for()


def test_an_account_that_is_taken_out_sees_nothing_any_more(page, dashboard):
    log_in(page, dashboard, LENA)
    try:
        dashboard.access.write_text('analysts = ["ana@example.org"]\n')
        page.goto(dashboard.url)
        page.get_by_text("sees nothing here").wait_for()
        assert DECLARED not in settled(page)
    finally:
        dashboard.access.write_text(ACCESS)
