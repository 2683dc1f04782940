"""Commands that run the graph: materialize, check."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table as RichTable
from rich.text import Text

from spotify_assets.cli.common import days_of, report, run_job, says_what_is_wrong
from spotify_assets.cli.console import out
from spotify_assets.cli.offline import tell_outdated
from spotify_assets.cli.options import day_option
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    from spotify_assets.automation.runs import RunOutcome

app = typer.Typer()


@app.command()
@says_what_is_wrong
def materialize(
    first: Annotated[
        datetime | None,
        day_option("--from", help="First day; the lake's by default."),
    ] = None,
    last: Annotated[datetime | None, day_option("--to", help="Last day; the lake's by default.")] = None,
    select: Annotated[
        str | None, typer.Option(help="Assets, in Dagster's selection syntax, e.g. 'key:\"core/tracks\"+'.")
    ] = None,
) -> None:
    """Materialise the graph for a range of days, as one run, with every check."""
    settings = Settings()
    tell_outdated(settings)
    window = days_of(settings, first, last)
    outcome = run_job(settings, "everything", window=window, select=select)
    report(outcome)


@app.command()
@says_what_is_wrong
def check(
    select: Annotated[
        str | None,
        typer.Option(help="Assets whose checks run, in Dagster's selection syntax; all by default."),
    ] = None,
    partition: Annotated[
        datetime | None,
        day_option(help="Only the rows of this day's partition; all by default."),
    ] = None,
    junit: Annotated[Path | None, typer.Option(help="JUnit XML file to write, for CI.")] = None,
) -> None:
    """Run asset checks and dbt tests on what is stored; exit code 1 when one that blocks fails."""
    from spotify_assets.checks.junit import junit_xml  # noqa: PLC0415
    from spotify_assets.rows.window import Window  # noqa: PLC0415

    window = Window(partition.date(), partition.date() + timedelta(days=1)) if partition else None
    outcome = run_job(Settings(), "checks", window=window, select=select, checks_only=True)
    if junit:
        junit.write_bytes(junit_xml(outcome))
    _print_checks(outcome)
    report(outcome)


def _print_checks(outcome: "RunOutcome") -> None:
    """One row per table: how many of its checks passed, warn and block."""
    table = RichTable(box=None)
    table.add_column("table")
    for column in ("checks", "passed", "warning", "broken"):
        table.add_column(column, justify="right")
    for asset in sorted({found.asset for found in outcome.checks}):
        of_asset = [found for found in outcome.checks if found.asset == asset]
        passed = sum(found.passed for found in of_asset)
        warning, broken = (
            (sum(f.asset == asset for f in some)) for some in (outcome.warnings, outcome.broken)
        )
        table.add_row(
            asset,
            f"{len(of_asset):,}",
            f"{passed:,}",
            Text(f"{warning:,}", "yellow") if warning else "",
            Text(f"{broken:,}", "red") if broken else "",
        )
    out.print(table)
