"""Sensors: what makes the graph run by itself when files arrive, change, come late or go.

Here belongs: how a sensor looks, asks and remembers. Not here: which partitions follow from what it sees
(`changes`), nor what the lake holds (`lake_watch`).
"""

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b

import dagster as dg

from spotify_assets.automation.alerts import health_sensor
from spotify_assets.automation.attempts import REQUESTED_BY, attempts_since
from spotify_assets.automation.changes import (
    MOST_ATTEMPTS,
    SECOND,
    STREAM_SECONDS,
    Change,
    Plan,
    Wanted,
    changes,
    plan,
)
from spotify_assets.automation.inbox import inbox_sensor
from spotify_assets.automation.lake_watch import (
    Seen,
    carried_over,
    newest_change,
    pack,
    scan,
    unpack,
    uploads,
)
from spotify_assets.partitions import as_window, key_at, partitions
from spotify_assets.settings import Grain, Settings

RAW_FILES = "raw_files"
INTERVAL_SECONDS = 30
RECENT_DAYS = 2
"""Runs for partitions that end in these days go before all others in the queue."""
RECENT_PRIORITY = "10"
OUTSIDE = (
    "outside the partitions that this process knows: reload the code location, which then starts early "
    "enough, or set SPOTIFY_START_DATE to an earlier day where it is set"
)
_NAMED = 5
"""Partitions named in a message; of the others, the number."""


def sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """Every sensor that is not for conditions."""
    return [inbox_sensor(settings), raw_files_sensor(settings), health_sensor(settings)]


def raw_files_sensor(settings: Settings) -> dg.SensorDefinition:
    """The sensor on the lake."""

    @dg.sensor(
        name=RAW_FILES,
        job_name="data",
        minimum_interval_seconds=INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Asks for the partitions whose files in the lake are new, changed, late or gone, and for "
        "all that is made from them but the models. A partition counts as done when a run that started after "
        "the change has succeeded, whoever started it.",
    )
    def raw_files(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        definition = partitions(settings)
        seen = scan(settings.lake, settings.grain)
        remembered = _remembered(context, settings, seen)
        changed = changes(seen, remembered)
        gone = {
            (stream, day): newest_change(settings.lake, stream, day, day)
            for stream, day in changed
            if (stream, day) not in seen
        }
        now_ns = time.time_ns()
        since = min((_since(change, seen, gone) for change in changed), default=None)
        if since is not None:
            since = min(since, now_ns - STREAM_SECONDS * SECOND)
        attempts = attempts_since(context.instance, definition, since, RAW_FILES) if since is not None else []
        made = plan(
            seen,
            remembered,
            gone,
            attempts,
            grain=settings.grain,
            within=_within(definition),
            now_ns=now_ns,
            uploads=uploads(settings.lake, settings.grain) if changed else (),
        )
        requests = [_request(definition, wanted) for wanted in made.wanted]
        message = told(made)
        return dg.SensorResult(
            run_requests=requests,
            skip_reason=None if requests else message,
            cursor=f"{settings.grain}:{pack(made.remembered)}",
        )

    return raw_files


def told(made: Plan) -> str:
    """What a tick found, in words: what waits and why, or that nothing changed."""
    parts = [
        (made.unsettled, "still being written"),
        (made.going, "in hand by a run or backfill"),
        (made.gathering, "written by a stream and made less than a minute ago"),
        (made.resting, "resting after a failed run"),
        (made.given_up, f"given up after {MOST_ATTEMPTS} failed runs or a canceled one: materialize by hand"),
        (made.outside, OUTSIDE),
    ]
    found = [f"{_names(sorted(set(days)))} {words}" for days, words in parts if days]
    return "; ".join(found) or "Nothing changed in the lake."


def _names(days: Sequence[Change]) -> str:
    named = ", ".join(f"{stream} of {day}" for stream, day in days[:_NAMED])
    return f"{named} and {len(days) - _NAMED:,} more" if len(days) > _NAMED else named


def _remembered(
    context: dg.SensorEvaluationContext, settings: Settings, seen: dict[Change, Seen]
) -> dict[Change, bytes]:
    """The digests of the cursor; none where there is no cursor, or not one of this sensor.

    Nothing is lost then: what was done is found again among the runs. A cursor names the grain of its
    partitions, but for those of older versions.
    """
    if not context.cursor:
        return {}
    grain, _, packed = context.cursor.rpartition(":")
    try:
        remembered = unpack(packed)
    except ValueError as error:
        context.log.warning(f"The cursor is not this sensor's ({error}); every partition is looked at anew.")
        return {}
    if grain in ("", settings.grain):
        return remembered
    was: Grain = "month" if grain == "month" else "day"
    return carried_over(remembered, scan(settings.lake, was), seen)


def _since(change: Change, seen: dict[Change, Seen], gone: dict[Change, int]) -> int:
    return seen[change].changed_ns if change in seen else gone[change]


def _within(definition: dg.TimeWindowPartitionsDefinition) -> tuple[date, date]:
    keys = definition.get_first_partition_key(), definition.get_last_partition_key()
    assert keys[0] is not None and keys[1] is not None
    first, last = (as_window(definition.time_window_for_partition_key(str(key))).start for key in keys)
    return first, last


def _request(definition: dg.TimeWindowPartitionsDefinition, wanted: Wanted) -> dg.RunRequest:
    """One run for a range of partitions."""
    keys = [key_at(definition, day) for day in (wanted.first, wanted.last)]
    recent = datetime.now(UTC).date() - timedelta(days=RECENT_DAYS)
    end = as_window(definition.time_window_for_partition_key(keys[1])).end
    tags = {
        REQUESTED_BY: RAW_FILES,
        # The sensor retries by itself, with the files as they are then.
        "dagster/max_retries": "0",
        **({"dagster/priority": RECENT_PRIORITY} if end > recent else {}),
    }
    identity = f"{keys[0]} {keys[1]} {wanted.since_ns} {wanted.failed_before}"
    run_key = f"{RAW_FILES}-{blake2b(identity.encode(), digest_size=12).hexdigest()}"
    if keys[0] == keys[1]:
        return dg.RunRequest(run_key=run_key, partition_key=keys[0], tags=tags)
    tags |= {
        "dagster/asset_partition_range_start": keys[0],
        "dagster/asset_partition_range_end": keys[1],
    }
    return dg.RunRequest(run_key=run_key, tags=tags)
