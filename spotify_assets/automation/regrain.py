"""Other partitions for tables that are there: what is done stays done, under the new keys.

A key is the first date of its partition, so that the key of a month is also that of a day: without this, the
first of each month would be done and every other day missing. Rows are stored by date, whatever the grain.

Here belongs: which new partitions are done, and telling the instance. Not here: which partitions fit a lake
(`lake.start_date`).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import dagster as dg

from spotify_assets.automation.attempts import GOING
from spotify_assets.instance.records import AssetGraph, going_backfills, report_made
from spotify_assets.partitions import as_window, key_at
from spotify_assets.rows.window import Window

CARRIED = "carried over from partitions of a"
"""Metadata of a mark: the grain that it was made at."""


def refuse_while_running(instance: dg.DagsterInstance) -> None:
    """Raise where a run or backfill goes on, which is for partitions as they are.

    Raises:
        ValueError: one does; the message names it.
    """
    going = instance.get_runs(dg.RunsFilter(statuses=list(GOING)), limit=1)
    asked = [f"backfill {each.backfill_id}" for each in going_backfills(instance)]
    names = [f"run {run.run_id}" for run in going] + asked
    if names:
        raise ValueError(f"{names[0]} goes on: wait for its end, or end it, and give the command again")


def done_after(done: Iterable[Window], new: Sequence[Window], dates: Iterable[date]) -> list[Window]:
    """The new partitions that are done: of which every date with files was done, and at least one date."""
    days = {day for window in done for day in window.days()}
    needed = set(dates)
    return [
        window
        for window in new
        if any(day in days for day in window.days())
        and all(day in days for day in window.days() if day in needed)
    ]


def marks_of(
    instance: dg.DagsterInstance, graph: AssetGraph, assets: Iterable[dg.AssetKey]
) -> dict[dg.AssetKey, list[Window]]:
    """What is done of those of the assets that have partitions."""
    marks = {}
    for key in sorted(assets):
        definition = graph.get(key).partitions_def
        if isinstance(definition, dg.TimeWindowPartitionsDefinition):
            known = set(definition.get_partition_keys())
            made = sorted(instance.get_materialized_partitions(key) & known)
            marks[key] = [as_window(definition.time_window_for_partition_key(each)) for each in made]
    return marks


def carry_over(
    instance: dg.DagsterInstance,
    marks: Mapping[dg.AssetKey, Sequence[Window]],
    new: dg.TimeWindowPartitionsDefinition,
    dates: Sequence[date],
    grain: str,
) -> int:
    """Replace the marks of assets by those of other partitions; returns how many there are now.

    `dates` are those of the lake, `grain` is the one that marks were made at. The history of the assets
    leaves the instance with the old marks; runs and their logs stay.
    """
    windows = [as_window(new.time_window_for_partition_key(key)) for key in new.get_partition_keys()]
    made = {key: done_after(done, windows, dates) for key, done in marks.items()}
    instance.wipe_assets(list(marks))
    events = [(key, key_at(new, window.start)) for key, done in made.items() for window in done]
    report_made(instance, events, {CARRIED: grain})
    return len(events)
