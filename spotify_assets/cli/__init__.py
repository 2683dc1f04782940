"""The command line, `spotify-assets`: each verb a few lines over the package.

Errors that a person can do something about are one line on standard error and exit code 1. Here belongs: what
a command asks and prints. Not here: what it does.
"""

from importlib.metadata import version
from typing import Annotated

import typer

from spotify_assets.cli import (
    accounts,
    cost,
    dashboard,
    docs,
    exports,
    files,
    imports,
    lake,
    operate,
    partitions,
    postgres,
    privacy,
    query,
    recap,
    receipts,
    recommend,
    results,
    rules,
    runs,
    share,
    storage,
    stream,
    unusual,
    up,
    weather,
)

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)


def tell_version(wanted: bool) -> None:
    """Print the version, and nothing else."""
    if wanted:
        typer.echo(f"spotify-assets {version('spotify-assets')}")
        raise typer.Exit


@app.callback()
def main(
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=tell_version, help="Print the version.")
    ] = False,
) -> None:
    """Your listening history as a warehouse: import it, materialise the tables, ask questions, look at it."""


for part in (
    imports,
    accounts,
    receipts,
    files,
    exports,
    lake,
    runs,
    up,
    dashboard,
    operate,
    partitions,
    results,
    rules,
    query,
    recap,
    recommend,
    share,
    docs,
    privacy,
    storage,
    stream,
    postgres,
    unusual,
    weather,
    cost,
):
    app.add_typer(part.app)
