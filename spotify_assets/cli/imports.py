"""The command that lands people's own files: import."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table as RichTable

from spotify_assets.cli.common import say_error, says_what_is_wrong, stoppable, tell_partitions
from spotify_assets.cli.console import out, plain
from spotify_assets.cli.offline import tell_moved, tell_outdated
from spotify_assets.cli.options import day_option
from spotify_assets.cli.receipts import dates_of, tell_account
from spotify_assets.cli.undo import undo as undo_imports
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    from spotify_assets.lake.importing import FileOutcome, Handed, ImportOptions
    from spotify_assets.lake.profiles import Profile
    from spotify_assets.sources.kinds import Kind

app = typer.Typer()


_Paths = Annotated[
    list[Path] | None,
    typer.Argument(help="Files, folders or zips, which are only read; what is new in the inbox by default."),
]
_User = Annotated[
    str,
    typer.Option(
        help="Whose listening it is: a pseudonym, never a name. A folder of the inbox names its own."
    ),
]


class Expected(StrEnum):
    """What `--as` may insist on."""

    TRACKS = "tracks"
    PLAYS = "plays"


@app.command("import")
@says_what_is_wrong
def import_(
    paths: _Paths = None,
    user: _User = "me",
    timezone: Annotated[
        str | None, typer.Option(help="The IANA zone that the listener lives by, e.g. Europe/Berlin.")
    ] = None,
    follow_country: Annotated[
        bool,
        typer.Option("--follow-country", help="The listener travels: hours follow each playback's country."),
    ] = False,
    expected: Annotated[
        Expected | None, typer.Option("--as", help="Take nothing else: tracks (a catalogue) or plays.")
    ] = None,
    snapshot_date: Annotated[
        datetime | None,
        day_option(help="Day a catalogue was exported; today by default."),
    ] = None,
    undo: Annotated[
        list[str] | None,
        typer.Option(help="Take an import out of lake and tables: its receipt, or the file's name."),
    ] = None,
    bring_back: Annotated[
        bool, typer.Option("--bring-back", help="Take in also what was erased with its listener.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
) -> None:
    """Land files of any known kind in the lake, every row accounted for; or undo such a landing."""
    if undo:
        undo_imports([*undo, *map(str, paths or ())], dry_run=dry_run)
        return
    if bring_back and not paths:
        raise ValueError("--bring-back is for files that you name: give their paths")
    settings = Settings()
    profile = _profile(user, timezone, follow_country=follow_country)
    options = _options(settings, profile, snapshot_date, expected, bring_back=bring_back)
    handed = _hand_in(settings, paths, options, dry_run=dry_run)
    if (timezone or follow_country) and not dry_run:
        from spotify_assets.lake.profiles import write_profile  # noqa: PLC0415

        write_profile(settings.lake, profile)
    failed = _tell(handed, named=bool(paths))
    _tell_what_follows(settings, handed, dry_run=dry_run)
    if failed:
        raise typer.Exit(1)


def import_fetched(
    settings: Settings, path: Path, user: str, snapshot_date: datetime | None, expected: Expected
) -> None:
    """Import what was fetched, and say what came of it.

    Raises:
        typer.Exit: it was not taken.
    """
    options = _options(
        settings, _profile(user, None, follow_country=False), snapshot_date, expected, bring_back=False
    )
    handed = _hand_in(settings, [path], options, dry_run=False)
    failed = _tell(handed, named=True)
    _tell_what_follows(settings, handed, dry_run=False)
    if failed:
        raise typer.Exit(1)


def _profile(user: str, timezone: str | None, *, follow_country: bool) -> "Profile":
    from spotify_assets.lake.profiles import Profile, checked_time_zone, checked_user_id  # noqa: PLC0415

    return Profile(checked_user_id(user), checked_time_zone(timezone) if timezone else None, follow_country)


def _options(
    settings: Settings,
    profile: "Profile",
    snapshot_date: datetime | None,
    expected: Expected | None,
    *,
    bring_back: bool,
) -> "ImportOptions":
    from spotify_assets.lake.importing import ImportOptions  # noqa: PLC0415
    from spotify_assets.lake.kept_out import Why  # noqa: PLC0415

    day = snapshot_date.date() if snapshot_date else None
    _refuse_outside(settings, day)
    options = ImportOptions(profile.user_id, datetime.now(UTC).date(), day, _kinds(expected))
    return replace(options, lets_in=frozenset(Why)) if bring_back else options


def _hand_in(
    settings: Settings, paths: Sequence[Path] | None, options: "ImportOptions", *, dry_run: bool
) -> "list[Handed]":
    """What came of the files named, or of what is new in the inbox; a dry run only reads them.

    Raises:
        ValueError: nothing that was named has a file.
    """
    from spotify_assets.lake.importing import import_paths, try_path  # noqa: PLC0415
    from spotify_assets.lake.inbox import import_inbox, options_for, pending  # noqa: PLC0415

    if dry_run:
        tried = [(path, options) for path in paths or ()] or [
            (path, options_for(path, settings.inbox_dir, options)) for path in pending(settings)
        ]
        handed = _told(each for path, theirs in tried for each in try_path(path, settings.lake, theirs))
    elif paths:
        handed = _told(import_paths(paths, settings.lake, options))
    else:
        handed = _told(import_inbox(settings, options))
    if not paths and not handed:
        out.print(f"Nothing new in {settings.inbox_dir}: drop files there, or name them.", soft_wrap=True)
    if paths and not handed:
        raise ValueError(f"there is no file in {', '.join(map(str, paths))}")
    return handed


def _tell_what_follows(settings: Settings, handed: "Sequence[Handed]", *, dry_run: bool) -> None:
    if dry_run:
        out.print("A dry run: nothing was written.")
    elif any(file.receipt for each in handed for file in each.files):
        tell_moved(handed)
        tell_outdated(settings)
        tell_partitions(settings)
        out.print("Next: spotify-assets materialize")


def _told(importing: "Iterable[Handed]") -> "list[Handed]":
    """Everything that is imported; a terminal says meanwhile how far it is."""
    handed: list[Handed] = []
    with stoppable(), out.status("Importing") as status:
        for each in importing:
            handed.append(each)
            status.update(f"Importing: {len(handed):,} done, the last one {plain(each.path.name)}")
    return handed


def _kinds(expected: Expected | None) -> "frozenset[Kind]":
    from spotify_assets.sources.imports import EVENT_KINDS, Kind  # noqa: PLC0415

    if expected is None:
        return frozenset(Kind)
    return frozenset({Kind.CATALOGUE}) if expected is Expected.TRACKS else EVENT_KINDS


def _refuse_outside(settings: Settings, snapshot_date: date | None) -> None:
    """Raise where a catalogue's day is in the future or before the partitions that the settings insist on."""
    today = datetime.now(UTC).date()
    if snapshot_date is None or (settings.start_date or snapshot_date) <= snapshot_date <= today:
        return
    raise ValueError(
        f"snapshot date {snapshot_date} is outside the configured partitions, "
        f"{settings.start_date or 'any day'} to today: give another --snapshot-date, or set "
        "SPOTIFY_START_DATE to an earlier day"
    )


