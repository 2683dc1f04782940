"""The commands that a listener keeps something by: recap and cards."""

from dataclasses import replace
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spotify_assets.cli.common import says_what_is_wrong
from spotify_assets.cli.console import out
from spotify_assets.cli.options import day_option, within_days
from spotify_assets.cli.share import share_key
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    from spotify_assets.report.recap import Asked

app = typer.Typer()

User = Annotated[str | None, typer.Option(help="The listener; may be left out where there is only one.")]
First = Annotated[
    datetime | None,
    day_option(
        "--from", help="First day. Without any days, the last whole year of data, else the last whole month."
    ),
]
Last = Annotated[datetime | None, day_option("--to", help="Last day, included.")]
Said = Annotated[
    str | None,
    typer.Option("--period", help="The days in words: last year, March 2024, last summer, all of it."),
]
Language = Annotated[str, typer.Option(help="Of the words, such as en or de.")]


def _asked(user: str | None, first: datetime | None, last: datetime | None, said: str | None) -> "Asked":
    from spotify_assets.report.recap import Asked  # noqa: PLC0415

    if said is not None and (first or last):
        raise ValueError("--period and --from or --to contradict each other: give one of them")
    return Asked(user, first.date() if first else None, last.date() if last else None, said)


@app.command()
@says_what_is_wrong
def recap(
    user: User = None,
    first: First = None,
    last: Last = None,
    period: Said = None,
    compare_with: Annotated[
        str | None,
        typer.Option(help="Compared days, FROM..TO; by default the period before, if all of it is known."),
    ] = None,
    no_compare: Annotated[bool, typer.Option("--no-compare", help="Compare with nothing.")] = False,
    beside: Annotated[
        str | None,
        typer.Option(help="What two listeners agreed to (share agree): the other stands beside the first."),
    ] = None,
    language: Language = "en",
    pdf: Annotated[bool, typer.Option("--pdf", help="Write the page as PDF too.")] = False,
    output: Annotated[Path, typer.Option("--output", "-o", help="The page to write.")] = Path("recap.html"),
) -> None:
    """Write one listener's recap: a page that needs no network, its numbers and its picture."""
    from spotify_assets.figures.view import period_of  # noqa: PLC0415
    from spotify_assets.report.agreement import agreement  # noqa: PLC0415
    from spotify_assets.report.recap import recap as write_recap  # noqa: PLC0415
    from spotify_assets.report.recap import write_pdf  # noqa: PLC0415
    from spotify_assets.warehouse.door import published_copy  # noqa: PLC0415

    settings = Settings()
    if compare_with and no_compare:
        raise ValueError("--compare-with and --no-compare contradict each other: give one of them")
    agreed = agreement(beside, share_key(settings)) if beside else None
    if agreed and (first or last or period):
        raise ValueError(f"--beside is of the days that both agreed to, {agreed.period}: leave others out")
    compared = period_of(compare_with) if compare_with else None
    for day in (compared.first, compared.last) if compared else ():
        within_days(datetime.combine(day, time()))
    whose = user or (agreed.users[0] if agreed else None)
    asked = replace(_asked(whose, first, last, period), compared=compared, alone=no_compare, agreed=agreed)
    with out.status("Writing the recap"):
        made = write_recap(published_copy(settings), output, asked, language, settings.covers_dir)
        paper = write_pdf(made, language) if pdf else None
    figures = made.figures
    beside = f", compared with {figures.compared}" if figures.compared else ""
    _say(f"{made.page}: {figures.listener.user_id}, {figures.period}{beside}")
    _say(f"{made.data}: {len(figures.frames)} tables as Parquet and CSV; picture: {made.picture}")
    if paper:
        _say(str(paper))


@app.command()
@says_what_is_wrong
def cards(
    user: User = None,
    first: First = None,
    last: Last = None,
    period: Said = None,
    design: Annotated[
        list[str] | None, typer.Option(help="What they tell, once for each; by default every design.")
    ] = None,
    shape: Annotated[
        list[str] | None, typer.Option(help="tall (1080 × 1920) or wide (1200 × 630); by default both.")
    ] = None,
    theme: Annotated[str, typer.Option(help="light or dark.")] = "light",
    name: Annotated[str, typer.Option(help="What to call the listener on them; by default nothing.")] = "",
    without: Annotated[
        list[str] | None, typer.Option(help="An artist or track that stays off them, once for each.")
    ] = None,
    language: Language = "en",
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write to.")] = Path("cards"),
) -> None:
    """Draw share cards of one listener's period as PNG: what stood out, tops, the calendar and more."""
    from spotify_assets.report.cards.files import write_cards  # noqa: PLC0415
    from spotify_assets.warehouse.door import published_copy  # noqa: PLC0415

    with out.status("Drawing the cards"):
        made = write_cards(
            published_copy(Settings()),
            output,
            _asked(user, first, last, period),
            (design, shape, theme),
            name=name,
            without=without or (),
            language=language,
        )
    for path in made.written:
        _say(str(path))
    for reason in made.left_out:
        _say(reason)


def _say(line: str) -> None:
    out.print(line, soft_wrap=True, highlight=False)
