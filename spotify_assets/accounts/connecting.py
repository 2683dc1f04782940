"""Asking a listener in the browser: the page that Spotify shows, and the loopback address it comes back to.

The server listens on the machine itself, for one answer, and tells the browser nothing but that it is done.
Where the browser is on another machine, the listener pastes the address that it ended at.
"""

from http.server import BaseHTTPRequestHandler, HTTPServer
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from spotify_assets.accounts.authorising import Request
from spotify_assets.accounts.errors import AccountError

WAIT_SECONDS = 300.0
_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>spotify-assets</title>
<style>
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 20vh auto; padding: 0 1rem;
       color: #1d1f24; background: #fff }}
@media (prefers-color-scheme: dark) {{ body {{ color: #f2f2f2; background: #0e1117 }} }}
</style>
<h1>{title}</h1>
<p>{words}</p>
"""
_DONE = ("The answer has arrived", "You can close this window. The terminal says what came of it.")
_NOTHING = ("Nothing here", "This address waits for the answer of Spotify's page alone.")


class _Waiting(HTTPServer):
    """A server that waits for one answer."""

    answer: str | None = None
    redirect_uri: str = ""
    timeout = 1.0


class _Handler(BaseHTTPRequestHandler):
    server: _Waiting
    server_version = "spotify-assets"
    sys_version = ""
    timeout = 5.0

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        is_answer = parts.path == urlsplit(self.server.redirect_uri).path and bool(parts.query)
        title, words = _DONE if is_answer else _NOTHING
        page = _PAGE.format(title=title, words=words).encode()
        self.send_response(200 if is_answer else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(page)
        if is_answer:
            self.server.answer = self.path

    def log_message(self, *_: Any) -> None:
        """Nothing: the address has the code in it."""


class Loopback:
    """A server at the address that a listener's browser comes back to; a context, so that it ends.

    Raises:
        AccountError: something else listens there.
    """

    def __init__(self, request: Request) -> None:
        address = urlsplit(request.redirect_uri)
        assert address.hostname and address.port  # the settings take no other
        try:
            self._server = _Waiting((address.hostname, address.port), _Handler)
        except OSError as error:
            raise AccountError(
                f"{request.redirect_uri} is taken ({error.strerror}): end what listens there, or "
                "set SPOTIFY_REDIRECT_URI to another port and add that address to your app"
            ) from None
        self._server.redirect_uri = request.redirect_uri

    def __enter__(self) -> "Loopback":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.server_close()

    def wait(self, seconds: float = WAIT_SECONDS) -> str:
        """The address that the browser came back to.

        Raises:
            AccountError: it did not within so many seconds.
        """
        until = monotonic() + seconds
        while self._server.answer is None:
            if monotonic() > until:
                raise AccountError(
                    "no answer came: give the command again, with --paste where the browser is elsewhere"
                )
            self._server.handle_request()
        return self._server.answer
