"""What every command shares: the consoles, errors in one line, and running a job with its progress told."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, NoReturn, ParamSpec

import pydantic
import typer
from rich.console import Console

from spotify_assets.automation.signals import interruptible
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

    from spotify_assets.automation.runs import RunOutcome
    from spotify_assets.warehouse.slices import Window

out = Console(width=None if sys.stdout.isatty() else 120)
errors = Console(stderr=True)

INTERRUPTED = 130
"""Exit code of a command that was stopped by Ctrl-C or SIGTERM, as shells have it."""

P = ParamSpec("P")


def says_what_is_wrong(command: Callable[P, None]) -> Callable[P, None]:
    """Turn the errors that a person can act on into one line and exit code 1."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        from spotify_assets.sources.errors import SourceError  # noqa: PLC0415
        from spotify_assets.warehouse.errors import WarehouseError  # noqa: PLC0415

        try:
            command(*args, **kwargs)
        except typer.Exit:
            raise
        except pydantic.ValidationError as error:
            for problem in error.errors():
                name = "_".join(str(part) for part in problem["loc"]).upper()
                fail(f"setting SPOTIFY_{name}: {problem['msg']}" if name else problem["msg"])
        except (SourceError, WarehouseError, ValueError, OSError, RuntimeError) as error:
            fail(str(error))

    return wrapped


def fail(message: str) -> NoReturn:
    say_error(message)
    raise typer.Exit(1)


def say_error(message: str) -> None:
    errors.print(f"error: {message}", style="red", markup=False, highlight=False, soft_wrap=True)


def days_of(settings: Settings, first: datetime | None, last: datetime | None) -> "Window":
    """The days asked for; by default those from the first to the last that the lake has files of.

    What lies outside the partitions is told and left out of the default.
    """
    from spotify_assets.lake.horizon import outside, start_of  # noqa: PLC0415
    from spotify_assets.lake.layout import landed_dates  # noqa: PLC0415
    from spotify_assets.warehouse.slices import Window  # noqa: PLC0415

    landed = landed_dates(settings.lake_dir)
    if (first is None or last is None) and not landed:
        raise ValueError(f"{settings.lake_dir} is empty: import a file or generate listening first")
    if words := outside(settings):
        say_error(words)
    earliest, today = start_of(settings), datetime.now(UTC).date()
    start = first.date() if first else max(min(landed), earliest)
    end = last.date() if last else min(max(landed), today)
    return Window(start, end + timedelta(days=1))


def run_job(
    settings: Settings,
    job: str,
    *,
    window: "Window | None" = None,
    select: str | None = None,
    checks_only: bool = False,
) -> "RunOutcome":
    """Run a job here, for the assets selected, or with `checks_only` for their checks alone."""
    with progress("Loading definitions") as told:
        import dagster as dg  # noqa: PLC0415

        from spotify_assets.automation.health import look  # noqa: PLC0415
        from spotify_assets.automation.instance import instance_of  # noqa: PLC0415
        from spotify_assets.automation.jobs import EVERYTHING  # noqa: PLC0415
        from spotify_assets.automation.runs import run  # noqa: PLC0415
        from spotify_assets.definitions import build_defs  # noqa: PLC0415

        definitions = build_defs(settings)
        assets, checks = None, None
        if select:
            graph = definitions.resolve_asset_graph()
            chosen = (dg.AssetSelection.from_string(select) & EVERYTHING).resolve(graph)
            if not chosen:
                raise ValueError(f"--select {select} finds no asset of the job {job}")
            if checks_only:
                checks = sorted(key for key in graph.asset_check_keys if key.asset_key in chosen)
                if not checks:
                    raise ValueError(f"--select {select} finds no asset with a check")
            else:
                assets = sorted(chosen)
        with stoppable(), instance_of(settings) as instance, output_of_steps(settings):
            outcome = run(
                definitions,
                instance,
                settings,
                job,
                window=window,
                assets=assets,
                checks=checks,
                on_event=told,
            )
            look(settings, instance, definitions.resolve_asset_graph())
            if outcome.interrupted:
                raise KeyboardInterrupt
            return outcome


@contextmanager
def stoppable() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the run at hand: its step is undone, what is finished stays."""
    with interruptible():
        try:
            yield
        except KeyboardInterrupt:
            say_error("stopped; what is finished stays. Give the same command to go on.")
            raise typer.Exit(INTERRUPTED) from None


@contextmanager
def output_of_steps(settings: Settings) -> Iterator[None]:
    """Send what steps print, dbt above all, to a file: a person at the terminal sees the progress."""
    log = settings.dagster_home / "logs" / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as file, redirect_stdout(file):
        yield


@contextmanager
def progress(first: str) -> "Iterator[Callable[[dg.DagsterEvent], None]]":
    """A line that says what is being done, on a terminal; a line per finished step elsewhere."""
    console = Console(
        file=sys.stdout, width=out.width
    )  # bound to the terminal before the steps' output is sent elsewhere
    with console.status(first) as status:

        def told(event: "dg.DagsterEvent") -> None:
            if event.is_step_start:
                status.update(f"Running {event.step_key}")
            elif event.is_step_success and event.step_key and not event.step_key.startswith("check_"):
                console.print(f"  [green]done[/green]  {event.step_key}", highlight=False)
            elif event.is_step_failure:
                console.print(f"  [red]failed[/red]  {event.step_key}", highlight=False)

        yield told


def report(outcome: "RunOutcome") -> None:
    passed = sum(check.passed for check in outcome.checks)
    out.print(
        f"Run {outcome.run_id}: {outcome.steps} steps, {passed} of {len(outcome.checks)} checks passed."
    )
    for check in outcome.warnings:
        out.print(
            f"  [yellow]warning[/yellow]  {check.asset}: {check.check}: {check.description}", highlight=False
        )
    for check in outcome.broken:
        out.print(f"  [red]broken[/red]  {check.asset}: {check.check}: {check.description}", highlight=False)
    for cause, steps in outcome.causes.items():
        say_error(f"{', '.join(sorted(steps))}: {cause}")
    if outcome.broken or not outcome.success:
        raise typer.Exit(1)
