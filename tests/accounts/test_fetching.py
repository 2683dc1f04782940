"""The commands as a person gives them: connect, disconnect, fetch and erase, against servers of the tests."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner, Result

from spotify_assets.accounts.tokens import TokenStore
from spotify_assets.cli import app
from spotify_assets.lake import layout
from spotify_assets.lake.receipts import read_receipts
from spotify_assets.settings import Settings
from tests.servers.ports import free_ports
from tests.servers.scrobblers.server import API_KEY, Scrobblers, scrobbling
from tests.servers.spotify_api.server import SpotifyApi, serving

BEGIN = 1_767_261_600
"""2026-01-01 10:00 UTC."""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "instance"))
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    return tmp_path / "data"


@pytest.fixture
def api(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SpotifyApi]:
    (port,) = free_ports(1)
    redirect_uri = f"http://127.0.0.1:{port}/callback"
    with serving(redirect_uris=(redirect_uri,)) as api:
        for name, value in api.settings(data, redirect_uri=redirect_uri).items():
            if value is not None:
                monkeypatch.setenv(f"SPOTIFY_{name.upper()}", str(value))
        yield api


@pytest.fixture
def scrobblers(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scrobblers]:
    with scrobbling() as served:
        monkeypatch.setenv("SPOTIFY_LASTFM_API_KEY", API_KEY)
        monkeypatch.setenv("SPOTIFY_LASTFM_HOST", f"127.0.0.1:{served.port}")
        monkeypatch.setenv("SPOTIFY_LISTENBRAINZ_URL", served.address)
        yield served


def call(*arguments: str, code: int = 0, typed: str | None = None) -> Result:
    result = CliRunner().invoke(app, arguments, input=typed)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def agree(api: SpotifyApi, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let the browser that the command opens agree as someone, in its own time."""

    def opened(address: str) -> bool:
        import threading

        page = requests.get(address, timeout=10).text
        link = page.partition(f"Agree as {name}")[0].rpartition('href="')[2].partition('"')[0]
        threading.Thread(target=requests.get, args=(api.address + link,), kwargs={"timeout": 10}).start()
        return True

    monkeypatch.setattr("webbrowser.open", opened)


def test_from_connect_to_the_lake_and_out_again(api: SpotifyApi, data: Path, monkeypatch: pytest.MonkeyPatch):
    now = round(time.time() * 1_000)
    api.person("anna").played(now - 600_000, 7)
    api.person("ben").played(now - 500_000, 8)
    for name in ("anna", "ben"):
        agree(api, monkeypatch, name)
        assert f"{name} is connected" in call("connect", "spotify", "--user", name).output
    told = call("fetch", "spotify").output
    assert "Asked 2 listeners: 2 plays are new." in told
    assert "Next: spotify-assets materialize" in told
    listed = call("connect", "list").output
    assert "anna" in listed
    assert "ben" in listed

    erased = call("erase-user", "anna", "--yes").output
    assert "connected account" in erased
    assert "raw answers" in erased
    assert [each.user_id for each in TokenStore(Settings().tokens_dir).accounts()] == ["ben"]
    assert all(b'"anna"' not in content for content in _contents(data))
    assert "Asked 1 listeners: 0 plays are new." in call("fetch", "spotify").output
    assert (
        "remove it at https://www.spotify.com/account/apps"
        in call("disconnect", "spotify", "--user", "ben").output
    )
    assert "nobody is connected" in call("fetch", "spotify", code=1).output
    assert "ben is not connected" in call("disconnect", "spotify", "--user", "ben", code=1).output


def _contents(data: Path) -> list[bytes]:
    import gzip

    paths = [path for path in data.rglob("*") if path.is_file()]
    return [
        gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes() for path in paths
    ]