def _tell(handed: "Sequence[Handed]", *, named: bool) -> bool:
    """Print what came of every file; whether something was not taken that should have been.

    What is kept out should have been where somebody named it.
    """
    from spotify_assets.lake.importing import Outcome  # noqa: PLC0415

    files = [file for each in handed for file in each.files]
    accounted = [file for file in files if file.receipt]
    left = [file for file in files if file.outcome in (Outcome.REFUSED, Outcome.UNKNOWN)]
    others = [file for file in files if file.outcome in (Outcome.NOT_DATA, Outcome.KEPT_OUT)]
    if len(accounted) == 1 and accounted[0].receipt:
        tell_account(accounted[0].receipt, {})
        if accounted[0].outcome is Outcome.LANDED_BEFORE:
            out.print("These bytes were landed before; nothing changed.")
    elif accounted:
        out.print(_files_table(accounted))
    for words in sorted({file.words for file in others}):
        names = [file.name for file in others if file.words == words]
        more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        outcome = next(file.outcome for file in others if file.words == words)
        out.print(plain(f"{outcome}: {names[0]}{more}: {words}"), soft_wrap=True, highlight=False)
    for file in left:
        say_error(f"{file.name}: {file.words}")
    if any(file.outcome is Outcome.UNKNOWN for file in left):
        out.print(_TAKEN, soft_wrap=True, highlight=False)
    for each in handed:
        if each.is_unknown and each.path.with_name(f"{each.path.name}.reason.txt").exists():
            say_error(f"{each.path.name} was moved to {each.path.parent}, with the reason beside it")
    usable = any(file.receipt and (file.receipt.loaded or file.receipt.duplicates) for file in accounted)
    kept_out = any(file.outcome is Outcome.KEPT_OUT for file in files)
    if files and not usable and not left and not kept_out:
        say_error("nothing of what was handed in could be used")
    not_taken = {Outcome.REFUSED, Outcome.KEPT_OUT} if named else {Outcome.REFUSED}
    refused = any(file.outcome in not_taken for file in files)
    return refused or bool(files and not usable and not kept_out)


_TAKEN = (
    "Taken are exports as they came, zipped or not, from Spotify, Last.fm, ListenBrainz, Apple Music and "
    "YouTube Music, and track catalogues as CSV: docs/importing.md says where to get each."
)


def _files_table(files: "Sequence[FileOutcome]") -> RichTable:
    """One line for each file that was landed, now or before."""
    table = RichTable()
    for column in ("file", "kind"):
        table.add_column(column, overflow="fold")
    for column in ("rows in", "loaded", "rejected"):
        table.add_column(column, justify="right")
    for column in ("dates", "outcome"):
        table.add_column(column)
    totals = [0, 0, 0]
    reasons: Counter[str] = Counter()
    for file in files:
        found = file.receipt
        assert found is not None  # the caller chose those that have one
        counts = [found.rows_in, found.loaded, sum(found.rejected.values())]
        totals = [total + count for total, count in zip(totals, counts, strict=True)]
        for label, counts_of in (("rejected", found.rejected), ("cells left empty", found.emptied)):
            reasons.update({f"{label}: {reason}": count for reason, count in counts_of.items()})
        reasons.update({words: count for words, count in found.foreseen.items() if "rejected" in words})
        numbers = [f"{count:,}" for count in counts]
        table.add_row(plain(file.name), found.kind, *numbers, dates_of(found), file.outcome)
    table.add_section()
    table.add_row("together", "", *(f"{total:,}" for total in totals))
    for reason, rows in sorted(reasons.items()):
        table.add_row(f"  {reason}", "", "", "", f"{rows:,}")
    return table
