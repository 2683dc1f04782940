"""The HTTP server: both services at one loopback port, with a clock and faults that a test sets."""

import base64
import hashlib
import json
import secrets
import socket
import struct
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import fastjsonschema

from tests.servers.spotify_api import world
from tests.servers.spotify_api.world import Json, Person

CLIENT_ID = "0123456789abcdef0123456789abcdef"
RECENTLY_PLAYED = "/v1/me/player/recently-played"
SCOPE = "user-read-recently-played"
_SCHEMAS = json.loads(Path(__file__).with_name("schemas.json").read_text(encoding="utf-8"))
_VALIDATORS = {
    name: fastjsonschema.compile({"$ref": f"#/$defs/{name}", "$defs": _SCHEMAS["$defs"]})
    for name in _SCHEMAS["$defs"]
}
"""Compiled, because a month of polls compares half a million plays."""
_REMOVED = {"track": {"popularity"}, "artist": {"popularity", "followers"}, "album": {"popularity", "label"}}
"""What apps in development mode are not told since February 2026."""
_MADE = {"tracks": world.track, "albums": world.album, "artists": world.artist}
_JSON = "application/json"
_ROLLING_SECONDS = 30
"""The window of the rate limit. Source: "Rate Limits"."""

Fault = str
"""`500`, `502`, `503`; `429:N` with Retry-After N; `reset`; `cut` (half of the body); `slow` (its pieces come
one by one); `html` (404 of something in between)."""


@dataclass
class Grant:
    """A person's access through a client."""

    person: str
    scope: str
    expires: float


