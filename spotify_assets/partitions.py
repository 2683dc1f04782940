"""Partitions: UTC time windows whose length, the grain, is a setting.

Here belongs: everything that knows the grain. Not here: what is computed for a window; an asset asks
`windows` for those of its run and hands each to a function that does not know how long it is.
"""

from datetime import UTC, date, datetime, time, timedelta

import dagster as dg

from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.start_date import start_of

AS_OF = dg.TimeWindowPartitionMapping()
"""The mapping of an asset that reads the newest catalogue at or before its day, or else the earliest.

Any snapshot may matter to any day, but Dagster is told of the day's own alone: told of all, it would make
every day again in a backfill of one. The sensor on raw files knows which days a new snapshot decides about.
"""
_DAYS = {"day": 1, "month": 28}
"""Days that the shortest partition of each grain has."""


def partitions(settings: Settings) -> dg.TimeWindowPartitionsDefinition:
    """The one partitions definition of all partitioned assets, from the start date to today included."""
    start = datetime.combine(start_of(settings), time(), UTC)
    if settings.grain == "month":
        return dg.MonthlyPartitionsDefinition(start_date=start, end_offset=1)
    return dg.DailyPartitionsDefinition(start_date=start, end_offset=1)


def months(settings: Settings) -> dg.MonthlyPartitionsDefinition:
    """Calendar months, whatever the grain, for what people read month by month."""
    start = datetime.combine(start_of(settings).replace(day=1), time(), UTC)
    return dg.MonthlyPartitionsDefinition(start_date=start, end_offset=1)


def lookback(settings: Settings, days: int) -> dg.TimeWindowPartitionMapping:
    """The mapping of an asset that also reads so many days before its own partition."""
    return dg.TimeWindowPartitionMapping(start_offset=-_count(settings, days))


def around(settings: Settings, days: int) -> dg.TimeWindowPartitionMapping:
    """The mapping of an asset that also reads so many days before and after its own partition.

    What comes after the newest partition does not exist yet, and a run does not wait for it.
    """
    count = _count(settings, days)
    return dg.TimeWindowPartitionMapping(
        start_offset=-count, end_offset=count, allow_nonexistent_upstream_partitions=True
    )


def _count(settings: Settings, days: int) -> int:
    """How many partitions hold so many days, at most."""
    return -(-days // _DAYS[settings.grain])


def windows(context: dg.AssetExecutionContext) -> list[Window]:
    """The window of every partition that a run of an asset writes, in order."""
    definition = context.assets_def.partitions_def
    assert isinstance(definition, dg.TimeWindowPartitionsDefinition)
    return [as_window(definition.time_window_for_partition_key(key)) for key in context.partition_keys]


def window_of_run(run: dg.DagsterRun, settings: Settings) -> Window | None:
    """The dates of a run's partitions; None for a run without partitions."""
    keys = keys_of_run(run)
    if keys is None:
        return None
    first, last = (as_window(partitions(settings).time_window_for_partition_key(key)) for key in keys)
    return Window(first.start, last.end)


def keys_of_run(run: dg.DagsterRun) -> tuple[str, str] | None:
    """The first and last partition of a run; None for a run without partitions."""
    key = run.tags.get("dagster/partition")
    first = run.tags.get("dagster/asset_partition_range_start", key)
    last = run.tags.get("dagster/asset_partition_range_end", key)
    return None if first is None or last is None else (first, last)


def as_window(window: dg.TimeWindow) -> Window:
    """Dagster's window as dates."""
    return Window(window.start.date(), window.end.date())


def keys_of(settings: Settings, window: Window) -> tuple[str, str]:
    """The first and last partition key that a window of dates touches.

    Raises:
        ValueError: the window reaches outside the configured partitions; the message says which they are.
    """
    definition = partitions(settings)
    first, last = definition.get_first_partition_key(), definition.get_last_partition_key()
    assert first is not None and last is not None
    known = Window(start_of(settings), as_window(definition.time_window_for_partition_key(last)).end)
    if window.start < known.start or window.end > known.end or window.end <= window.start:
        raise ValueError(
            f"{window} is outside the configured partitions, which are {known}: choose dates inside them, or "
            "set SPOTIFY_START_DATE to an earlier day"
        )
    touched = [key_at(definition, day) for day in (window.start, window.end - timedelta(days=1))]
    return touched[0], touched[1]


def key_at(definition: dg.TimeWindowPartitionsDefinition, day: date) -> str:
    """The key of the partition that a day is in."""
    return definition.get_partition_key_for_timestamp(datetime.combine(day, time(), UTC).timestamp())
