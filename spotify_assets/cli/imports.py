"""Commands about people's own files: import, receipt, rejected."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table as RichTable

from spotify_assets.cli.common import out, say_error, says_what_is_wrong, stoppable, tell_partitions
from spotify_assets.cli.offline import tell_moved, tell_outdated
from spotify_assets.cli.undo import tell_missing, tell_undone
from spotify_assets.cli.undo import undo as undo_imports
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    import polars as pl

    from spotify_assets.lake.importing import FileOutcome, Handed
    from spotify_assets.lake.receipts import Receipt
    from spotify_assets.sources.kinds import Kind

app = typer.Typer()


class Expected(StrEnum):
    """What `--as` may insist on."""

    TRACKS = "tracks"
    PLAYS = "plays"


class Form(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


@app.command("import")
@says_what_is_wrong
def import_(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files, folders or zips, which are only read; what is new in the inbox by default."
        ),
    ] = None,
    user: Annotated[
        str,
        typer.Option(
            help="Whose listening it is: a pseudonym, never a name. A folder of the inbox names its own."
        ),
    ] = "me",
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
        typer.Option(formats=["%Y-%m-%d"], help="Day a catalogue was exported; today by default."),
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
    from spotify_assets.lake.importing import Wishes, import_paths, try_path  # noqa: PLC0415
    from spotify_assets.lake.inbox import import_inbox, pending, wishes_for  # noqa: PLC0415
    from spotify_assets.lake.kept_out import Why  # noqa: PLC0415
    from spotify_assets.lake.profiles import (  # noqa: PLC0415
        Profile,
        checked_time_zone,
        checked_user_id,
        write_profile,
    )

    settings = Settings()
    day = snapshot_date.date() if snapshot_date else None
    _refuse_outside(settings, day)
    profile = Profile(
        checked_user_id(user), checked_time_zone(timezone) if timezone else None, follow_country
    )
    wishes = Wishes(profile.user_id, datetime.now(UTC).date(), day, _kinds(expected))
    if bring_back:
        wishes = replace(wishes, lets_in=frozenset(Why))
    if dry_run:
        tried = [(path, wishes) for path in paths or ()] or [
            (path, wishes_for(path, settings.inbox_dir, wishes)) for path in pending(settings)
        ]
        handed = _told(each for path, theirs in tried for each in try_path(path, settings.lake_dir, theirs))
    elif paths:
        handed = _told(import_paths(paths, settings.lake_dir, wishes))
    else:
        handed = _told(import_inbox(settings, wishes))
    if not paths and not handed:
        out.print(f"Nothing new in {settings.inbox_dir}: drop files there, or name them.", soft_wrap=True)
    if (timezone or follow_country) and not dry_run:
        write_profile(settings.lake_dir, profile)
    failed = _tell(handed, named=bool(paths))
    if dry_run:
        out.print("A dry run: nothing was written.")
    elif any(file.receipt for each in handed for file in each.files):
        tell_moved(handed)
        tell_outdated(settings)
        tell_partitions(settings)
        out.print("Next: spotify-assets materialize")
    if failed:
        raise typer.Exit(1)


@app.command()
@says_what_is_wrong
def receipt(
    which: Annotated[
        str | None,
        typer.Argument(help="A receipt's id or its beginning, or a file's name or path; all by default."),
    ] = None,
) -> None:
    """What became of every row of every file, to what the last publishing made of it."""
    from spotify_assets.lake.receipts import missing_files, read_receipts, read_undone  # noqa: PLC0415
    from spotify_assets.lake.undoing import is_meant  # noqa: PLC0415

    settings = Settings()
    receipts = read_receipts(settings.lake_dir)
    undone = read_undone(settings.lake_dir)
    if which:
        receipts = [each for each in receipts if is_meant(each, which)]
        undone = [each for each in undone if is_meant(each.receipt, which)]
        if not receipts and not undone:
            raise ValueError(f"there is no receipt of {which}: see spotify-assets receipt")
    accounts = _accounts(settings, receipts)
    if len(receipts) == 1 or which:
        for each in receipts:
            _tell_account(each, accounts.get(each.receipt_id, {}))
    elif receipts or not undone:
        out.print(_receipts_table(receipts, accounts) if receipts else "Nothing was imported yet.")
    tell_undone(undone)
    tell_missing(missing_files(settings.lake_dir, receipts))
    wrong = [each.receipt_id for each in receipts if not each.reconciles]
    if wrong:
        raise ValueError(f"receipts that do not add up: {', '.join(wrong)}")


@app.command()
@says_what_is_wrong
def rejected(
    file: Annotated[str | None, typer.Option(help="Only rows of files whose name contains this.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only rows refused for this reason.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="How many rows at most; 0 for all.")] = 50,
    form: Annotated[Form, typer.Option("--format", help="How to print them.")] = Form.TABLE,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="CSV without the apostrophe that stops spreadsheets from running text."),
    ] = False,
) -> None:
    """The rows that were refused: where, why, and as they were."""
    import polars as pl  # noqa: PLC0415

    found = _rejected_rows(Settings())
    if file:
        found = found.filter(pl.col("source_file").str.contains(file, literal=True))
    if reason:
        found = found.filter(pl.col("reason") == reason)
    shown = found.head(limit) if limit else found
    if form is Form.CSV:
        typer.echo(_csv(shown, raw=raw), nl=False)
    elif form is Form.JSON:
        rows = [{**row, "original": json.loads(row["original"])} for row in shown.iter_rows(named=True)]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        table = RichTable("file", "row", "reason", "what is wrong", "original")
        for row in shown.iter_rows(named=True):
            table.add_row(
                *(_plain(row[name]) for name in ("source_file", "source_row", "reason", "detail", "original"))
            )
        out.print(table)
        out.print(f"{shown.height:,} of {found.height:,} refused rows.")


def _told(importing: "Iterable[Handed]") -> "list[Handed]":
    """Everything that is imported; a terminal says meanwhile how far it is."""
    handed: list[Handed] = []
    with stoppable(), out.status("Importing") as status:
        for each in importing:
            handed.append(each)
            status.update(f"Importing: {len(handed):,} done, the last one {_plain(each.path.name)}")
    return handed


def _kinds(expected: Expected | None) -> "frozenset[Kind]":
    from spotify_assets.sources.kinds import EVENT_KINDS, Kind  # noqa: PLC0415

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
        _tell_account(accounted[0].receipt, {})
        if accounted[0].outcome is Outcome.LANDED_BEFORE:
            out.print("These bytes were landed before; nothing changed.")
    elif accounted:
        out.print(_files_table(accounted))
    for words in sorted({file.words for file in others}):
        names = [file.name for file in others if file.words == words]
        more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        outcome = next(file.outcome for file in others if file.words == words)
        out.print(_plain(f"{outcome}: {names[0]}{more}: {words}"), soft_wrap=True, highlight=False)
    for file in left:
        say_error(f"{file.name}: {file.words}")
    for each in handed:
        if each.is_unknown and each.path.with_name(f"{each.path.name}.reason.txt").exists():
            say_error(f"{each.path.name} was moved to {each.path.parent}, with the reason beside it")
    not_taken = {Outcome.REFUSED, Outcome.KEPT_OUT} if named else {Outcome.REFUSED}
    refused = any(file.outcome in not_taken for file in files)
    return refused or (bool(left) and not accounted)


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
        table.add_row(_plain(file.name), found.kind, *numbers, _dates(found), file.outcome)
    table.add_section()
    table.add_row("together", "", *(f"{total:,}" for total in totals))
    for reason, rows in sorted(reasons.items()):
        table.add_row(f"  {reason}", "", "", "", f"{rows:,}")
    return table


def _tell_account(found: "Receipt", account: "dict[str, int]") -> None:
    """The rows of one receipt by what became of them; `account` is what tables made of the loaded ones."""
    about = [f"{found.input_file} as {found.target}", found.kind, _dates(found)]
    if found.user_id:
        about.append(f"listener {found.user_id}")
    out.print(_plain(", ".join(part for part in about if part)), highlight=False, soft_wrap=True)
    table = RichTable()
    table.add_column("rows")
    table.add_column("count", justify="right")
    table.add_row("in", f"{found.rows_in:,}")
    table.add_row("loaded", f"{found.loaded:,}")
    for label, rows in (account or found.foreseen).items():
        table.add_row(f"  {label}", f"{rows:,}")
    for label, reasons in (("rejected", found.rejected), ("duplicate", found.duplicates)):
        for reason, rows in reasons.items():
            table.add_row(f"{label}: {reason}", f"{rows:,}")
    if found.emptied or found.repaired:
        table.add_section()
    for label, reasons in (("cells left empty", found.emptied), ("cells repaired", found.repaired)):
        for reason, cells in reasons.items():
            table.add_row(f"{label}: {reason}", f"{cells:,}")
    out.print(table)
    for note in found.notes:
        out.print(_plain(f"Note: {note}"), soft_wrap=True, highlight=False)
    out.print(f"Receipt {found.receipt_id}", highlight=False)


def _receipts_table(receipts: "Sequence[Receipt]", accounts: "dict[str, dict[str, int]]") -> RichTable:
    table = RichTable()
    for column in ("receipt", "landed", "file", "kind", "listener", "dates"):
        table.add_column(column, overflow="fold")
    for column in ("in", "loaded", "rejected", "listening", "duplicate"):
        table.add_column(column, justify="right")
    for each in receipts:
        account = accounts.get(each.receipt_id)
        later = ["", ""]
        if account is not None:
            duplicates = sum(rows for label, rows in account.items() if label.startswith("duplicate"))
            later = [f"{account.get('listening', 0):,}", f"{duplicates:,}"]
        table.add_row(
            each.receipt_id,
            f"{each.landed_at:%Y-%m-%d %H:%M}",
            _plain(each.input_file),
            each.kind,
            each.user_id or "",
            _dates(each),
            f"{each.rows_in:,}",
            f"{each.loaded:,}",
            f"{sum(each.rejected.values()):,}",
            *later,
        )
    return table


def _accounts(settings: Settings, receipts: "Sequence[Receipt]") -> "dict[str, dict[str, int]]":
    """What the published tables made of each receipt's loaded events, by words for a person."""
    from spotify_assets.warehouse.accounts import event_accounts  # noqa: PLC0415

    by_file = {each.source_file: each for each in receipts if each.source_file}
    found: dict[str, dict[str, int]] = {}
    for source_file, outcome, reason, rows in event_accounts(
        settings.serving_path, list(by_file)
    ).iter_rows():
        label = f"{outcome}: {reason}" if reason else outcome
        found.setdefault(by_file[source_file].receipt_id, {})[label] = rows
    for each in receipts:
        account = found.get(each.receipt_id)
        if account is not None and (rest := each.loaded - sum(account.values())):
            account["not materialised yet"] = rest
    return found


