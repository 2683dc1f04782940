"""Alerts on a real web server and a real mail server: once per incident, and when it is over."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from spotify_assets.automation.alerts import AlertMessage, channels, mail, message_of, post, tell
from spotify_assets.automation.problem import Problem
from spotify_assets.settings import Settings

URL = "http://127.0.0.1:3000"


def problem(key: str = "run:a", run_id: str | None = "1f2e") -> Problem:
    return Problem(key, "run", f"Failed: {key}", "the disk is full", ("core/tracks",), run_id=run_id)


class Web(HTTPServer):
    """A server that keeps what is posted to it, and can be out of order."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Posts)
        self.posted: list[dict[str, Any]] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/services/T/B"


class _Posts(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Web)
        assert self.headers["Content-Type"] == "application/json"
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.status == 200:
            self.server.posted.append(content)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def web() -> Iterator[Web]:
    server = Web()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


class _Letters:
    def __init__(self) -> None:
        self.received: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.received.append((envelope.rcpt_tos, message_from_bytes(envelope.content)))
        return "250 OK"


@pytest.fixture
def letters() -> Iterator[Controller]:
    from tests.e2e.server import free_port

    controller = Controller(_Letters(), hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller
    controller.stop()


def test_a_webhook_gets_the_json_that_slack_takes_with_the_link_to_the_run(web: Web):
    post(web.url, message_of([problem()], [], URL))
    assert web.posted == [
        {
            "text": "Listening warehouse: 1 new problem\nFailed: run:a: the disk is full http://127.0.0.1:3000/runs/1f2e"
        }
    ]


def test_a_mail_reaches_every_receiver(letters: Controller):
    mail(f"smtp://127.0.0.1:{letters.port}", "me@here", "a@there, b@there", message_of([problem()], [], URL))
    [(receivers, letter)] = letters.handler.received
    assert receivers == ["a@there", "b@there"]
    assert letter["Subject"] == "Listening warehouse: 1 new problem"
    assert f"{URL}/runs/1f2e" in letter.get_payload()


def test_an_incident_is_told_once_and_its_end_once(web: Web):
    send = {"webhook": lambda message: post(web.url, message)}
    told: dict[str, dict[str, str]] = {}
    for found in ([problem()], [problem()], [problem(), problem("run:b")], [problem("run:b")], [], []):
        told, failures = tell(found, told, send, URL)
        assert failures == {}
    subjects = [content["text"].splitlines()[0] for content in web.posted]
    assert subjects == [
        "Listening warehouse: 1 new problem",
        "Listening warehouse: 1 new problem",
        "Listening warehouse: 1 mended",
        "Listening warehouse: 1 mended",
    ]
    assert "run:b" in web.posted[1]["text"]
    assert "run:a" not in web.posted[1]["text"]


@pytest.mark.parametrize(
    ("days", "messages"),
    [
        (["abcd", "cd", "d", ""], ["run:abcd", "Mended: run:abcd"]),
        (["ab", "a b", "b", ""], ["run:ab", "Mended: run:a", "Mended: run:b"]),
        (["a", "ab", "b", ""], ["run:a", "run:ab", "Mended: run:ab"]),
        (["ab", "b", "ab", ""], ["run:ab", "run:ab", "Mended: run:ab"]),
    ],
    ids=["mended one after the other", "found apart again", "one more", "broken again"],
)
def test_files_that_are_broken_together_are_told_once_and_their_end_once(
    web: Web, days: list[str], messages: list[str]
):
    """A word is an incident, a letter one of its files."""
    told: dict[str, dict[str, str]] = {}
    for day in days:
        found = [replace(problem("\n".join(word)), title=f"run:{word}") for word in day.split()]
        told, _ = tell(found, told, {"webhook": lambda message: post(web.url, message)}, URL)
    lines = [line for each in web.posted for line in each["text"].splitlines()[1:]]
    assert [line.removesuffix(f": the disk is full {URL}/runs/1f2e") for line in lines] == messages


def test_a_channel_that_fails_is_told_later_and_the_other_one_once(web: Web, letters: Controller):
    send = {
        "webhook": lambda message: post(web.url, message),
        "mail": lambda message: mail(f"smtp://127.0.0.1:{letters.port}", "me@here", "a@there", message),
    }
    web.status = 500
    told, failures = tell([problem()], {}, send, URL)
    assert failures.keys() == {"webhook"}
    web.status = 200
    told, failures = tell([problem()], told, send, URL)
    assert failures == {}
    assert len(web.posted) == len(letters.handler.received) == 1


def test_the_cursor_of_the_sensor_can_hold_what_was_told(web: Web):
    told, _ = tell([problem()], {}, {"webhook": lambda message: post(web.url, message)}, URL)
    assert json.loads(json.dumps(told)) == told


def test_many_incidents_are_one_message_of_a_readable_length():
    message = message_of([problem(str(n)) for n in range(500)], [], URL)
    assert len(message.lines) < 30
    assert "480 more" in message.lines[-1]


def test_without_settings_there_is_no_channel():
    assert channels(Settings(_env_file=None)) == {}


def test_both_channels_follow_from_the_settings(web: Web, letters: Controller):
    settings = Settings(
        _env_file=None,
        alert_webhook_url=web.url,
        alert_smtp_url=f"smtp://127.0.0.1:{letters.port}",
        alert_email_to="a@there",
    )
    for deliver in channels(settings).values():
        deliver(AlertMessage("subject", ("line",)))
    assert web.posted == [{"text": "subject\nline"}]
    assert len(letters.handler.received) == 1


def test_half_a_mail_setting_is_refused():
    with pytest.raises(ValueError, match="SPOTIFY_ALERT_EMAIL_TO"):
        Settings(_env_file=None, alert_smtp_url="smtp://127.0.0.1")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/x"])
def test_a_webhook_is_on_the_web(url: str):
    with pytest.raises(ValueError, match="http"):
        post(url, AlertMessage("subject", ()))


def test_secrets_are_not_shown():
    settings = Settings(_env_file=None, alert_webhook_url="https://hooks.example.org/secret")
    assert "secret" not in repr(settings)
