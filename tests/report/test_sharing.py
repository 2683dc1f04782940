"""A link opens one listener's recap of some days, until it expires, and nothing else is to be had there."""

import http.client
import json
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from spotify_assets.cli import app
from spotify_assets.figures.view import Period
from spotify_assets.report.link import Shared, opened
from spotify_assets.report.recap import Asked, recap
from spotify_assets.report.sharing import PATH, server
from spotify_assets.report.signing import LinkExpiredError, LinkRefusedError
from spotify_assets.settings import Settings
from spotify_assets.warehouse.database import Database
from tests.figures.one_listener import DECLARED
from tests.figures.recount import FEBRUARY

KEY, OTHER_KEY = "k" * 32, "K" * 32
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
SHARED = Shared(DECLARED, FEBRUARY, SOON)


@pytest.fixture(scope="module")
def copy(published: Path) -> Database:
    return Database(Settings(data_dir=published, _env_file=None).serving_path)


@pytest.fixture(scope="module")
def port(copy: Database) -> Iterator[int]:
    with server("127.0.0.1", 0, copy, KEY) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield int(serving.server_address[1])
        serving.shutdown()
        thread.join()


def ask(port: int, path: str, method: str = "GET") -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read().decode()
    finally:
        connection.close()


@given(
    user_id=st.text(min_size=1, max_size=40).filter(lambda name: name.isprintable()),
    first=st.dates(date(1970, 1, 1), date(2100, 1, 1)),
    days=st.integers(0, 4000),
)
def test_a_token_says_what_was_shared(user_id: str, first: date, days: int):
    shared = Shared(user_id, Period(first, first + timedelta(days=days)), SOON)
    assert opened(shared.token(KEY), KEY) == shared


@given(place=st.integers(0, 10_000), sign=st.sampled_from("AZaz09-_.=/%\n"))
def test_a_token_with_one_sign_changed_opens_nothing(place: int, sign: str):
    token = SHARED.token(KEY)
    place %= len(token)
    changed = token[:place] + sign + token[place + 1 :]
    if changed != token:
        with pytest.raises(LinkRefusedError):
            opened(changed, KEY)


def forged(**changes: object) -> str:
    """A token whose content says something else, with the signature of the real one."""
    said, signed = SHARED.token(KEY).split(".")
    told = dict(
        zip(("user", "first", "last", "until"), json.loads(urlsafe_b64decode(said + "==")), strict=True)
    )
    content = json.dumps(list((told | changes).values()), separators=(",", ":")).encode()
    return f"{urlsafe_b64encode(content).decode().rstrip('=')}.{signed}"


@pytest.mark.parametrize(
    "token",
    [
        forged(user="somebody"),
        forged(first="2024-01-01"),
        forged(last="2025-12-31"),
        forged(until=4_000_000_000),
        SHARED.token(OTHER_KEY),
        SHARED.token(KEY).split(".")[0],
        SHARED.token(KEY) + "=",
        SHARED.token(KEY) + ".",
        SHARED.token(KEY) + "?from=2024-01-01",
        SHARED.token(KEY) + "/..",
        f".{SHARED.token(KEY)}",
        ".",
        "",
        "ä.ä",
    ],
    ids=map(str, range(14)),  # tokens hold the time, and workers must agree on names
)
def test_what_was_not_given_out_is_refused(port: int, token: str):
    with pytest.raises(LinkRefusedError):
        opened(token, KEY)
    status, _, said = ask(port, PATH + token.replace("ä", "%C3%A4"))
    assert (status, "recap" in said) == (403, False)


def test_a_token_that_says_the_same_is_the_same():
    assert forged() == SHARED.token(KEY)


