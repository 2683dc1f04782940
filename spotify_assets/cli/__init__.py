"""The command line, `spotify-assets`: each verb a few lines over the package.

Errors that a person can do something about are one line on standard error and exit code 1. Here belongs: what
a command asks and prints. Not here: what it does.
"""

import typer

from spotify_assets.cli import (
    dashboard,
    docs,
    exports,
    files,
    imports,
    operate,
    privacy,
    query,
    recap,
    results,
    rules,
    runs,
    storage,
)

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__, rich_markup_mode=None)
for part in (
    imports,
    files,
    exports,
    runs,
    dashboard,
    operate,
    results,
    rules,
    query,
    recap,
    docs,
    privacy,
    storage,
):
    app.add_typer(part.app)
