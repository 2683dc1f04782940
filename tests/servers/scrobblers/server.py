"""The HTTP server of the three services; who asks for what is written down."""

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape, quoteattr

API_KEY = "made-up-key"
PAGE = 50
CATALOGUE = (
    "track_id,artists,album_name,track_name,popularity,duration_ms,explicit,track_genre\n"
    "6f807x0ima9a1j3VPbc7VN,Made Artist,Made Album,Made Song,44,210000,False,made pop\n"
)


@dataclass
class Scrobblers:
    """What was scrobbled, as (seconds since 1970, title), and which requests came."""

    plays: list[tuple[int, str]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    fails: int = 0
    version: int = 3
    port: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def newest_first(self, after: int, before: int) -> list[tuple[int, str]]:
        return sorted((play for play in self.plays if after < play[0] < before), reverse=True)


class _Handler(BaseHTTPRequestHandler):
    state: Scrobblers
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.state.requests.append(self.path)
        if self.state.fails > 0:
            self.state.fails -= 1
            self._send(503, b"{}")
            return
        if not parts.path.endswith("/listens"):
            self._send(404, b'{"code": 404, "error": "not found"}')
            return
        found = self.state.newest_first(int(query.get("min_ts", 0)), int(query.get("max_ts", 10**12)))
        listens = [_listen(*play) for play in found[: int(query.get("count", 25))]]
        payload = {"count": len(listens), "user_id": "made-up", "listens": listens}
        self._send(200, json.dumps({"payload": payload}).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.state.requests.append(self.path)
        if self.path.startswith("/2.0/"):
            self._lastfm({name: values[0] for name, values in parse_qs(body.decode()).items()})
        elif self.path.endswith("/GetDataset"):
            self._send(200, json.dumps({"currentVersionNumber": self.state.version}).encode())
        elif self.path.endswith("/DownloadDataset"):
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:
                archive.writestr("dataset.csv", CATALOGUE)
            self._send(200, packed.getvalue(), "application/zip")
        else:
            self._send(404, b'{"code": 404, "message": "not found"}')

    def _lastfm(self, form: dict[str, str]) -> None:
        if form.get("api_key") != API_KEY:
            xml = '<lfm status="failed"><error code="10">Invalid API key</error></lfm>'
            self._send(403, xml.encode(), "text/xml")
            return
        page, size = int(form.get("page", 1)), int(form.get("limit", PAGE))
        found = self.state.newest_first(int(form.get("from", 1)) - 1, int(form.get("to", 10**12)))
        pages = max(1, -(-len(found) // size))
        tracks = "".join(_track(*play) for play in found[(page - 1) * size : page * size])
        xml = (
            f'<lfm status="ok"><recenttracks user="made-up" page="{page}" perPage="{size}" '
            f'totalPages="{pages}" total="{len(found)}">{tracks}</recenttracks></lfm>'
        )
        self._send(200, xml.encode(), "text/xml")

    def _send(self, status: int, body: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def _listen(at: int, title: str) -> dict[str, object]:
    metadata = {"artist_name": "Made Artist", "track_name": title, "release_name": "Made Album"}
    more = {"additional_info": {"duration_ms": 200_000, "music_service": "made.example"}}
    return {"listened_at": at, "user_name": "made-up", "track_metadata": {**metadata, **more}}


def _track(at: int, title: str) -> str:
    return (
        f"<track><artist mbid=''>Made Artist</artist><name>{escape(title)}</name><mbid></mbid>"
        f"<album mbid=''>Made Album</album><url>https://last.example</url>"
        f"<date uts={quoteattr(str(at))}>x</date></track>"
    )


@contextmanager
def scrobbling(**state: Any) -> Iterator[Scrobblers]:
    """The services, until the end of the context."""
    served = Scrobblers(**state)
    handler = type("Handler", (_Handler,), {"state": served})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        served.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()
