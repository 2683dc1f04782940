"""The server that links to recaps lead to: it shows what a link names, and nothing else is there.

It reads the published copy through the views of that listener (`figures.own`), takes no parameters, sets no
cookies, and writes down neither links nor who opened them.
"""

import threading
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from spotify_assets.figures.opening import compared_by_default
from spotify_assets.figures.own import own_rows
from spotify_assets.figures.personal import find_listener, nothing_known
from spotify_assets.report.link import Shared, opened
from spotify_assets.report.page import rendered
from spotify_assets.report.sections import figures_of
from spotify_assets.report.signing import LinkExpiredError, LinkRefusedError
from spotify_assets.warehouse.connection import OUTDATED_COPY
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.errors import WarehouseError

PATH = "/recap/"
"""What the addresses of recaps begin with; the token follows."""
_KEPT_PAGES = 20
_SECONDS = 30
"""How long a request may take to arrive."""
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_one_at_a_time = threading.Lock()

Answer = tuple[HTTPStatus, str]


def server(host: str, port: int, copy: Database, key: str) -> ThreadingHTTPServer:
    """A server of shared recaps that listens, and serves once it is told to.

    Args:
        host: address to listen on.
        port: TCP port; 0 takes a free one.
        copy: the published copy.
        key: what links are signed with.

    Raises:
        OSError: the port cannot be had.
    """

    class Handler(_Handler):
        def answer(self) -> Answer:
            return _answer(self.path, copy, key)

    return ThreadingHTTPServer((host, port), Handler)


class _Handler(BaseHTTPRequestHandler):
    server_version, sys_version = "listening", ""
    timeout = _SECONDS
    answer: Callable[[], Answer]

    def do_GET(self) -> None:
        """Answer a request, with the page or a line that says why not."""
        status, text = self.answer()
        content = text.encode()
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        kind = "text/html" if status is HTTPStatus.OK else "text/plain"
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def do_HEAD(self) -> None:
        """Answer without the page."""
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing: whoever reads a log could open the links in it."""


def _answer(path: str, copy: Database, key: str) -> Answer:
    if not path.startswith(PATH):
        return HTTPStatus.NOT_FOUND, "There is nothing here.\n"
    try:
        shared = opened(path.removeprefix(PATH), key)
    except LinkExpiredError:
        return HTTPStatus.GONE, "This link has expired: ask for a new one.\n"
    except LinkRefusedError:
        return HTTPStatus.FORBIDDEN, "This link is not as it was given out: ask for it again.\n"
    try:
        page = _page(copy, copy.version, shared)
    except (*OUTDATED_COPY, WarehouseError, ValueError):
        page = None
    if page is None:
        return HTTPStatus.NOT_FOUND, "There is no listening to be shown any more.\n"
    return HTTPStatus.OK, page


@lru_cache(maxsize=_KEPT_PAGES)
def _page(copy: Database, _version: tuple[int, int] | None, shared: Shared) -> str | None:
    """The recap that a link names, of the copy that is there now; None where nothing is known."""
    with _one_at_a_time, own_rows(copy, shared.user_id) as connection:
        if nothing_known(connection, shared.user_id, shared.period):
            return None
        listener = find_listener(connection, shared.user_id)
        compared = compared_by_default(listener, shared.period)
        return rendered(figures_of(connection, shared.user_id, shared.period, compared))
