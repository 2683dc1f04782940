"""Commands that run the graph: materialize, check, up."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from spotify_assets.cli.common import days_of, report, run_job, says_what_is_wrong
from spotify_assets.settings import PROJECT_ROOT, Settings

app = typer.Typer()


@app.command()
@says_what_is_wrong
def materialize(
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="First day; the lake's by default."),
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day; the lake's by default.")
    ] = None,
    select: Annotated[
        str | None, typer.Option(help="Assets, in Dagster's selection syntax, e.g. 'key:\"core/tracks\"+'.")
    ] = None,
) -> None:
    """Materialise the graph for a range of days, as one run, with every check."""
    settings = Settings()
    window = days_of(settings, first, last)
    outcome = run_job(settings, "everything", window=window, select=select)
    report(outcome)


@app.command()
@says_what_is_wrong
def check() -> None:
    """Run every asset check and dbt test on whole tables; exit code 1 when one that blocks fails."""
    outcome = run_job(Settings(), "checks")
    report(outcome)


@app.command()
@says_what_is_wrong
def up(
    port: Annotated[int, typer.Option(help="Port of the UI, on loopback.")] = 3000,
) -> None:
    """Start the Dagster UI and daemon on the instance that the other commands use."""
    from spotify_assets.automation.instance import prepare_instance  # noqa: PLC0415

    prepare_instance(Settings())
    dagster = Path(sys.executable).with_name("dagster")
    arguments = ["dev", "--workspace", str(PROJECT_ROOT / "workspace.yaml"), "--port", str(port)]
    os.chdir(PROJECT_ROOT)
    os.execv(dagster, [str(dagster), *arguments, "--host", "127.0.0.1"])  # noqa: S606
