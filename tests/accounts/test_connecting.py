"""Connecting a listener: the question, the answer by loopback or pasted, and tokens that nobody else sees."""

import logging
import stat
import threading
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pydantic
import pytest
import requests

from spotify_assets.accounts.authorising import SCOPE, ask, connect
from spotify_assets.accounts.connecting import Loopback
from spotify_assets.accounts.errors import AccountError, ConnectAgainError
from spotify_assets.accounts.polling import connected, poll
from spotify_assets.accounts.tokens import SERVICE, Account, TokenStore
from spotify_assets.settings import Settings
from tests.accounts.conftest import World
from tests.servers.ports import free_ports


@pytest.fixture
def settings(world: World) -> Settings:
    (port,) = free_ports(1)
    redirect_uri = f"http://127.0.0.1:{port}/callback"
    world.api.redirect_uris = (redirect_uri,)
    world.api.person("anna")
    return world.settings(redirect_uri=redirect_uri)


def agreed(world: World, address: str) -> str:
    """The address that a browser ends at when a person agrees; nothing listens there."""
    page = requests.get(address, timeout=10)
    assert page.status_code == 200, page.text
    link = page.text.partition('href="')[2].partition('"')[0]
    answer = requests.get(world.api.address + link, timeout=10, allow_redirects=False)
    return answer.headers["Location"]


def test_a_pasted_answer_connects(world: World, settings: Settings):
    question = ask(settings)
    asked = parse_qs(urlsplit(question.address).query)
    assert asked["scope"] == [SCOPE] == ["user-read-recently-played"]
    assert asked["code_challenge_method"] == ["S256"]
    account = connect(
        settings, question, f"  {agreed(world, question.address)}\n", "anna", world.clock.timing
    )
    assert account.user_id == "anna"
    assert connected(settings) == [account]
    assert poll(settings, world.clock.timing).listeners == 1


def test_the_loopback_address_takes_the_answer_and_tells_nothing(world: World, settings: Settings):
    question = ask(settings)
    pages: list[requests.Response] = []

    def browse() -> None:
        address = agreed(world, question.address)
        pages.append(requests.get(settings.redirect_uri.replace("callback", "favicon.ico"), timeout=10))
        pages.append(requests.get(address, timeout=10))

    with Loopback(question) as loopback:
        browser = threading.Thread(target=browse)
        browser.start()
        answer = loopback.wait(20)
        browser.join()
    assert [page.status_code for page in pages] == [404, 200]
    assert "You can close this window" in pages[1].text
    assert parse_qs(urlsplit(answer).query)["code"][0] not in pages[1].text
    assert connect(settings, question, answer, "anna", world.clock.timing).user_id == "anna"


def test_nobody_waits_for_ever(settings: Settings):
    with Loopback(ask(settings)) as loopback, pytest.raises(AccountError, match="--paste"):
        loopback.wait(0.0)


def test_an_address_that_is_taken_is_told(settings: Settings):
    question = ask(settings)
    with Loopback(question), pytest.raises(AccountError, match="SPOTIFY_REDIRECT_URI"):
        Loopback(question)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("http://127.0.0.1:1/callback?error=access_denied&state=x", "access_denied"),
        ("http://127.0.0.1:1/callback?code=abc&state=another", "not the answer to the question"),
        ("http://127.0.0.1:1/callback?code=abc", "not the answer to the question"),
        ("yes", "not the answer to the question"),
    ],
)
def test_another_answer_connects_nobody(settings: Settings, answer: str, says: str):
    with pytest.raises(AccountError, match=says):
        connect(settings, ask(settings), answer, "anna")
    assert connected(settings) == []


def test_a_stolen_code_is_worth_nothing_without_its_question(world: World, settings: Settings):
    first, second = ask(settings), ask(settings)
    answer = agreed(world, first.address).replace(first.state, second.state)
    with pytest.raises(ConnectAgainError):
        connect(settings, second, answer, "anna", world.clock.timing)


@pytest.mark.parametrize(
    "address",
    ["http://localhost:8898/callback", "http://192.168.1.2:1/x", "https://127.0.0.1:1/", "http://127.0.0.1/"],
)
def test_no_other_address_than_loopback_is_taken(world: World, address: str):
    with pytest.raises(pydantic.ValidationError, match="127"):
        world.settings(redirect_uri=address)


def test_tokens_are_their_owners_alone(world: World):
    world.connect("anna")
    folder = world.settings().tokens_dir
    (path,) = folder.glob("*.json")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "anna" not in path.name


def test_connecting_again_forgets_the_trouble(world: World, settings: Settings):
    world.connect("anna")
    world.api.refresh.clear()
    world.api.access.clear()
    assert poll(settings, world.clock.timing).problems
    question = ask(settings)
    connect(settings, question, agreed(world, question.address), "anna", world.clock.timing)
    assert poll(settings, world.clock.timing).listeners == 1


def test_a_keyring_keeps_tokens_where_there_is_one(world: World, monkeypatch: pytest.MonkeyPatch):
    keyring = pytest.importorskip("keyring", reason="the extra accounts is not installed")
    kept: dict[tuple[str, str], str] = {}

    class InMemory(keyring.backend.KeyringBackend):  # type: ignore[name-defined,misc]
        priority = 9

        def get_password(self, service: str, username: str) -> str | None:
            return kept.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            kept[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del kept[service, username]

    before = keyring.get_keyring()
    keyring.set_keyring(InMemory())
    try:
        world.connect("anna")
        store = TokenStore(world.settings().tokens_dir)
        secret = store.token_of("anna")["refresh_token"]
        assert secret in kept[SERVICE, "anna"]
        assert all(secret.encode() not in path.read_bytes() for path in _files(world.folder))
        assert poll(world.settings(), world.clock.timing).listeners == 1
        assert store.forget("anna")
        assert kept == {}
    finally:
        keyring.set_keyring(before)


def test_no_token_is_written_to_a_log(
    world: World, settings: Settings, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    caplog.set_level(logging.DEBUG)
    question = ask(settings)
    answer = agreed(world, question.address)
    caplog.clear()  # of what the made-up browser logged
    connect(settings, question, answer, "anna", world.clock.timing)
    world.clock.seconds += world.api.expires_in
    poll(settings, world.clock.timing)
    printed = capfd.readouterr()
    told = caplog.text + printed.out + printed.err
    code = parse_qs(urlsplit(answer).query)["code"][0]
    for secret in (*world.api.access, *world.api.refresh, code, question.verifier):
        assert secret not in told


def test_what_is_forgotten_is_gone(world: World):
    world.connect("anna", "ben")
    settings = world.settings()
    store = TokenStore(settings.tokens_dir)
    secret = store.token_of("anna")["refresh_token"].encode()
    assert store.forget("anna")
    assert not store.forget("anna")
    assert [account.user_id for account in store.accounts()] == ["ben"]
    assert all(secret not in path.read_bytes() for path in _files(world.folder))
    with pytest.raises(ConnectAgainError):
        store.token_of("anna")


def test_a_token_is_replaced_whole_or_not_at_all(world: World, monkeypatch: pytest.MonkeyPatch):
    world.connect("anna")
    store = TokenStore(world.settings().tokens_dir)
    before = store.token_of("anna")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("spotify_assets.accounts.tokens.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.save(Account("anna", "client", "2026-03-01"), {"access_token": "new"})
    assert store.token_of("anna") == before
    assert not [path for path in store.folder.iterdir() if path.name.startswith(".")]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
