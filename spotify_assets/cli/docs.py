"""The command that shows the documentation of the tables: docs."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Annotated

import typer

from spotify_assets.cli.common import says_what_is_wrong
from spotify_assets.cli.console import out
from spotify_assets.cli.options import LAST_PORT
from spotify_assets.instance.servers import must_be_free
from spotify_assets.instance.signals import interruptible
from spotify_assets.settings import Settings

app = typer.Typer()
_HOST = "127.0.0.1"


@app.command()
@says_what_is_wrong
def docs(
    port: Annotated[
        int, typer.Option(help="Port of the page, on loopback; 0 takes a free one.", min=0, max=LAST_PORT)
    ] = 8080,
    *,
    build_only: Annotated[bool, typer.Option("--build-only", help="Make the page and stop.")] = False,
) -> None:
    """Show every table of the warehouse: columns, tests, metrics and what is made from what."""
    settings = Settings()
    if not build_only:
        must_be_free(_HOST, port, "--port")
    with out.status("Asking dbt"):
        from spotify_assets.assets.dbt_docs import build_docs  # noqa: PLC0415

        page = build_docs(settings)
    out.print(f"Documentation: {page}", highlight=False, soft_wrap=True)
    if not build_only:
        _serve(page.parent, port)


def _serve(folder: Path, port: int) -> None:
    """Serve a folder to this machine alone, until interrupted."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing: a request is no news."""

    with ThreadingHTTPServer((_HOST, port), partial(Quiet, directory=str(folder))) as server:
        out.print(f"http://{_HOST}:{server.server_address[1]}  (Ctrl+C ends)", highlight=False)
        try:
            with interruptible():
                server.serve_forever()
        except KeyboardInterrupt:
            out.print("Ended.")
