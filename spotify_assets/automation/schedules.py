"""Schedules: the usual day and the models of the week; both off until someone turns them on in the UI.

The sensor on raw files makes the daily one unnecessary where it runs; where both do, the second finds the
day done and skips it.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg

from spotify_assets.automation.attempts import REQUESTED_BY, attempts_since
from spotify_assets.automation.changes import SECOND
from spotify_assets.automation.lake_watch import STREAMS, newest_change, scan
from spotify_assets.partitions import as_window, key_at, months, partitions
from spotify_assets.settings import Settings

DAILY = "daily"
WEEKLY = "weekly_models"
MONTHLY = "monthly_recaps"
UPKEEP = "lakehouse_upkeep"


def schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """The daily, the weekly and the monthly schedule."""

    @dg.schedule(
        name=DAILY,
        job_name="data",
        cron_schedule="15 1 * * *",
        execution_timezone="UTC",
        description="At 01:15 UTC, everything but the models for the partition of the day before, where no "
        "other run has done it since its files last changed or is about to.",
    )
    def daily(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        definition = partitions(settings)
        moment = context.scheduled_execution_time
        key = _key_of_day_before(definition, moment)
        done = _done_by(context.instance, settings, definition, key)
        if done:
            return dg.SkipReason(f"Partition {key} is done or in hand by run {done}.")
        return dg.RunRequest(
            run_key=f"{DAILY}-{moment:%Y-%m-%d}",
            partition_key=key,
            tags={REQUESTED_BY: DAILY, "dagster/priority": "10"},
        )

    @dg.schedule(
        name=WEEKLY,
        job_name="models",
        cron_schedule="0 3 * * 1",
        execution_timezone="UTC",
        description="On Mondays at 03:00 UTC, the models with the cut-off of the day before.",
    )
    def weekly_models(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        moment = context.scheduled_execution_time
        return dg.RunRequest(
            run_key=f"{WEEKLY}-{moment:%Y-%m-%d}",
            partition_key=_key_of_day_before(partitions(settings), moment),
            tags={REQUESTED_BY: WEEKLY},
        )

    @dg.schedule(
        name=MONTHLY,
        job_name="recaps",
        cron_schedule="0 5 2 * *",
        execution_timezone="UTC",
        description="On the 2nd of each month at 05:00 UTC, the recaps of the month before: by then it has "
        "ended on every clock and its last day was loaded.",
    )
    def monthly_recaps(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        moment = context.scheduled_execution_time
        last_of_month_before = moment.replace(day=1) - timedelta(days=1)
        return dg.RunRequest(
            run_key=f"{MONTHLY}-{moment:%Y-%m}",
            partition_key=key_at(months(settings), last_of_month_before.date()),
            tags={REQUESTED_BY: MONTHLY},
        )

    return [daily, weekly_models, monthly_recaps]


def upkeep_schedule() -> dg.ScheduleDefinition:
    """The schedule of a warehouse that is a lakehouse; off until someone turns it on."""
    return dg.ScheduleDefinition(
        name=UPKEEP,
        job_name="upkeep",
        cron_schedule="30 4 * * *",
        execution_timezone="UTC",
        description="At 04:30 UTC, the files of the lakehouse are looked after.",
        tags={REQUESTED_BY: UPKEEP},
    )


def _key_of_day_before(definition: dg.TimeWindowPartitionsDefinition, moment: datetime) -> str:
    return definition.get_partition_key_for_timestamp((moment - timedelta(days=1)).timestamp())


def _done_by(
    instance: dg.DagsterInstance,
    settings: Settings,
    definition: dg.TimeWindowPartitionsDefinition,
    key: str,
) -> str | None:
    """The run that makes another one for a partition unnecessary.

    It reads both streams after the partition has ended and its files have last changed, and has succeeded,
    or goes on.
    """
    window = as_window(definition.time_window_for_partition_key(key))
    lake = scan(settings.lake, settings.grain)
    changed = [
        lake[stream, window.start].changed_ns
        if (stream, window.start) in lake
        else newest_change(settings.lake, stream, window.start, window.start)
        for stream in STREAMS
    ]
    ended = datetime(window.end.year, window.end.month, window.end.day, tzinfo=UTC).timestamp()
    since = max(int(ended * SECOND), *changed)
    for attempt in attempts_since(instance, definition, since, asked_by=DAILY):
        covers = attempt.first <= window.start <= attempt.last and attempt.streams == frozenset(STREAMS)
        if covers and (attempt.state == "going" or (attempt.state == "done" and attempt.started_ns > since)):
            return attempt.run_id
    return None