@dataclass
class SpotifyApi:
    """The state of both services. `faults` are taken one for each call of a path that begins so."""

    now: Callable[[], float] = time.time
    extended: bool = False
    calls_per_window: int = 1_000_000
    expires_in: int = 3600
    rotates_refresh_tokens: bool = True
    redirect_uris: tuple[str, ...] = ()
    people: dict[str, Person] = field(default_factory=dict)
    faults: dict[str, deque[Fault]] = field(default_factory=dict)
    calls: list[tuple[float, str, str]] = field(default_factory=list)
    """Moment, path and person of each call to the Web API that was let in."""
    refused: Counter[int] = field(default_factory=Counter)
    drifted: list[str] = field(default_factory=list)
    """Answers that the documentation does not have, of which none is sent, and those in JSON that were
    compared with none of its schemas."""
    codes: dict[str, tuple[str, str, str, str]] = field(default_factory=dict)
    access: dict[str, Grant] = field(default_factory=dict)
    refresh: dict[str, Grant] = field(default_factory=dict)
    blocked_until: float = 0.0
    early: list[float] = field(default_factory=list)
    """How many seconds before the end of a pause calls came all the same."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    port: int = 0

    @property
    def address(self) -> str:
        """Where the server is."""
        return f"http://127.0.0.1:{self.port}"

    def person(self, name: str) -> Person:
        """A person with an account, made where there is none."""
        return self.people.setdefault(name, Person(name))

    def grant(self, name: str) -> Json:
        """Tokens of a person, as the token endpoint gives them."""
        self.person(name)
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self.access[access] = Grant(name, SCOPE, self.now() + self.expires_in)
        self.refresh[refresh] = Grant(name, SCOPE, 0)
        return {
            "access_token": access,
            "token_type": "Bearer",
            "scope": SCOPE,
            "expires_in": self.expires_in,
            "refresh_token": refresh,
        }

    def settings(self, folder: Path, **changes: Any) -> Mapping[str, Any]:
        """Settings of the product by which it calls this server."""
        return {
            "data_dir": folder,
            "client_id": CLIENT_ID,
            "api_url": f"{self.address}/v1",
            "accounts_url": self.address,
            "start_date": None,
            **changes,
        }

    def fault_of(self, path: str) -> Fault | None:
        """The fault planned for a call of a path."""
        with self.lock:
            for begins, planned in self.faults.items():
                if path.startswith(begins) and planned:
                    return planned.popleft()
        return None

    def pause(self) -> int | None:
        """Seconds that a call is to wait; None where it is let in."""
        now = self.now()
        with self.lock:
            if now < self.blocked_until:
                self.early.append(self.blocked_until - now)
                return max(1, round(self.blocked_until - now + 0.5))
            recent = sum(
                1 for at, _, _ in self.calls[-self.calls_per_window :] if at > now - _ROLLING_SECONDS
            )
            if recent >= self.calls_per_window:
                self.blocked_until = now + _ROLLING_SECONDS
                return _ROLLING_SECONDS
        return None


class _Handler(BaseHTTPRequestHandler):
    api: SpotifyApi
    protocol_version = "HTTP/1.1"
    compared = False
    """Whether the answer that is to be sent agrees with a schema."""
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        path, query = self._address()
        if path == "/authorize":
            self._authorize(query)
        elif path == "/agreed":
            self._agreed(query)
        elif path.startswith("/v1/"):
            self._web_api(path, query)
        else:
            self._send(404, {"error": {"status": 404, "message": "Service not found"}}, "error")

    def do_POST(self) -> None:
        path, _ = self._address()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        if fault := self.api.fault_of(path):
            self._broken(fault)
        elif path == "/api/token":
            self._token(form)
        else:
            self._send(404, {"error": {"status": 404, "message": "Service not found"}}, "error")

    def log_message(self, *_: Any) -> None:
        pass

    def _address(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        return parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}

    # --- accounts ------------

    def _authorize(self, query: dict[str, str]) -> None:
        """The page on which people agree; each made-up person has a button of their own."""
        problem = None
        if query.get("client_id") != CLIENT_ID:
            problem = "INVALID_CLIENT: Invalid client"
        elif query.get("redirect_uri") not in self.api.redirect_uris:
            problem = "INVALID_CLIENT: Invalid redirect URI"
        elif urlsplit(query["redirect_uri"]).hostname == "localhost":
            problem = "INVALID_CLIENT: Insecure redirect URI"
        elif query.get("response_type") != "code":
            problem = "response_type must be code or token"
        elif query.get("code_challenge_method") != "S256" or not query.get("code_challenge"):
            problem = "code_challenge_method must be S256"
        if problem:
            self._page(400, f"<h1>{problem}</h1>")
            return
        back = {name: query.get(name, "") for name in ("redirect_uri", "state", "scope", "code_challenge")}
        links = [
            f'<p><a href="/agreed?{urlencode({**back, "person": name})}">Agree as {name}</a></p>'
            for name in self.api.people
        ]
        denied = urlencode({"error": "access_denied", "state": query.get("state", "")})
        no = f"{query['redirect_uri']}?{denied}"
        words = f"<h1>Made-up accounts</h1><p>spotify-assets asks for: {query.get('scope')}</p>"
        self._page(200, "".join([words, *links, f'<p><a href="{no}">Cancel</a></p>']))

    def _agreed(self, query: dict[str, str]) -> None:
        code = secrets.token_urlsafe(32)
        self.api.codes[code] = (
            query["person"],
            query["redirect_uri"],
            query["code_challenge"],
            query.get("scope", ""),
        )
        self.send_response(302)
        back = urlencode({"code": code, "state": query.get("state", "")})
        self.send_header("Location", f"{query['redirect_uri']}?{back}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _token(self, form: dict[str, str]) -> None:
        if form.get("client_id") != CLIENT_ID:
            self._refuse_token("invalid_client", "Invalid client")
        elif form.get("grant_type") == "authorization_code":
            person, redirect_uri, challenge, _ = self.api.codes.pop(form.get("code", ""), ("", "", "", ""))
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            if not person:
                self._refuse_token("invalid_grant", "Invalid authorization code")
            elif redirect_uri != form.get("redirect_uri"):
                self._refuse_token("invalid_grant", "Invalid redirect URI")
            elif base64.urlsafe_b64encode(digest).decode().rstrip("=") != challenge:
                self._refuse_token("invalid_grant", "code_verifier was incorrect")
            else:
                self._send(200, self.api.grant(person), "token")
        elif form.get("grant_type") == "refresh_token":
            with self.api.lock:
                found = self.api.refresh.get(form.get("refresh_token", ""))
                if found and self.api.rotates_refresh_tokens:
                    del self.api.refresh[form["refresh_token"]]
            if found is None:
                self._refuse_token("invalid_grant", "Invalid refresh token")
                return
            granted = self.api.grant(found.person)
            if not self.api.rotates_refresh_tokens:
                del self.api.refresh[str(granted.pop("refresh_token"))]
            self._send(200, granted, "token")
        else:
            self._refuse_token("unsupported_grant_type", "grant_type parameter is missing")

    def _refuse_token(self, error: str, description: str) -> None:
        body: Json = {"error": error, "error_description": description}
        self._send(400, body, "authentication_error")

    # --- the Web API ------------

    def _web_api(self, path: str, query: dict[str, str]) -> None:
        api = self.api
        fault = api.fault_of(path)
        if fault and not fault.startswith(("cut", "slow")):
            self._broken(fault)
            return
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        found = api.access.get(token)
        if found is None:
            self._error(401, "Invalid access token" if token else "No token provided")
            return
        if found.expires <= api.now():
            self._error(401, "The access token expired")
            return
        if (wait := api.pause()) is not None:
            self._too_many(wait)
            return
        with api.lock:
            api.calls.append((api.now(), path, found.person))
        status, body, schema = self._answer(path, query, found)
        self._send(status, body, schema, fault)

    def _answer(self, path: str, query: dict[str, str], grant: Grant) -> tuple[int, Json, str]:
        if path == RECENTLY_PLAYED:
            if SCOPE not in grant.scope.split():
                return _error(403, "Insufficient client scope")
            return self._recently_played(query, self.api.people[grant.person])
        return self._catalogue(path, query)

    def _catalogue(self, path: str, query: dict[str, str]) -> tuple[int, Json, str]:
        kind, _, written = path.removeprefix("/v1/").partition("/")
        made = _MADE.get(kind)
        if made is None:
            return _error(404, "Service not found")
        one = kind.removesuffix("s")
        if not written:
            return self._batch(kind, one, query.get("ids", "").split(","))
        if len(written) != 22 or not written.isalnum():
            return _error(400, "Invalid base62 id")
        if (number := world.number_of(one, written)) is not None:
            return 200, made(number, extended=self.api.extended), one
        return _error(404, "Resource not found")

    def _batch(self, kind: str, one: str, ids: list[str]) -> tuple[int, Json, str]:
        if not self.api.extended:
            return _error(403, "Forbidden: the endpoint is not open to apps in development mode")
        if len(ids) > (20 if kind == "albums" else 50):
            return _error(400, "Too many ids requested")
        numbers = [world.number_of(one, each) for each in ids]
        return 200, {kind: [None if n is None else _MADE[kind](n, extended=True) for n in numbers]}, kind

    def _recently_played(self, query: dict[str, str], person: Person) -> tuple[int, Json, str]:
        limit = int(query.get("limit", 20))
        if not 1 <= limit <= 50:
            return _error(400, "Invalid limit")
        if "after" in query and "before" in query:
            return _error(400, "Only one of after and before")
        kept = person.kept(round(self.api.now() * 1_000))
        if "after" in query:
            kept = [play for play in kept if play[0] > int(query["after"])]
        if "before" in query:
            kept = [play for play in kept if play[0] < int(query["before"])]
        items = [
            {
                "track": world.track(number, extended=self.api.extended),
                "played_at": world.iso(moment),
                "context": None,
            }
            for moment, number in kept[:limit]
        ]
        cursors = {"after": str(kept[0][0]), "before": str(kept[:limit][-1][0])} if kept else None
        more = len(kept) > limit
        href = f"{self.api.address}{RECENTLY_PLAYED}"
        following = f"{href}?before={kept[limit - 1][0]}&limit={limit}" if more else None
        body: Json = {"href": href, "limit": limit, "next": following, "cursors": cursors, "items": items}
        return 200, body, "recently_played"

    # --- sending ------------

    def _error(self, status: int, message: str) -> None:
        self._send(*_error(status, message))

    def _too_many(self, seconds: int) -> None:
        self._send(*_error(429, "API rate limit exceeded"), headers={"Retry-After": str(seconds)})

    def _broken(self, fault: Fault) -> None:
        if fault.startswith("429:"):
            seconds = int(fault.partition(":")[2])
            self.api.blocked_until = max(self.api.blocked_until, self.api.now() + seconds)
            self._too_many(seconds)
        elif fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
        elif fault == "html":
            self._page(404, "<h1>404</h1> this is a proxy")
        else:
            self.api.refused[int(fault)] += 1
            self._page(int(fault), "<h1>Bad gateway</h1>")

    def _send(
        self,
        status: int,
        body: Json,
        schema: str,
        fault: Fault | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.compared = True
        problems = _told_too_much(body, schema) if not self.api.extended else []
        try:
            _VALIDATORS[schema](body)
        except fastjsonschema.JsonSchemaValueException as error:
            problems.append(error.message)
        if problems:
            self.api.drifted += [f"{self.path} ({schema}): {each}" for each in problems]
            status, body = 500, {"error": {"status": 500, "message": "the test server drifted"}}
        if status >= 400:
            self.api.refused[status] += 1
        content = json.dumps(body).encode()
        if fault == "cut":
            self._head(status, len(content), headers)
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
        elif fault and fault.startswith("slow"):
            self._head(status, len(content), headers)
            for first in range(0, len(content), 1 + len(content) // 5):
                self.wfile.write(content[first : first + 1 + len(content) // 5])
                self.wfile.flush()
                time.sleep(0.05)
        else:
            self._raw(status, content, headers)

    def _page(self, status: int, html: str) -> None:
        page = f"<!doctype html><meta charset=utf-8><title>Made-up accounts</title>{html}"
        self._raw(status, page.encode(), {}, "text/html")

    def _raw(self, status: int, content: bytes, headers: Mapping[str, str], kind: str = _JSON) -> None:
        self._head(status, len(content), headers, kind)
        self.wfile.write(content)

    def _head(self, status: int, length: int, headers: Mapping[str, str], kind: str = _JSON) -> None:
        if kind == _JSON and not self.compared:
            self.api.drifted.append(f"{self.path} is answered by what was compared with no schema")
        self.compared = False
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def _error(status: int, message: str) -> tuple[int, Json, str]:
    return status, {"error": {"status": status, "message": message}}, "error"


def _told_too_much(body: Any, schema: str) -> list[str]:
    """Fields in an answer that apps in development mode are not told."""
    if isinstance(body, list):
        return [each for one in body for each in _told_too_much(one, schema)]
    if not isinstance(body, dict):
        return []
    wrong = _REMOVED.get(str(body.get("type")), set()) & body.keys()
    return [
        *(f"{name} is not told in development mode" for name in wrong),
        *(each for one in body.values() for each in _told_too_much(one, schema)),
    ]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Nothing: connections that clients or faults break are part of the play."""


@contextmanager
def serving(**state: Any) -> Iterator[SpotifyApi]:
    """Both services, until the end of the context; what drifted from the contract fails it."""
    api = SpotifyApi(**state)
    handler = type("Handler", (_Handler,), {"api": api})
    with _Server(("127.0.0.1", api.port), handler) as server:
        api.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()
    assert not api.drifted, api.drifted
