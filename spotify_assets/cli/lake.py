"""Commands about the lake as a whole: copy."""

from typing import Annotated

import typer

from spotify_assets.cli.common import says_what_is_wrong
from spotify_assets.cli.console import out
from spotify_assets.settings import Settings

app = typer.Typer()
lake = typer.Typer(no_args_is_help=True, help="The lake as a whole: copy it to another address.")
app.add_typer(lake, name="lake")


@lake.command()
@says_what_is_wrong
def copy(
    to: Annotated[str, typer.Option("--to", help="s3://bucket/prefix, gs://…, az://… or a data folder.")],
    remove_others: Annotated[
        bool, typer.Option("--remove-others", help="Remove what the other place has and the lake has not.")
    ] = False,
) -> None:
    """Copy all landed files to another address, each compared by size and checksum; again goes on.

    The lake stays where it is until SPOTIFY_LAKE_URL says otherwise.
    """
    from spotify_assets.lake.copying import copy_lake  # noqa: PLC0415
    from spotify_assets.places import place_of  # noqa: PLC0415

    source, target = Settings().lake, place_of(to) / "raw"
    with out.status("Copying") as status:
        copied = copy_lake(
            source,
            target,
            remove_others=remove_others,
            told=lambda done, of: status.update(f"Copying: {done:,} of {of:,} files"),
        )
    before = f", {copied.there_before:,} of which were there before" if copied.there_before else ""
    out.print(
        f"{copied.files:,} files, {copied.bytes:,} bytes, are at {target} as they are at {source}{before}.",
        soft_wrap=True,
        highlight=False,
    )
    out.print(
        f"Next: set SPOTIFY_LAKE_URL to {to}; without it the lake is in the data folder.", soft_wrap=True
    )
