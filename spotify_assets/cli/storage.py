"""Commands about stored data: migrate."""

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
    """Bring stored tables to this version's schema, losing nothing; exit code 1 when something remains."""
    from spotify_assets.catalog import TABLES  # noqa: PLC0415
    from spotify_assets.warehouse.database import Database  # noqa: PLC0415
    from spotify_assets.warehouse.migrate import migrate as migrate_tables  # noqa: PLC0415

    settings = Settings()
    database = Database(settings.warehouse_path, settings.lock_timeout_seconds, settings.duckdb_memory_limit)
    plans = migrate_tables(database, TABLES.values(), dry_run=dry_run)
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
