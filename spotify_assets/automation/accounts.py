"""Connected accounts by the clock: the jobs that fetch, and the schedules that start them.

Both are on, and do nothing where no account is connected. What is fetched is noticed by the sensor on raw
files. Not here: how something is fetched (`accounts`), whose modules are imported only where they are used.
"""

from functools import partial

import dagster as dg

from spotify_assets.automation.attempts import GOING
from spotify_assets.automation.problem import Problem
from spotify_assets.settings import Settings
from spotify_assets.tables import RAW_EVENTS
from spotify_assets.warehouse.calls import write_calls

POLL, SNAPSHOT = "poll_accounts", "snapshot_heard"
NOBODY = "No account is connected."


def account_jobs(settings: Settings) -> list[dg.JobDefinition]:
    """The jobs that ask for plays and for snapshots; they write to no table, so they wait for no run."""

    @dg.op(name="poll", description="Asks connected listeners whose turn it is for what they played.")
    def ask_for_plays(context: dg.OpExecutionContext) -> None:
        from spotify_assets.accounts.polling import poll  # noqa: PLC0415
        from spotify_assets.start_date import keep_partitions  # noqa: PLC0415

        polled = poll(settings)
        if words := keep_partitions(settings):
            context.log.info(words)
        for name in polled.overrun:
            context.log.warning(f"{name} played more than the service keeps: some plays may be missing")
        for name, problem in polled.problems.items():
            context.log.error(f"{name}: {problem}")
        if polled.left:
            context.log.warning(polled.left)
        counted = {"listeners": polled.listeners, "plays": polled.plays, "calls": polled.calls}
        context.add_output_metadata(
            {**counted, "overrun": len(polled.overrun), "to connect again": len(polled.problems)}
        )

    @dg.op(name="snapshot", description="Asks for the tracks that were heard, and lands what is answered.")
    def ask_for_snapshots(context: dg.OpExecutionContext) -> None:
        from spotify_assets.accounts.snapshots import snapshot  # noqa: PLC0415
        from spotify_assets.warehouse.heard import heard_tracks, known_of  # noqa: PLC0415

        taken = snapshot(settings, heard_tracks(settings), known=partial(known_of, settings))
        if taken.left:
            context.log.warning(taken.left)
        counted = {"calls": taken.calls, "calls saved": taken.saved, "not there": taken.not_there}
        absent = {f"{name} not told": tracks for name, tracks in taken.absent.items()}
        context.add_output_metadata({**counted, "tracks": sum(taken.landed.values()), **absent})

    @dg.job(
        name=POLL,
        description="What connected listeners played lately, to the lake.",
    )
    def poll_accounts() -> None:
        ask_for_plays()

    @dg.job(
        name=SNAPSHOT,
        description="Dated snapshots of the tracks that were heard, to the lake.",
    )
    def snapshot_heard() -> None:
        ask_for_snapshots()

    return [poll_accounts, snapshot_heard]


def account_schedules(settings: Settings) -> list[dg.ScheduleDefinition]:
    """The schedules of both jobs."""

    @dg.schedule(
        name=POLL,
        job_name=POLL,
        cron_schedule="*/10 * * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Every ten minutes, for the connected listeners whose turn it is; without any, nothing.",
    )
    def poll_accounts(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        from spotify_assets.accounts.polling import connected, is_anyones_turn  # noqa: PLC0415

        if not connected(settings):
            return dg.SkipReason(NOBODY)
        if not is_anyones_turn(settings):
            return dg.SkipReason("It is no listener's turn yet.")
        return _unless_going(context, POLL)

    @dg.schedule(
        name=SNAPSHOT,
        job_name=SNAPSHOT,
        cron_schedule="40 1 * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="At 01:40 UTC, for the tracks that were heard; without a connected account, nothing.",
    )
    def snapshot_heard(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        from spotify_assets.accounts.polling import connected  # noqa: PLC0415

        return _unless_going(context, SNAPSHOT) if connected(settings) else dg.SkipReason(NOBODY)

    return [poll_accounts, snapshot_heard]


def account_problems(settings: Settings) -> list[Problem]:
    """What listeners are to do about their accounts, and the calls told to the dashboard."""
    from spotify_assets.accounts.books import calls_by_day  # noqa: PLC0415
    from spotify_assets.accounts.overruns import overruns  # noqa: PLC0415
    from spotify_assets.accounts.polling import standing  # noqa: PLC0415

    write_calls(settings.processed_dir, calls_by_day(settings))
    silent = [
        _problem(f"account:{each.user_id}", f"The account of {each.user_id} sends nothing", each.problem)
        for each in standing(settings)
        if each.problem
    ]
    missing = [
        _problem(
            f"overrun:{each.user_id}:{each.since.isoformat()}",
            f"Plays of {each.user_id} may be missing",
            each.words,
        )
        for each in overruns(settings)
    ]
    return [*silent, *missing]


def _problem(key: str, title: str, detail: str) -> Problem:
    assets = (f"{RAW_EVENTS.schema}/{RAW_EVENTS.name}",)
    return Problem(key, "account", title, detail, assets, blocks=False)


def _unless_going(context: dg.ScheduleEvaluationContext, job: str) -> dg.RunRequest | dg.SkipReason:
    going = context.instance.get_run_records(dg.RunsFilter(job_name=job, statuses=GOING), limit=1)
    if going:
        return dg.SkipReason(f"Run {going[0].dagster_run.run_id} is at it.")
    return dg.RunRequest(tags={"dagster/priority": "10", "dagster/max_retries": "0"})