def _rejected_rows(settings: Settings) -> "pl.DataFrame":
    """Every refused row, of landing and of the tables, in the order of files and rows."""
    import polars as pl  # noqa: PLC0415

    from spotify_assets.lake.receipts import read_receipts, rejected_at_landing  # noqa: PLC0415
    from spotify_assets.warehouse.accounts import published_rejects  # noqa: PLC0415

    landing = rejected_at_landing(read_receipts(settings.lake_dir), settings.lake_dir)
    later = published_rejects(settings.serving_path).drop("table_name")
    key = ["source_file", "source_row", "reason"]
    return pl.concat([landing, later]).unique(key, keep="first").sort(key)


def _csv(rows: "pl.DataFrame", *, raw: bool) -> str:
    import polars as pl  # noqa: PLC0415

    from spotify_assets.warehouse.publish import FORMULA  # noqa: PLC0415

    text = pl.col(pl.String)
    harmless = pl.when(text.str.contains(FORMULA)).then(pl.lit("'") + text).otherwise(text)
    return (rows if raw else rows.with_columns(harmless.name.keep())).write_csv()


def _dates(found: "Receipt | None") -> str:
    if found is None:
        return ""
    if found.snapshot_date:
        return f"snapshot {found.snapshot_date}"
    return f"{found.first_date} to {found.last_date}" if found.first_date else ""


def _plain(value: object) -> str:
    """A value for a table of Rich, in which brackets are no markup and control characters are not obeyed."""
    from rich.markup import escape  # noqa: PLC0415

    return escape("".join(c if c.isprintable() else "�" for c in str(value)))
