"""Connecting a listener in a real browser, by the command that a person gives, against the tests' Spotify."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spotify_assets.settings import PROJECT_ROOT
from tests.e2e.browser import opened_browser
from tests.e2e.server import environment, free_port, run_cli
from tests.servers.spotify_api.server import SpotifyApi, serving
from tests.test_accounts_end_to_end import plays_reach_the_marts

SECONDS = 60


@pytest.fixture
def api() -> Iterator[SpotifyApi]:
    with serving(redirect_uris=(f"http://127.0.0.1:{free_port()}/callback",)) as api:
        api.person("anna")
        yield api


def variables(api: SpotifyApi, folder: Path) -> dict[str, Any]:
    """The settings of the product by which it calls the test server, as environment."""
    given = api.settings(folder / "data", redirect_uri=api.redirect_uris[0])
    settings = {f"SPOTIFY_{name.upper()}": str(value) for name, value in given.items() if value is not None}
    return {**settings, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}


def asking(api: SpotifyApi, folder: Path) -> "tuple[subprocess.Popen[str], str]":
    """`connect spotify` as it waits for the browser, and the address that it printed."""
    command = [str(Path(sys.executable).with_name("spotify-assets")), "connect", "spotify"]
    process = subprocess.Popen(
        [*command, "--user", "anna", "--no-browser"],
        cwd=PROJECT_ROOT,
        env={**environment(folder, **variables(api, folder)), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    for line in process.stdout:
        if line.startswith("http"):
            return process, line.strip()
    raise AssertionError(f"it printed no address and ended as {process.wait(SECONDS)}")


def answered(api: SpotifyApi, folder: Path, click: str, scheme: Any = "light") -> tuple[str, str, int]:
    """What the last page says when a person clicks something, what the command says, and its exit code."""
    process, address = asking(api, folder)
    try:
        with opened_browser() as browser:
            page = browser.new_context(color_scheme=scheme).new_page()
            page.goto(address)
            assert "user-read-recently-played" in page.inner_text("body")
            page.click(f"text={click}")
            page.wait_for_url(f"{api.redirect_uris[0]}*")
            shown = page.inner_text("body")
            page.screenshot(path=folder / "connected.png")
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        said, _ = process.communicate(timeout=SECONDS)
        return shown, said, process.returncode
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_listener_agrees_in_the_browser_and_is_connected(api: SpotifyApi, tmp_path: Path, scheme: str):
    shown, said, code = answered(api, tmp_path, "Agree as anna", scheme)
    assert "You can close this window" in shown
    assert (said.strip(), code) == ("anna is connected. Next: spotify-assets fetch spotify", 0)
    assert (tmp_path / "connected.png").stat().st_size > 1_000
    fetched = run_cli(tmp_path, "fetch", "spotify", "--only", "plays", variables=variables(api, tmp_path))
    assert "Asked 1 listeners: 0 plays are new." in fetched.stdout


def test_what_a_connected_listener_plays_reaches_the_marts(api: SpotifyApi, tmp_path: Path):
    """The whole way: the browser, plays, snapshots with every field, marts, and an export that wins."""
    api.extended = True
    _, _, code = answered(api, tmp_path, "Agree as anna")
    assert code == 0
    plays_reach_the_marts(api, tmp_path, variables(api, tmp_path))


def test_a_listener_who_says_no_is_not_connected(api: SpotifyApi, tmp_path: Path):
    _, said, code = answered(api, tmp_path, "Cancel")
    assert (said.strip(), code) == ("error: the account was not connected: access_denied", 1)
