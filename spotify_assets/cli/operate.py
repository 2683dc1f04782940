"""Commands that keep the warehouse going: backfill, failing."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from spotify_assets.cli.common import (
    assets_of,
    brief,
    days_of,
    output_of_steps,
    progress,
    report,
    say_error,
    says_what_is_wrong,
    stoppable,
)
from spotify_assets.cli.console import out
from spotify_assets.cli.options import day_option
from spotify_assets.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

    from spotify_assets.automation.backfills import Backfill, Range, Which
    from spotify_assets.automation.problem import Problem
    from spotify_assets.automation.runs import OnEvent
    from spotify_assets.automation.stale import Stale

app = typer.Typer()


_First = Annotated[datetime | None, day_option("--from", help="First day; the lake's by default.")]
_Last = Annotated[datetime | None, day_option("--to", help="Last day; the lake's by default.")]
_Select = Annotated[
    str | None, typer.Option(help="Assets, in Dagster's selection syntax; the whole graph by default.")
]
_Again = Annotated[bool, typer.Option("--again", help="Also what is done already.")]
_IncludeFailed = Annotated[
    bool, typer.Option("--include-failed/--leave-failed", help="Also partitions whose last run failed.")
]
_FailedOnly = Annotated[
    bool, typer.Option("--failed-only", help="Nothing but partitions whose last run failed.")
]
_Wait = Annotated[
    bool, typer.Option("--wait/--no-wait", help="Run here, or hand over to the server that is running.")
]


@app.command()
@says_what_is_wrong
def backfill(
    first: _First = None,
    last: _Last = None,
    select: _Select = None,
    again: _Again = False,
    include_failed: _IncludeFailed = False,
    failed_only: _FailedOnly = False,
    wait: _Wait = True,
) -> None:
    """Bring a range of days up to date, one run per contiguous range; stop it and go on whenever you like."""
    settings = Settings()
    with progress("Loading definitions") as told:
        from spotify_assets.automation.backfills import backfill_of  # noqa: PLC0415
        from spotify_assets.automation.health import look  # noqa: PLC0415
        from spotify_assets.automation.jobs import EVERYTHING  # noqa: PLC0415
        from spotify_assets.automation.outline import build_and_keep  # noqa: PLC0415
        from spotify_assets.automation.problem import to_be_made  # noqa: PLC0415
        from spotify_assets.automation.stale import noted  # noqa: PLC0415
        from spotify_assets.definitions import build_defs  # noqa: PLC0415
        from spotify_assets.instance.home import instance_of  # noqa: PLC0415
        from spotify_assets.start_date import with_start  # noqa: PLC0415

        settings = with_start(settings)
        window = days_of(settings, first, last)
        due = noted(settings)
        definitions = build_and_keep(settings, build_defs)
        graph = definitions.resolve_asset_graph()
        selected = assets_of(select, graph, "everything") if select else EVERYTHING.resolve(graph)
        with instance_of(settings) as instance, stoppable():
            found = backfill_of(
                instance,
                graph,
                settings,
                window,
                selected,
                which=_which(again, include_failed, failed_only),
                broken=to_be_made(look(settings, instance, graph)),
                changed=due.changed,
            )
            _announce(found)
            if wait:
                _run_here(found, definitions, instance, settings, due=due, chosen=bool(select), on_event=told)
            else:
                _hand_over(found, settings)


def _run_here(
    found: "Backfill",
    definitions: "dg.Definitions",
    instance: "dg.DagsterInstance",
    settings: Settings,
    *,
    due: "Stale",
    chosen: bool,
    on_event: "OnEvent",
) -> None:
    """Run the ranges one after the other; of what is `due`, those of the whole graph settle theirs."""
    from spotify_assets.automation.health import look  # noqa: PLC0415
    from spotify_assets.automation.runs import run  # noqa: PLC0415
    from spotify_assets.lake.due import settle  # noqa: PLC0415

    graph = definitions.resolve_asset_graph()
    for words, part in _in_words(found):
        out.print(words, highlight=False)
        with output_of_steps(settings):
            outcome = run(
                definitions,
                instance,
                settings,
                "everything",
                window=part.window,
                assets=part.assets,
                chosen=chosen,
                on_event=on_event,
            )
        look(settings, instance, graph)
        if outcome.interrupted:
            raise KeyboardInterrupt
        report(outcome)
        if not chosen:
            settle(due.settled_by(part.window))


def _hand_over(found: "Backfill", settings: Settings) -> None:
    """Hand the ranges over to the server that is running."""
    from spotify_assets.automation.backfills import hand_over  # noqa: PLC0415

    for words, part in _in_words(found):
        out.print(f"{words}: backfill {hand_over(settings, part)}", highlight=False)


def _in_words(found: "Backfill") -> Iterator[tuple[str, "Range"]]:
    for number, part in enumerate(found.ranges, start=1):
        yield f"{number} of {len(found.ranges)}: {part.window} ({len(part.keys):,} partitions)", part


@app.command()
@says_what_is_wrong
def failing() -> None:
    """The partitions and checks that are broken now, and why; exit code 1 when there are any."""
    with brief():
        found = _broken(Settings())
    for problem in found:
        _print_problem(problem)
    blocking = [problem for problem in found if problem.blocks]
    if not found:
        out.print("Nothing is broken.")
    if blocking:
        from spotify_assets.automation.problem import MENDED_BY  # noqa: PLC0415

        out.print(f"Mend what each line says, then: {MENDED_BY}", highlight=False)
        raise typer.Exit(1)


def _broken(settings: Settings) -> "list[Problem]":
    from spotify_assets.automation.health import look  # noqa: PLC0415
    from spotify_assets.automation.outline import outline_of  # noqa: PLC0415
    from spotify_assets.definitions import build_defs  # noqa: PLC0415
    from spotify_assets.instance.home import instance_of  # noqa: PLC0415

    with instance_of(settings) as instance:
        return look(settings, instance, outline_of(settings, build_defs))


def _which(again: bool, include_failed: bool, failed_only: bool) -> "Which":
    from spotify_assets.automation.backfills import Which  # noqa: PLC0415

    if again and failed_only:
        raise ValueError("--again runs everything and --failed-only what failed: give one of them")
    if again:
        return Which.ALL
    if failed_only:
        return Which.FAILED
    return Which.MISSING_OR_FAILED if include_failed else Which.MISSING


def _announce(found: "Backfill") -> None:
    partitions = sum(len(part.keys) for part in found.ranges)
    out.print(
        f"{partitions:,} partitions in {len(found.ranges):,} ranges to run, {found.done:,} are done."
        if found.ranges
        else f"Nothing to run: {found.done:,} partitions are done."
    )
    if found.failed_left:
        say_error(f"{found.failed_left:,} partitions failed before and are left alone: give --include-failed")


def _print_problem(problem: "Problem") -> None:
    out.print(problem.title, style="red" if problem.blocks else "yellow", highlight=False)
    out.print(f"  {problem.detail}", highlight=False)
    if problem.run_id:
        out.print(f"  run {problem.run_id}", highlight=False)
    if problem.kind == "run" and problem.assets:
        out.print(f"  not made: {_some_of(problem.assets)}", highlight=False)


def _some_of(names: Sequence[str], shown: int = 5) -> str:
    more = f" and {len(names) - shown:,} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
