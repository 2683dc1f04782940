"""Commands about stored data, in the lake and in the warehouse: migrate."""

from typing import Annotated

import typer
from rich.table import Table as RichTable

from spotify_assets.cli.common import says_what_is_wrong
from spotify_assets.cli.console import out
from spotify_assets.settings import Settings

app = typer.Typer()


@app.command()
@says_what_is_wrong
def migrate(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
) -> None:
    """Bring the lake and stored tables to this version, losing nothing; exit code 1 when something remains.

    Imports of older versions are written again in the lake with offline listening where it was heard.
    """
    from spotify_assets.tables import TABLES  # noqa: PLC0415
    from spotify_assets.warehouse.door import warehouse_of  # noqa: PLC0415
    from spotify_assets.warehouse.migrate import migrate as migrate_tables  # noqa: PLC0415

    settings = Settings()
    _migrate_lake(settings, dry_run=dry_run)
    plans = migrate_tables(warehouse_of(settings), TABLES.values(), dry_run=dry_run)
    table = RichTable("table", "would be done" if dry_run else "done", "remains")
    for plan in plans:
        if plan.steps or plan.problems:
            remains = "; ".join(part for part in (*plan.problems, plan.advice) if part)
            table.add_row(plan.table.full_name, "; ".join(step.words for step in plan.steps), remains)
    if table.row_count:
        out.print(table)
    else:
        out.print("Every table is as the catalogue declares it.")
    if any(plan.problems for plan in plans):
        raise typer.Exit(1)


def _migrate_lake(settings: Settings, *, dry_run: bool) -> None:
    from spotify_assets.lake.importing import alone  # noqa: PLC0415
    from spotify_assets.lake.receipts import read_receipts  # noqa: PLC0415
    from spotify_assets.lake.redating import migrate_lake, outdated  # noqa: PLC0415

    old = outdated(read_receipts(settings.lake))
    if not old:
        return
    if dry_run:
        out.print(f"{len(old):,} imports would be written again, offline listening where it was heard.")
        return
    with alone(settings.lake), out.status("Moving offline listening to where it was heard"):
        done = migrate_lake(settings.lake)
    out.print(
        f"{done.rows:,} rows of {len(old):,} imports now stand where they were heard, not where they were "
        "uploaded.",
        soft_wrap=True,
    )
    if done.dates:
        days = f"--from {min(done.dates)} --to {max(done.dates)}"
        out.print(f"Next: spotify-assets backfill --again {days}", soft_wrap=True, highlight=False)
