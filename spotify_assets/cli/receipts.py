"""Commands about what became of people's own files: receipt, rejected."""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table as RichTable

from spotify_assets.cli.common import says_what_is_wrong
from spotify_assets.cli.console import out, plain
from spotify_assets.cli.options import MOST
from spotify_assets.cli.undo import tell_missing, tell_undone
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    import polars as pl

    from spotify_assets.lake.receipts import Receipt

app = typer.Typer()

_LEAST_NAME = 20
"""Letters of a file's name that are shown however narrow the terminal is."""


class Form(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


@app.command()
@says_what_is_wrong
def receipt(
    which: Annotated[
        str | None,
        typer.Argument(help="A receipt's id or its beginning, or a file's name or path; all by default."),
    ] = None,
    details: Annotated[
        bool, typer.Option("--details", help="Every receipt in full, as when one is named.")
    ] = False,
) -> None:
    """What became of the rows of every file: a line for each, the newest last; one that is named in full."""
    from spotify_assets.lake.receipts import missing_files, read_receipts, read_undone  # noqa: PLC0415
    from spotify_assets.lake.undoing import is_meant  # noqa: PLC0415

    settings = Settings()
    receipts = read_receipts(settings.lake)
    undone = read_undone(settings.lake)
    if which:
        receipts = [each for each in receipts if is_meant(each, which)]
        undone = [each for each in undone if is_meant(each.receipt, which)]
        if not receipts and not undone:
            raise ValueError(f"there is no receipt of {which}: see spotify-assets receipt")
    if not receipts and not undone:
        out.print("Nothing was imported yet.")
    elif which or details:
        accounts = _accounts(settings, receipts)
        for each in receipts:
            tell_account(each, accounts.get(each.receipt_id, {}))
    elif receipts:
        _list(receipts)
    tell_undone(undone)
    tell_missing(missing_files(settings.lake, receipts))
    wrong = [each.receipt_id for each in receipts if not each.reconciles]
    if wrong:
        raise ValueError(f"receipts that do not add up: {', '.join(wrong)}")


@app.command()
@says_what_is_wrong
def rejected(
    file: Annotated[str | None, typer.Option(help="Only rows of files whose name contains this.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only rows refused for this reason.")] = None,
    limit: Annotated[int, typer.Option(min=0, max=MOST, help="How many rows at most; 0 for all.")] = 50,
    form: Annotated[Form, typer.Option("--format", help="How to print them.")] = Form.TABLE,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="CSV without the apostrophe that stops spreadsheets from running text."),
    ] = False,
) -> None:
    """The rows that were refused: where, why, and as they were."""
    import polars as pl  # noqa: PLC0415

    from spotify_assets.warehouse.errors import no_such  # noqa: PLC0415

    found = _rejected_rows(Settings())
    if reason and reason not in (reasons := found["reason"].unique().to_list()):
        raise no_such("reason of a refused row", reason, reasons)
    if reason:
        found = found.filter(pl.col("reason") == reason)
    if file:
        found = found.filter(pl.col("source_file").str.contains(file, literal=True))
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
                *(plain(row[name]) for name in ("source_file", "source_row", "reason", "detail", "original"))
            )
        out.print(table)
        out.print(f"{shown.height:,} of {found.height:,} refused rows.")


def tell_account(found: "Receipt", account: "dict[str, int]") -> None:
    """The rows of one receipt by what became of them; `account` is what tables made of the loaded ones."""
    about = [f"{found.input_file} as {found.target}", found.kind, dates_of(found)]
    if found.user_id:
        about.append(f"listener {found.user_id}")
    out.print(plain(", ".join(part for part in about if part)), highlight=False, soft_wrap=True)
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
        out.print(plain(f"Note: {note}"), soft_wrap=True, highlight=False)
    out.print(f"Receipt {found.receipt_id}", highlight=False)


def _list(receipts: "Sequence[Receipt]") -> None:
    """A line for each receipt and one for all of them; names are cut at their beginning where there is no
    room, ids never."""
    rows = [
        (
            each.receipt_id,
            f"{each.landed_at:%Y-%m-%d}",
            f"{each.rows_in:,}",
            f"{each.loaded:,}",
            f"{sum(each.rejected.values()):,}",
        )
        for each in receipts
    ]
    counts = zip(*((r.rows_in, r.loaded, sum(r.rejected.values())) for r in receipts), strict=True)
    titles = ("receipt", "landed", "in", "loaded", "rejected")
    last = ("together", "", *(f"{sum(column):,}" for column in counts))
    widths = [max(map(len, column)) for column in zip(titles, *rows, last, strict=True)]
    room = max(_LEAST_NAME, out.width - sum(widths) - 2 * len(widths))

    def line(cells: Sequence[str], name: str) -> None:
        sides = zip(cells, widths, (str.ljust, str.ljust, str.rjust, str.rjust, str.rjust), strict=True)
        shown = name if len(name) <= room else f"…{name[1 - room :]}"
        text = "  ".join([*(side(cell, width) for cell, width, side in sides), shown])
        out.print(text, highlight=False, soft_wrap=True)

    line(titles, "file")
    for row, each in zip(rows, receipts, strict=True):
        line(row, plain(each.input_file))
    line(last, f"{len(receipts):,} files" if len(receipts) > 1 else "1 file")


def _accounts(settings: Settings, receipts: "Sequence[Receipt]") -> "dict[str, dict[str, int]]":
    """What the published tables made of each receipt's loaded events, by words for a person."""
    from spotify_assets.warehouse.accounts import event_accounts  # noqa: PLC0415
    from spotify_assets.warehouse.door import published_copy  # noqa: PLC0415

    by_file = {each.source_file: each for each in receipts if each.source_file}
    found: dict[str, dict[str, int]] = {}
    for source_file, outcome, reason, rows in event_accounts(
        published_copy(settings), list(by_file)
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
    from spotify_assets.warehouse.door import published_copy  # noqa: PLC0415

    landing = rejected_at_landing(read_receipts(settings.lake), settings.lake)
    later = published_rejects(published_copy(settings)).drop("table_name")
    key = ["source_file", "source_row", "reason"]
    return pl.concat([landing, later]).unique(key, keep="first").sort(key)


def _csv(rows: "pl.DataFrame", *, raw: bool) -> str:
    from spotify_assets.warehouse.spreadsheets import harmless  # noqa: PLC0415

    return (rows if raw else harmless(rows)).write_csv()


def dates_of(found: "Receipt | None") -> str:
    if found is None:
        return ""
    if found.snapshot_date:
        return f"snapshot {found.snapshot_date}"
    return f"{found.first_date} to {found.last_date}" if found.first_date else ""
