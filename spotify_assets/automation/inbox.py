"""Landing what people drop into the inbox: the job, and the sensor that starts it.

What is landed is noticed by the sensor on raw files. Not here: how a file is recognised and landed (`lake`),
whose readers are imported only where they are used.
"""

import time
from datetime import UTC, datetime
from hashlib import blake2b

import dagster as dg

from spotify_assets.automation.attempts import GOING
from spotify_assets.automation.changes import MOST_ATTEMPTS, SECOND, rest_until
from spotify_assets.settings import Settings

LAND_INBOX = "land_inbox"
INBOX_FILES = "inbox_files"
INTERVAL_SECONDS = 30
QUIET_SECONDS = 5
"""A file that was written to more recently than this is still on its way."""
LISTENER = "me"
"""Whose listening lies in the inbox itself; that of others is in folders named after them."""
FILES_TAG = "spotify/inbox"
"""Tag of a run with the digest of the files that it was started for."""


def land_inbox_job(settings: Settings) -> dg.JobDefinition:
    """The job that lands what is in the inbox; it opens no table, so it waits for no other run."""

    @dg.op(name="land", description="Imports every file of the inbox that was not imported before.")
    def land(context: dg.OpExecutionContext) -> None:
        from spotify_assets.lake.importing import ImportOptions  # noqa: PLC0415
        from spotify_assets.lake.inbox import import_inbox  # noqa: PLC0415
        from spotify_assets.start_date import keep_partitions  # noqa: PLC0415

        options = ImportOptions(user_id=LISTENER, today=datetime.now(UTC).date())
        handed = list(import_inbox(settings, options, QUIET_SECONDS))
        if words := keep_partitions(settings):
            context.log.info(words)
        for each in handed:
            for file in each.files:
                context.log.info(f"{each.path.name}: {file.outcome.value}: {file.words}")
        outcomes = [file.outcome.value for each in handed for file in each.files]
        context.add_output_metadata({name: outcomes.count(name) for name in sorted(set(outcomes))})

    @dg.job(
        name=LAND_INBOX,
        description="Imports what people dropped into the inbox.",
    )
    def land_inbox() -> None:
        land()

    return land_inbox


def inbox_sensor(settings: Settings) -> dg.SensorDefinition:
    """The sensor on the inbox."""

    @dg.sensor(
        name=INBOX_FILES,
        job_name=LAND_INBOX,
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Lands what people drop into the inbox, once it is not written to any more. A folder in "
        "it is named after a listener; what lies beside the folders belongs to `me`.",
    )
    def inbox_files(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        from spotify_assets.lake.inbox import pending  # noqa: PLC0415
        from spotify_assets.lake.records import mark_of  # noqa: PLC0415

        waiting = pending(settings, QUIET_SECONDS)
        if not waiting:
            return dg.SkipReason("Nothing new in the inbox.")
        going = context.instance.get_run_records(dg.RunsFilter(job_name=LAND_INBOX, statuses=GOING), limit=1)
        if going:
            return dg.SkipReason(f"Run {going[0].dagster_run.run_id} is landing files.")
        digest = blake2b(
            "".join(sorted(mark_of(path) for path in waiting)).encode(), digest_size=12
        ).hexdigest()
        ended = [
            int((record.end_time or record.create_timestamp.timestamp()) * SECOND)
            for record in context.instance.get_run_records(
                dg.RunsFilter(job_name=LAND_INBOX, tags={FILES_TAG: digest}), limit=MOST_ATTEMPTS
            )
        ]
        if len(ended) >= MOST_ATTEMPTS:
            return dg.SkipReason(
                f"{len(ended)} runs left {len(waiting)} files in the inbox, {waiting[0].name} among them. "
                "Import them by hand to see why: spotify-assets import"
            )
        if time.time_ns() < rest_until(ended):
            return dg.SkipReason(f"Resting after {len(ended)} failed runs.")
        return dg.RunRequest(tags={FILES_TAG: digest, "dagster/priority": "10", "dagster/max_retries": "0"})

    return inbox_files
