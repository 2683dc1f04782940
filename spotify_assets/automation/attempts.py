"""What the instance knows about runs: which partitions of the raw assets each one reads anew.

Here belongs: turning Dagster's runs and backfills into `Attempt`s. Not here: what follows from them
(`changes`).
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import dagster as dg

from spotify_assets.automation.changes import SECOND, Attempt
from spotify_assets.automation.jobs import WITH_RAW
from spotify_assets.automation.lake_watch import Stream
from spotify_assets.instance.records import going_backfills
from spotify_assets.partitions import as_window, keys_of_run
from spotify_assets.tables import RAW_EVENTS, RAW_TRACKS

REQUESTED_BY = "spotify/requested_by"
"""Tag of runs that a sensor or schedule of the product asked for: its name; `cli` for the command line."""
COMMAND_LINE = "cli"
RAW_ASSETS: dict[Stream, dg.AssetKey] = {
    "tracks": dg.AssetKey([RAW_TRACKS.schema, RAW_TRACKS.name]),
    "events": dg.AssetKey([RAW_EVENTS.schema, RAW_EVENTS.name]),
}
_PAGE = 500
GOING = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)
"""States of a run that has not ended."""


def attempts_since(
    instance: dg.DagsterInstance,
    definition: dg.TimeWindowPartitionsDefinition,
    since_ns: int,
    asked_by: str,
) -> list[Attempt]:
    """The runs over raw partitions that go on, or were last heard of after a moment; backfills included.

    Runs that failed or were canceled count only where `asked_by` asked for them: what somebody tries by hand
    says nothing about the sensor.
    """
    since = datetime.fromtimestamp(since_ns / SECOND, UTC)
    attempts = []
    for record in [
        *_records(instance, dg.RunsFilter(statuses=GOING)),
        *_records(instance, dg.RunsFilter(statuses=[dg.DagsterRunStatus.SUCCESS], updated_after=since)),
        *_records(
            instance,
            dg.RunsFilter(
                statuses=[dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED],
                updated_after=since,
                tags={REQUESTED_BY: asked_by},
            ),
        ),
    ]:
        attempt = _attempt(record, definition)
        attempts += [attempt] if attempt else []
    return [*attempts, *_backfills(instance, definition)]


def _records(instance: dg.DagsterInstance, wanted: dg.RunsFilter) -> Iterator[dg.RunRecord]:
    cursor = None
    while True:
        page = instance.get_run_records(wanted, limit=_PAGE, cursor=cursor)
        yield from page
        if len(page) < _PAGE:
            return
        cursor = page[-1].dagster_run.run_id


def _attempt(record: dg.RunRecord, definition: dg.TimeWindowPartitionsDefinition) -> Attempt | None:
    """The run as an attempt; None where it reads no raw partition."""
    run = record.dagster_run
    if not run.asset_selection:  # the whole job
        streams = frozenset(RAW_ASSETS) if run.job_name in WITH_RAW else frozenset()
    else:
        streams = frozenset(stream for stream, key in RAW_ASSETS.items() if key in run.asset_selection)
    days = days_of_run(run, definition)
    if not streams or days is None:
        return None
    created = record.create_timestamp.replace(tzinfo=UTC).timestamp()
    states = {
        dg.DagsterRunStatus.SUCCESS: "done",
        dg.DagsterRunStatus.FAILURE: "failed",
        dg.DagsterRunStatus.CANCELED: "canceled",
    }
    started = record.start_time or created
    return Attempt(
        run_id=run.run_id,
        streams=streams,
        first=days[0],
        last=days[1],
        state=states.get(run.status, "going"),  # type: ignore[arg-type]
        asked_ns=int(created * SECOND),
        started_ns=int(started * SECOND),
        ended_ns=int((record.end_time or started) * SECOND),
    )


def days_of_run(
    run: dg.DagsterRun, definition: dg.TimeWindowPartitionsDefinition
) -> tuple[date, date] | None:
    """The first days of the first and last partition of a run; None where it has none of this grain."""
    keys = keys_of_run(run)
    if keys is None:
        return None
    days = (_start(definition, keys[0]), _start(definition, keys[1]))
    return days if tuple(day.isoformat() for day in days) == keys else None


def _start(definition: dg.TimeWindowPartitionsDefinition, key: str) -> date:
    return as_window(definition.time_window_for_partition_key(key)).start


def _backfills(
    instance: dg.DagsterInstance, definition: dg.TimeWindowPartitionsDefinition
) -> Iterator[Attempt]:
    """What backfills that go on are going to run, whether or not its runs exist yet."""
    for backfill in going_backfills(instance):
        if not backfill.asset_backfill_data:
            continue
        subsets = backfill.asset_backfill_data.target_subset.partitions_subsets_by_asset_key
        started = int(backfill.backfill_timestamp * SECOND)
        for stream, key in RAW_ASSETS.items():
            for keys in subsets[key].get_partition_key_ranges(definition) if key in subsets else ():
                yield Attempt(
                    run_id=backfill.backfill_id,
                    streams=frozenset({stream}),
                    first=_start(definition, keys.start),
                    last=_start(definition, keys.end),
                    state="going",
                    asked_ns=started,
                    started_ns=started,
                    ended_ns=started,
                )
