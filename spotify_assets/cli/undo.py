"""What `import --undo` does: imports leave the lake and, by one run, the tables. Not a command of its own."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Table as RichTable

from spotify_assets.cli.common import report, run_job, say_error
from spotify_assets.cli.console import out
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    from spotify_assets.lake.receipts import Receipt, Undone


def undo(words: Sequence[str], *, dry_run: bool) -> None:
    """Take the imports that are called so out of the lake, and make the tables again that told of them.

    Raises:
        ValueError: no import is called so, or several are, or another process imports at this moment.
    """
    from spotify_assets.lake.undoing import choose, undo_in_lake  # noqa: PLC0415
    from spotify_assets.start_date import with_start  # noqa: PLC0415

    # The start is fixed before, because it follows from the lake.
    settings = with_start(Settings())
    chosen = choose(settings.lake, words)
    tell_undone(chosen.before)
    if chosen.receipts:
        out.print(_table(chosen.receipts))
    if dry_run:
        out.print("A dry run: nothing was undone.")
        return
    undo_in_lake(settings.lake, chosen.receipts)
    if chosen.receipts:
        out.print(
            "The original stays where it is, and out of the lake: import it by its path to take it in again.",
            soft_wrap=True,
        )
    _make_again(settings)


def tell_undone(found: "Sequence[Undone]") -> None:
    """One line for each import that was undone."""
    for each in found:
        what = f"{each.receipt.receipt_id} ({each.receipt.input_file}, {each.receipt.rows_in:,} rows)"
        words = f"{what} was undone on {each.undone_at:%Y-%m-%d %H:%M} UTC."
        out.print(words, highlight=False, soft_wrap=True)


def tell_missing(found: "Mapping[str, Sequence[str]]") -> None:
    """One line for each import of which landed files are no longer in the lake."""
    for receipt_id, names in found.items():
        more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        say_error(
            f"{receipt_id}: {names[0]}{more} is no longer in the lake: import the file again, or take out "
            f"the rest with spotify-assets import --undo {receipt_id}"
        )


def _make_again(settings: Settings) -> None:
    """Run the whole graph for what is due; settle it where there are no tables yet."""
    from spotify_assets.automation.stale import stale  # noqa: PLC0415
    from spotify_assets.lake.due import settle  # noqa: PLC0415
    from spotify_assets.warehouse.door import warehouse_of  # noqa: PLC0415

    found = stale(settings)
    if not warehouse_of(settings).exists():
        settle(found.due)
    elif found.window:
        out.print(f"Making the tables again without it, {found.window}.", highlight=False)
        report(run_job(settings, "everything", window=found.window))


def _table(receipts: "Sequence[Receipt]") -> RichTable:
    """One line for each import that leaves."""
    table = RichTable("receipt", "file", "listener", "dates")
    for column in ("loaded", "rejected"):
        table.add_column(column, justify="right")
    for each in receipts:
        first, last = each.snapshot_date or each.first_date, each.snapshot_date or each.last_date
        table.add_row(
            each.receipt_id,
            each.input_file,
            each.user_id or "",
            f"{first} to {last}" if first != last else str(first or ""),
            f"{each.loaded:,}",
            f"{sum(each.rejected.values()):,}",
        )
    return table
