"""What every command shares: errors in one line, and running a job with its progress told."""

import atexit
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, NoReturn, ParamSpec

import pydantic
import typer
from rich.text import Text

from spotify_assets.cli.console import console_of_output, errors, out
from spotify_assets.instance.signals import interruptible
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

    from spotify_assets.automation.runs import RunOutcome
    from spotify_assets.instance.records import AssetGraph
    from spotify_assets.rows.window import Window

INTERRUPTED = 130
"""Exit code of a command that was stopped by Ctrl-C or SIGTERM, as shells have it."""
READABLE_BEFORE_MODELS = "overview, My listening, recaps: spotify-assets dashboard, recap. Models follow."

P = ParamSpec("P")


def says_what_is_wrong(command: Callable[P, None]) -> Callable[P, None]:
    """Turn the errors that a person can act on into one line and exit code 1."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        from spotify_assets.sources.errors import SourceError  # noqa: PLC0415
        from spotify_assets.warehouse.errors import WarehouseError  # noqa: PLC0415

        try:
            command(*args, **kwargs)
        except (typer.Exit, BrokenPipeError):
            raise  # whoever reads a pipe may stop, e.g. head
        except pydantic.ValidationError as error:
            for problem in error.errors():
                name = "_".join(str(part) for part in problem["loc"]).upper()
                says = problem["msg"].removeprefix("Value error, ")
                fail(f"setting SPOTIFY_{name}: {says}" if name else says)
        except (SourceError, WarehouseError, ValueError, OSError, RuntimeError) as error:
            fail(str(error))

    return wrapped


def fail(message: str) -> NoReturn:
    say_error(message)
    raise typer.Exit(1)


def say_error(message: str) -> None:
    errors.print(f"error: {message}", style="red", highlight=False, soft_wrap=True)


def days_of(settings: Settings, first: datetime | None, last: datetime | None) -> "Window":
    """The days asked for; by default those from the first to the last that the lake or the tables have.

    What lies outside the partitions is told and left out of the default, and so is what leaves the tables.
    """
    from spotify_assets.automation.stale import stale  # noqa: PLC0415
    from spotify_assets.rows.window import Window  # noqa: PLC0415
    from spotify_assets.start_date import outside  # noqa: PLC0415

    found = stale(settings)
    everything = found.everything
    if everything is None:
        if first is None or last is None:
            raise ValueError(f"{settings.lake} is empty: import a file or generate listening first")
        everything = Window(first.date(), last.date())
    if words := outside(settings):
        say_error(words)
    if found.words:
        out.print(found.words, highlight=False, soft_wrap=True)
    start = first.date() if first else everything.start
    end = last.date() + timedelta(days=1) if last else everything.end
    if end <= start and first and last:
        raise ValueError(f"--from {start} is after --to {last.date()}: swap them")
    if end <= start:
        raise ValueError(
            f"there is nothing from {start} to {end - timedelta(days=1)}: the lake and the tables have "
            f"{everything}"
        )
    return Window(start, end)


def tell_partitions(settings: Settings) -> None:
    """Keep the partitions that fit the lake, and say what is new about them, or fits less well."""
    from spotify_assets.start_date import MANY_DAYS, keep_partitions, outside, start_of  # noqa: PLC0415

    if words := keep_partitions(settings):
        out.print(words, soft_wrap=True, highlight=False)
    if words := outside(settings):
        say_error(words)
    days = (datetime.now(UTC).date() - start_of(settings)).days
    if settings.grain == "day" and days > MANY_DAYS:
        out.print(
            f"There are {days:,} partitions of a day. spotify-assets partitions --grain month makes "
            f"{days // 30:,} of them, which materialise the same tables faster.",
            soft_wrap=True,
        )


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
        from spotify_assets.automation.health import look  # noqa: PLC0415
        from spotify_assets.automation.outline import build_and_keep  # noqa: PLC0415
        from spotify_assets.automation.runs import run  # noqa: PLC0415
        from spotify_assets.automation.stale import noted  # noqa: PLC0415
        from spotify_assets.definitions import build_defs  # noqa: PLC0415
        from spotify_assets.instance.home import instance_of  # noqa: PLC0415
        from spotify_assets.lake.due import settle  # noqa: PLC0415

        definitions = build_and_keep(settings, build_defs)
        assets, checks = None, None
        if select:
            graph = definitions.resolve_asset_graph()
            chosen = assets_of(select, graph, job, alone=checks_only)
            if checks_only:
                checks = sorted(key for key in graph.asset_check_keys if key.asset_key in chosen)
                if not checks:
                    raise ValueError(f"--select {select} finds no asset with a check")
            else:
                assets = sorted(chosen)
        due = noted(settings) if window and job == "everything" and not select else None
        with stoppable(), instance_of(settings) as instance, output_of_steps(settings):
            outcome = run(
                definitions,
                instance,
                settings,
                job,
                window=window,
                assets=assets,
                checks=checks,
                chosen=bool(select),
                on_event=told,
            )
            look(settings, instance, definitions.resolve_asset_graph())
            if outcome.interrupted:
                raise KeyboardInterrupt
            if due and window and outcome.success:
                settle(due.settled_by(window))
            return outcome


def assets_of(select: str, graph: "AssetGraph", job: str, *, alone: bool = False) -> "set[dg.AssetKey]":
    """The assets that a person selects, with those that are made by the same steps, unless `alone`.

    Raises:
        ValueError: the text is no selection, or finds no asset.
    """
    import dagster as dg  # noqa: PLC0415

    from spotify_assets.automation.jobs import EVERYTHING  # noqa: PLC0415
    from spotify_assets.instance.records import DagsterInvalidAssetSelectionError  # noqa: PLC0415

    try:
        found = (dg.AssetSelection.from_string(select) & EVERYTHING).resolve(graph)
    except DagsterInvalidAssetSelectionError:
        raise ValueError(
            f"--select {select} is no selection: write e.g. 'key:\"core/tracks\"+' or 'group:core'"
        ) from None
    if not found:
        raise ValueError(f"--select {select} finds no asset of the job {job}")
    if alone:
        return set(found)
    together = dg.AssetSelection.assets(*found).required_multi_asset_neighbors().resolve(graph)
    if more := sorted(key.to_user_string() for key in together - found):
        out.print(f"Made by the same steps, and so made too: {', '.join(more)}", soft_wrap=True)
    return set(together)


@contextmanager
def brief() -> Iterator[None]:
    """A command of a second or two, in which nothing looks for garbage: there is little but modules.

    Nor does the process at its end, which would take half a second.
    """
    atexit.register(_leave_garbage)
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _leave_garbage() -> None:
    if "duckdb" not in sys.modules:  # whose binding would tell of what is left as leaks
        gc.freeze()


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
    """A line that says what is being done, on a terminal; a line per finished step elsewhere.

    Once, while models are still to come, it says what can be looked at already.
    """
    console = console_of_output()  # bound to it before the steps' output is sent elsewhere
    with console.status(first) as status:

        def told(event: "dg.DagsterEvent") -> None:
            if event.is_step_start:
                status.update(f"Running {event.step_key}")
            elif event.is_step_success and event.step_key and not event.step_key.startswith("check_"):
                console.print(labelled("done", "green", event.step_key))
            elif event.is_step_failure:
                console.print(labelled("failed", "red", event.step_key or ""))
            elif _is_readable(event):
                console.print(labelled("readable", "bold green", READABLE_BEFORE_MODELS))

        yield told


def _is_readable(event: "dg.DagsterEvent") -> bool:
    """Whether a check has just found that the copy before the models can be read."""
    from spotify_assets.assets.publish import MARTS  # noqa: PLC0415
    from spotify_assets.checks.published import READABLE  # noqa: PLC0415

    if event.event_type_value != "ASSET_CHECK_EVALUATION":
        return False
    found = event.asset_check_evaluation_data
    return (found.asset_key, found.check_name, found.passed) == (MARTS, READABLE, True)


def labelled(label: str, style: str, words: str) -> Text:
    """A line that begins with a coloured word."""
    return Text.assemble("  ", (label, style), "  ", words)


def report(outcome: "RunOutcome") -> None:
    passed = sum(check.passed for check in outcome.checks)
    out.print(
        f"Run {outcome.run_id}: {outcome.steps} steps, {passed} of {len(outcome.checks)} checks passed."
    )
    for check in outcome.warnings:
        out.print(labelled("warning", "yellow", f"{check.asset}: {check.check}: {check.description}"))
    for check in outcome.broken:
        out.print(labelled("broken", "red", f"{check.asset}: {check.check}: {check.description}"))
    for cause, steps in outcome.causes.items():
        say_error(f"{', '.join(sorted(steps))}: {cause}")
    if outcome.broken or not outcome.success:
        raise typer.Exit(1)
