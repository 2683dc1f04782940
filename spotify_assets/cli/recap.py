"""The command that writes a listener's recap: recap."""

from datetime import datetime, time
from pathlib import Path
from typing import Annotated

import typer

from spotify_assets.cli.common import says_what_is_wrong
from spotify_assets.cli.console import out
from spotify_assets.cli.options import day_option, within_days
from spotify_assets.settings import Settings

app = typer.Typer()


@app.command()
@says_what_is_wrong
def recap(
    user: Annotated[
        str | None, typer.Option(help="The listener; may be left out where there is only one.")
    ] = None,
    first: Annotated[
        datetime | None,
        day_option(
            "--from",
            help="First day. Without both days, the last whole year of data, else the last whole month.",
        ),
    ] = None,
    last: Annotated[datetime | None, day_option("--to", help="Last day, included.")] = None,
    compare_with: Annotated[
        str | None,
        typer.Option(help="Compared days, FROM..TO; by default the period before, if all of it is known."),
    ] = None,
    no_compare: Annotated[bool, typer.Option("--no-compare", help="Compare with nothing.")] = False,
    output: Annotated[Path, typer.Option("--output", "-o", help="The page to write.")] = Path("recap.html"),
) -> None:
    """Write one listener's recap: a page that needs no network, its numbers and its picture."""
    from spotify_assets.figures.view import period_of  # noqa: PLC0415
    from spotify_assets.report.recap import recap as write_recap  # noqa: PLC0415
    from spotify_assets.warehouse.door import published_copy  # noqa: PLC0415

    settings = Settings()
    if compare_with and no_compare:
        raise ValueError("--compare-with and --no-compare contradict each other: give one of them")
    compared = period_of(compare_with) if compare_with else None
    for day in (compared.first, compared.last) if compared else ():
        within_days(datetime.combine(day, time()))
    with out.status("Writing the recap"):
        made = write_recap(
            published_copy(settings),
            output,
            user,
            (first.date() if first else None, last.date() if last else None),
            compared,
            alone=no_compare,
        )
    figures = made.figures
    beside = f", compared with {figures.compared}" if figures.compared else ""
    out.print(
        f"{made.page}: {figures.listener.user_id}, {figures.period}{beside}",
        soft_wrap=True,
        highlight=False,
    )
    out.print(
        f"{made.data}: {len(figures.frames)} tables as Parquet and CSV; picture: {made.picture}",
        soft_wrap=True,
        highlight=False,
    )
