"""The command that says how tables are partitioned, and changes it: partitions."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from spotify_assets.cli.common import says_what_is_wrong
from spotify_assets.cli.console import out
from spotify_assets.cli.options import day_option
from spotify_assets.settings import KeptPartitions, Settings

if TYPE_CHECKING:
    from spotify_assets.automation.problem import Problem

app = typer.Typer()


class Length(StrEnum):
    """How long a partition may be."""

    DAY = "day"
    MONTH = "month"


@app.command()
@says_what_is_wrong
def partitions(
    grain: Annotated[
        Length | None, typer.Option(help="Length that partitions get; the same by default.")
    ] = None,
    start: Annotated[
        datetime | None,
        day_option("--start", help="First day of the first one, no later than the lake's; by default as is."),
    ] = None,
) -> None:
    """Say how the tables are partitioned, or change it: what is done stays done, no row is made again."""
    from spotify_assets.lake import layout  # noqa: PLC0415
    from spotify_assets.start_date import keep_partitions  # noqa: PLC0415

    settings = Settings(partition_grain=None)  # the setting may already be what is to be
    keep_partitions(settings)
    kept = settings.kept_partitions
    if kept is None:
        raise ValueError(f"{settings.lake} is empty: import a file or generate listening first")
    first = layout.first_date(settings.lake) or kept.start
    wanted = KeptPartitions(grain.value if grain else kept.grain, start.date() if start else kept.start)
    if wanted.start > first:
        raise ValueError(
            f"--start {wanted.start} is after the first files of the lake, {first}: give an earlier day, or "
            "set SPOTIFY_START_DATE, which keeps what is before it out of every table"
        )
    if wanted == kept:
        out.print(
            f"Partitions are of a {kept.grain} and begin on {_begins(settings, kept)}.", highlight=False
        )
        return
    _change(settings, kept, wanted)


def _begins(settings: Settings, kept: KeptPartitions) -> str:
    from spotify_assets.start_date import start_of  # noqa: PLC0415

    return str(start_of(settings.model_copy(update={"partition_grain": kept.grain})))


def _change(settings: Settings, kept: KeptPartitions, wanted: KeptPartitions) -> None:
    from spotify_assets.lake import layout  # noqa: PLC0415
    from spotify_assets.partitions import partitions as partitions_of  # noqa: PLC0415
    from spotify_assets.start_date import begins_on  # noqa: PLC0415

    if settings.start_date and begins_on(settings.start_date, wanted.grain) != settings.start_date:
        raise ValueError(
            f"SPOTIFY_START_DATE is {settings.start_date}, but partitions of a month start on the first: set "
            f"it to {begins_on(settings.start_date, wanted.grain)}"
        )
    start = settings.start_date or begins_on(wanted.start, wanted.grain)
    after = settings.model_copy(update={"partition_grain": wanted.grain, "start_date": start})
    if wanted.grain != kept.grain:
        marks = _carry_over(settings, after, kept.grain)
        out.print(f"{marks:,} marks of what is done were carried over.", highlight=False)
    layout.write_bytes(settings.partitions_path, wanted.to_json().encode())
    out.print(
        f"Partitions are now of a {wanted.grain} and begin on {start}: "
        f"{len(partitions_of(after).get_partition_keys()):,} of them. Start the UI again where it runs, or "
        "reload its code location.",
        soft_wrap=True,
        highlight=False,
    )


def _carry_over(before: Settings, after: Settings, grain: str) -> int:
    from spotify_assets.automation.health import look  # noqa: PLC0415
    from spotify_assets.automation.jobs import EVERYTHING  # noqa: PLC0415
    from spotify_assets.automation.regrain import carry_over, marks_of, refuse_while_running  # noqa: PLC0415
    from spotify_assets.definitions import build_defs  # noqa: PLC0415
    from spotify_assets.instance.home import instance_of  # noqa: PLC0415
    from spotify_assets.lake import layout  # noqa: PLC0415
    from spotify_assets.partitions import partitions as partitions_of  # noqa: PLC0415

    with out.status("Loading definitions"), instance_of(before) as instance:
        graph = build_defs(before).resolve_asset_graph()
        _refuse_while_broken(look(before, instance, graph))
        refuse_while_running(instance)
        marks = marks_of(instance, graph, EVERYTHING.resolve(graph))
        dates = layout.landed_dates(before.lake)
        return carry_over(instance, marks, partitions_of(after), dates, grain)


def _refuse_while_broken(found: "list[Problem]") -> None:
    """Raise where a run or check failed: which partitions that is about would be lost."""
    if blocking := [problem for problem in found if problem.blocks]:
        raise ValueError(f"{blocking[0].title}: mend that first, see spotify-assets failing")
