"""The command that serves the dashboard."""

import os
from typing import Annotated

import typer

from spotify_assets.cli.common import says_what_is_wrong
from spotify_assets.cli.options import LAST_PORT
from spotify_assets.settings import Settings

app = typer.Typer()


@app.command()
@says_what_is_wrong
def dashboard(
    port: Annotated[int, typer.Option(min=1, max=LAST_PORT, help="Port of the dashboard.")] = 8501,
    host: Annotated[
        str, typer.Option(help="Address to listen on; loopback by default, because there may be no login.")
    ] = "127.0.0.1",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser window.")] = False,
) -> None:
    """Show the published copy in the browser: every page, chart and filter, until Ctrl-C."""
    from spotify_assets.dashboard.login import must_be_set_up  # noqa: PLC0415
    from spotify_assets.dashboard.serve import command  # noqa: PLC0415
    from spotify_assets.instance.servers import must_be_free  # noqa: PLC0415

    settings = Settings()
    must_be_set_up(settings)
    must_be_free(host, port, "--port")
    arguments = command(host, port, open_browser=not no_browser, login_file=settings.login_file)
    os.execv(arguments[0], arguments)  # noqa: S606
