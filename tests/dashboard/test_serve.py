"""How the dashboard is started: on loopback, asking nobody and telling nobody anything."""

import subprocess
import sys
import threading
import webbrowser
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from streamlit import config
from typer.testing import CliRunner

from spotify_assets.dashboard import loaded
from spotify_assets.dashboard.loaded import visit
from spotify_assets.dashboard.pages import overview
from spotify_assets.dashboard.serve import APP, command


def options(arguments: list[str]) -> dict[str, str]:
    return dict(argument.removeprefix("--").split("=", 1) for argument in arguments if "=" in argument)


def test_the_server_listens_on_loopback_and_reports_nothing():
    found = options(command())
    assert found["server.address"] == "127.0.0.1"
    assert found["browser.gatherUsageStats"] == "false"
    assert found["server.headless"] == "true"
    assert (
        options(command("0.0.0.0", 8600)).items()
        >= {"server.address": "0.0.0.0", "server.port": "8600", "server.headless": "true"}.items()
    )


@pytest.mark.parametrize(("host", "shown"), [("0.0.0.0", "127.0.0.1"), ("127.0.0.2", "127.0.0.2")])
def test_a_browser_is_opened_by_us_and_streamlit_is_told_nothing_of_it(host: str, shown: str):
    arguments = command(host, 8600, open_browser=True)
    assert loaded.taken_out(arguments) == f"http://{shown}:8600"
    assert arguments == command(host, 8600)
    assert loaded.taken_out(arguments) is None


def test_the_browser_is_opened_once_the_server_answers(monkeypatch: pytest.MonkeyPatch):
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)

    class Healthy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Healthy) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        loaded.open_browser(address)
    assert opened == [address]


def test_every_option_is_one_that_streamlit_knows():
    known = set(config.get_config_options())
    assert options(command()).keys() <= known


def test_streamlit_finds_no_pages_of_its_own_beside_the_script():
    assert APP.exists()
    assert not (APP.parent / "pages").exists()


def test_the_command_says_what_it_does():
    from spotify_assets.cli import app

    result = CliRunner().invoke(app, ["dashboard", "--help"])
    assert result.exit_code == 0
    assert "--port" in result.output
    assert "--no-browser" in result.output


@pytest.mark.slow
def test_the_app_needs_no_orchestrator_and_no_model(tmp_path: Path):
    script = (
        "import sys, spotify_assets.dashboard.app\n"
        "heavy = {'dagster', 'dbt', 'sklearn', 'lightgbm'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_first_page_is_opened_before_anybody_asks_for_it(published, monkeypatch, caplog):
    drawn: list[object] = []
    monkeypatch.setattr(overview, "page", drawn.append)
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(published))
    visit()
    assert len(drawn) == 1
    assert caplog.messages == []


def test_a_first_page_that_cannot_be_drawn_keeps_no_server_from_starting(published, monkeypatch):
    def broken(_: object) -> None:
        raise ValueError("no such column")

    monkeypatch.setattr(overview, "page", broken)
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(published))
    visit()