def test_over_ssh_the_answer_is_pasted_and_not_echoed(api: SpotifyApi, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")
    api.person("anna")
    refused = call("connect", "spotify", code=1, typed="http://127.0.0.1/callback?code=stolen&state=other\n")
    assert "not the answer to the question just asked" in refused.output
    assert "stolen" not in refused.output
    assert f"{api.address}/authorize?" in refused.output


def test_without_a_client_the_page_says_what_to_do(data: Path):
    assert "docs/accounts.md, step 4" in call("connect", "spotify", code=1).output


@pytest.mark.parametrize("service", ["lastfm", "listenbrainz"])
def test_scrobbles_arrive_once_and_then_only_what_is_new(
    scrobblers: Scrobblers, data: Path, monkeypatch: pytest.MonkeyPatch, service: str
):
    _speaks_plainly(monkeypatch)
    scrobblers.plays = [(BEGIN + 3_600 * n, f"Song {n} & more") for n in range(260)]
    told = call("fetch", service, "made-up", "--user", "anna").output
    assert "260" in told
    (path,) = (data / "inbox" / "anna").iterdir()
    assert "made-up" not in path.read_text()
    assert len(json.loads(path.read_text())) == 260
    assert "Nothing is new" in call("fetch", service, "made-up", "--user", "anna").output

    scrobblers.plays += [(BEGIN + 3_600 * 260 + 240 * n, f"Later {n}") for n in range(5)]
    asked = len(scrobblers.requests)
    call("fetch", service, "made-up", "--user", "anna")
    assert len(scrobblers.requests) - asked <= 2
    receipts = read_receipts(Settings().lake)
    assert sorted(receipt.loaded for receipt in receipts)[-1] == 260
    assert all(receipt.user_id == "anna" for receipt in receipts)
    assert call("import").output.startswith("Nothing new")


@pytest.mark.parametrize("service", ["lastfm", "listenbrainz"])
def test_listens_of_one_second_are_all_fetched(
    scrobblers: Scrobblers, data: Path, monkeypatch: pytest.MonkeyPatch, service: str
):
    """A page ends in the middle of a second, and the next begins there."""
    _speaks_plainly(monkeypatch)
    scrobblers.plays = [(BEGIN + n // 3, f"Song {n}") for n in range(310)]
    call("fetch", service, "made-up")
    (path,) = (data / "inbox" / "me").iterdir()
    assert len(json.loads(path.read_text())) == 310


def test_what_a_service_refuses_is_one_line(
    scrobblers: Scrobblers, data: Path, monkeypatch: pytest.MonkeyPatch
):
    _speaks_plainly(monkeypatch)
    monkeypatch.setenv("SPOTIFY_LASTFM_API_KEY", "wrong")
    assert "Last.fm answers: Invalid API key" in call("fetch", "lastfm", "made-up", code=1).output
    monkeypatch.delenv("SPOTIFY_LASTFM_API_KEY")
    assert "SPOTIFY_LASTFM_API_KEY" in call("fetch", "lastfm", "made-up", code=1).output
    scrobblers.fails = 100
    monkeypatch.setattr("urllib3.util.Retry.sleep", lambda *_: None)
    assert "ListenBrainz answers" in call("fetch", "listenbrainz", "made-up", code=1).output
    assert not list((data / "inbox" / "me").iterdir())


def _speaks_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    """pylast speaks TLS alone, and waits between calls; the test server does not need either."""
    pylast: Any = pytest.importorskip("pylast", reason="the extra lastfm is not installed")
    client = pylast.httpx.Client

    def plain(*, base_url: str, **options: Any) -> Any:
        return client(base_url=base_url.replace("https:", "http:"), **options)

    monkeypatch.setattr(pylast.httpx, "Client", plain)
    monkeypatch.setattr(pylast, "DELAY_TIME", 0)


@pytest.mark.slow
def test_a_catalogue_of_kaggle_is_downloaded_once(
    scrobblers: Scrobblers, data: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    kaggle_env = pytest.importorskip("kagglesdk.kaggle_env", reason="the extra kaggle is not installed")
    monkeypatch.setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.LOCAL, scrobblers.address)
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "LOCALHOST")
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path / "nothing"))
    for _ in range(2):
        call("fetch", "kaggle", "--snapshot-date", "2026-01-01")
    assert sum("DownloadDataset" in request for request in scrobblers.requests) == 1
    (receipt,) = read_receipts(Settings().lake)
    assert (receipt.loaded, str(receipt.snapshot_date)) == (1, "2026-01-01")
    assert len(receipt.input_sha256) == 64
    assert layout.landed_snapshots(Settings().lake) == [receipt.snapshot_date]
    assert "is no dataset" in call("fetch", "kaggle", "../etc", code=1).output
    scrobblers.version = 4
    call("fetch", "kaggle", "--snapshot-date", "2026-01-01")
    assert sum("DownloadDataset" in request for request in scrobblers.requests) == 2
    assert len(read_receipts(Settings().lake)) == 1, "the same bytes, landed before"