def test_an_expired_link_is_refused(port: int):
    past = replace(SHARED, until=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(LinkExpiredError):
        opened(past.token(KEY), KEY)
    assert ask(port, PATH + past.token(KEY))[0] == 410
    with pytest.raises(LinkExpiredError):
        opened(SHARED.token(KEY), KEY, now=SOON)


@pytest.mark.slow
def test_a_link_shows_the_recap_of_its_listener_and_days(port: int, copy: Database, tmp_path: Path):
    status, headers, page = ask(port, PATH + SHARED.token(KEY))
    made = recap(copy, tmp_path / "recap.html", Asked(DECLARED, FEBRUARY.first, FEBRUARY.last))
    assert status == 200
    assert page == made.page.read_text(encoding="utf-8")
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert ask(port, PATH + SHARED.token(KEY), "HEAD")[::2] == (200, "")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/recap",
        "/recap.html",
        "/../etc/passwd",
        "/processed/serving.duckdb",
        "/_stcore/health",
    ],
)
def test_nothing_else_is_there(port: int, path: str):
    assert ask(port, path)[::2] == (404, "There is nothing here.\n")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_nothing_can_be_sent(port: int, method: str):
    assert ask(port, PATH + SHARED.token(KEY), method)[0] == 501


@pytest.mark.parametrize(
    "shared",
    [replace(SHARED, user_id="nobody"), replace(SHARED, period=Period(date(2001, 1, 1), date(2001, 1, 2)))],
)
def test_who_or_what_is_not_known_any_more_is_not_shown(port: int, shared: Shared):
    status, _, said = ask(port, PATH + shared.token(KEY))
    assert (status, said) == (404, "There is no listening to be shown any more.\n")


def test_without_a_copy_there_is_a_line_and_no_page(tmp_path: Path):
    with server("127.0.0.1", 0, Database(tmp_path / "no.duckdb"), KEY) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        try:
            assert ask(int(serving.server_address[1]), PATH + SHARED.token(KEY))[0] == 404
        finally:
            serving.shutdown()
            thread.join()


LINK = ("share", "link", "--user", DECLARED, "--from", "2025-02-01", "--to", "2025-02-28")


def test_the_command_prints_a_link(published: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(published))
    monkeypatch.setenv("SPOTIFY_SHARE_KEY", KEY)
    said = CliRunner().invoke(app, [*LINK, "--days", "2", "--address", "https://listening.example.org/"])
    assert said.exit_code == 0
    address, token = said.stdout.strip().split(PATH)
    assert address == "https://listening.example.org"
    shared = opened(token, KEY)
    assert (shared.user_id, shared.period) == (DECLARED, Period(date(2025, 2, 1), date(2025, 2, 28)))
    assert timedelta(days=1.9) < shared.until - datetime.now(UTC) <= timedelta(days=2)


@pytest.mark.parametrize(
    ("key", "more", "says"),
    [
        (None, (), "SPOTIFY_SHARE_KEY is not set"),
        ("short", (), "fewer than 32 characters"),
        (KEY, ("--user", "nobody"), "nobody"),
        (KEY, ("--to", "2025-01-01"), "ends before it begins"),
    ],
)
def test_what_cannot_be_shared_is_told_in_a_line(
    published: Path, monkeypatch: pytest.MonkeyPatch, key: str | None, more: tuple[str, ...], says: str
):
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(published))
    monkeypatch.setenv("SPOTIFY_SHARE_KEY", key or "")
    said = CliRunner().invoke(app, [*LINK, *more])
    assert said.exit_code == 1
    assert says in said.stderr
    assert said.stderr.count("\n") == 1


@pytest.mark.parametrize("key", ["", "short"])
def test_nothing_is_served_without_a_key(published: Path, monkeypatch: pytest.MonkeyPatch, key: str):
    monkeypatch.setenv("SPOTIFY_DATA_DIR", str(published))
    monkeypatch.setenv("SPOTIFY_SHARE_KEY", key)
    said = CliRunner().invoke(app, ["share", "serve", "--port", "0"])
    assert said.exit_code == 1
    assert "SPOTIFY_SHARE_KEY" in said.stderr
