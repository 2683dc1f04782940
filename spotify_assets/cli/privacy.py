"""Commands about a listener's wishes: erase-user, and exclude with list, add and remove."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table as RichTable

from spotify_assets.cli.common import report, run_job, says_what_is_wrong
from spotify_assets.cli.console import out
from spotify_assets.cli.options import within_days
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotify_assets.lake.erasing import ErasedFromLake
    from spotify_assets.rows.window import Window
    from spotify_assets.transforms.exclusions import Exclusion

app = typer.Typer()
rules = typer.Typer(no_args_is_help=True, help="What is kept out of the listening, whatever is imported.")
app.add_typer(rules, name="exclude")

_DATE_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


@app.command("erase-user")
@says_what_is_wrong
def erase_user(
    user: Annotated[str, typer.Argument(help="The listener's pseudonym.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    originals: Annotated[
        bool, typer.Option("--originals", help="Delete their files in the inbox too.")
    ] = False,
) -> None:
    """Remove a listener from the lake, from every table and from what is published."""
    from spotify_assets.accounts.forgetting import forget_account  # noqa: PLC0415
    from spotify_assets.lake.due import owe, owed  # noqa: PLC0415
    from spotify_assets.lake.erasing import erase_from_lake  # noqa: PLC0415
    from spotify_assets.report.monthly import remove_recaps  # noqa: PLC0415
    from spotify_assets.serving.publishing import publish_published_copy  # noqa: PLC0415
    from spotify_assets.start_date import with_start  # noqa: PLC0415
    from spotify_assets.warehouse.door import warehouse_of  # noqa: PLC0415
    from spotify_assets.warehouse.erasing import erase_rows, event_dates  # noqa: PLC0415
    from spotify_assets.warehouse.publish import publish  # noqa: PLC0415
    from spotify_assets.weather.declared import forget_place  # noqa: PLC0415

    # The start is fixed before, because it follows from the lake.
    settings = with_start(Settings())
    if not yes:
        typer.confirm(f"Remove everything of listener {user}? This cannot be undone", abort=True)
    warehouse = warehouse_of(settings)
    has_tables = warehouse.exists()
    theirs, newest = event_dates(warehouse, user) if has_tables else ([], None)
    if theirs:
        owe(settings.lake, theirs[0])
    # First, so that nothing is fetched behind what is erased.
    was_connected = forget_account(settings, user)
    erased = erase_from_lake(settings, user)
    erased.add("connected account", int(was_connected))
    tables: dict[str, int] = {}
    if has_tables:
        tables = erase_rows(warehouse, user, erased.source_files)
        warehouse.compact()
    erased.add("monthly recaps", remove_recaps(settings.reports_dir, user))
    erased.add("declared place", forget_place(settings.places_path, user))
    _tell_removed(erased, tables)
    _tell_originals(erased.originals, delete=originals)
    due = {note.first for note in owed(settings.lake)}
    window = _window_to_make_again({*erased.dates, *theirs, *due}, newest, settings.start_date)
    if has_tables and window:
        out.print(f"Making again what was counted from these rows, {window}.")
        report(run_job(settings, "everything", window=window))
    elif has_tables:
        publish(warehouse, settings.processed_dir, settings.lake_processed)
        if settings.serving_postgres_url:
            publish_published_copy(settings)


@rules.command("list")
@says_what_is_wrong
def list_() -> None:
    """The rules, with the numbers that remove takes, and how many published playbacks each matches."""
    from spotify_assets.lake.exclusions import read_exclusions  # noqa: PLC0415

    settings = Settings()
    found = read_exclusions(settings.exclusions_path)
    if not found:
        out.print("Nothing is excluded.")
        return
    columns = ("rule", "listener", "track", "artist", "from", "until", "device", "private sessions")
    matches = _matches(settings, found)
    table = RichTable(*columns, *(["playbacks"] if matches else []))
    for number, rule in enumerate(found, start=1):
        texts = (rule.user_id or "all", rule.track, rule.artist, rule.since, rule.until, rule.device)
        counted = [f"{matches[number - 1]:,}"] if matches else []
        table.add_row(
            str(number),
            *(str(text or "") for text in texts),
            "only these" if rule.incognito else "",
            *counted,
        )
    out.print(table)


@rules.command()
@says_what_is_wrong
def add(
    user: Annotated[str | None, typer.Option(help="Whose listening; all listeners by default.")] = None,
    track: Annotated[str | None, typer.Option(help="A Spotify id, URI or address, or a name.")] = None,
    artist: Annotated[
        str | None, typer.Option(help="A name; case and kinds of quotes do not matter.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--from", formats=_DATE_FORMATS, callback=within_days, help="From this day or UTC moment."
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=_DATE_FORMATS, callback=within_days, help="To this day, included, or to this UTC moment."
        ),
    ] = None,
    device: Annotated[str | None, typer.Option(help="A kind of device, e.g. speaker.")] = None,
    incognito: Annotated[bool, typer.Option("--incognito", help="Private sessions.")] = False,
) -> None:
    """Add a rule: a playback is excluded where every part that is given matches it."""
    from spotify_assets.lake.exclusions import add_exclusion  # noqa: PLC0415
    from spotify_assets.transforms.exclusions import Exclusion  # noqa: PLC0415

    settings = Settings()
    rule = Exclusion(user, track, artist, _day(since), _day(until), device, incognito)
    number = add_exclusion(settings.exclusions_path, rule)
    says = _told(_matches(settings, [rule]))
    out.print(f"Rule {number} is in {settings.exclusions_path}. {says} {_NEXT}", soft_wrap=True)


@rules.command()
@says_what_is_wrong
def remove(
    numbers: Annotated[list[int], typer.Argument(help="Numbers of rules, as list shows them.")],
) -> None:
    """Remove rules; their playbacks come back with the next run."""
    from spotify_assets.lake.exclusions import remove_exclusions  # noqa: PLC0415

    remove_exclusions(Settings().exclusions_path, set(numbers))
    out.print(f"Removed. {_NEXT}")


def _matches(settings: Settings, rules: "Sequence[Exclusion]") -> list[int] | None:
    """How many published playbacks each rule matches; None where nothing is published yet."""
    from spotify_assets.tables import RAW_EVENTS  # noqa: PLC0415
    from spotify_assets.warehouse.door import published_copy  # noqa: PLC0415
    from spotify_assets.warehouse.errors import WarehouseMissingError  # noqa: PLC0415
    from spotify_assets.warehouse.exclusions import count_matches  # noqa: PLC0415
    from spotify_assets.warehouse.reader import TableReader  # noqa: PLC0415

    try:
        return count_matches(TableReader(published_copy(settings), RAW_EVENTS), rules)
    except WarehouseMissingError:
        return None


def _told(matches: list[int] | None) -> str:
    """What a new rule matches, in words."""
    if matches is None:
        return "Nothing is published yet that it could match."
    if matches == [0]:
        return (
            "It matches no playback of what is published: look at the spelling, unless that is yet to come."
        )
    return f"It matches {matches[0]:,} playback{'s' if matches != [1] else ''} of what is published."


_NEXT = "It takes effect with the next run of the days it is about: spotify-assets materialize"


def _day(moment: datetime | None) -> date | datetime | None:
    """A date where midnight was given, because a person who gives a day means all of it."""
    return moment.date() if moment and moment.time() == time() else moment


def _window_to_make_again(dates: set[date], newest: date | None, start: date | None) -> "Window | None":
    """From the first date that changed to the last one there is: models learn from the days before them."""
    from spotify_assets.rows.window import Window  # noqa: PLC0415

    today = datetime.now(UTC).date()
    changed = [day for day in dates if (start or day) <= day <= today]
    if not changed:
        return None
    last = min(max([*changed, *([newest] if newest else [])]), today)
    return Window(min(changed), last + timedelta(days=1))


def _tell_removed(erased: "ErasedFromLake", tables: dict[str, int]) -> None:
    if not erased.rows and not tables:
        out.print("There was nothing of this listener.")
        return
    table = RichTable("where", "what")
    table.add_column("removed", justify="right")
    for what, rows in erased.rows.items():
        table.add_row("lake", what, f"{rows:,}")
    for name, rows in tables.items():
        table.add_row("warehouse", name, f"{rows:,}")
    out.print(table)


def _tell_originals(originals: list[Path], *, delete: bool) -> None:
    for path in originals:
        if delete:
            path.unlink()
            out.print(f"Deleted {path}", soft_wrap=True)
        else:
            out.print(f"{path} is still there: delete it yourself, or use --originals.", soft_wrap=True)
