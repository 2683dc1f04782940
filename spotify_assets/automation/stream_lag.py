"""The stream's lag as a problem, an asset check and a file beside the published copy.

Here belongs: telling it. Not here: measuring it (`stream`), what is too much of it (`lake.progress`).
"""

from datetime import UTC, datetime

import dagster as dg

from spotify_assets.automation.problem import Problem
from spotify_assets.lake.progress import PartitionProgress, moment, read_progress, what_is_wrong
from spotify_assets.settings import Settings
from spotify_assets.tables import RAW_EVENTS
from spotify_assets.warehouse.streams import StreamedPartition, write_streams

CHECK = "stream_lag"
CHECK_PROBLEM = f"check:{RAW_EVENTS.schema}/{RAW_EVENTS.name}:{CHECK}"
"""Key of the problem that the failing check is: it is as old as the last run, `stream_problems` is not."""


def stream_problems(settings: Settings) -> list[Problem]:
    """What is wrong with the stream now, told to the readers of the published copy as well."""
    told = _told(settings)
    write_streams(settings.processed_dir, [_as_published(each) for each in told])
    return [
        Problem(
            key=f"stream:{settings.kafka_topic}",
            kind="stream",
            title=f"The stream {settings.kafka_topic} is behind",
            detail=words,
            assets=(f"{RAW_EVENTS.schema}/{RAW_EVENTS.name}",),
            blocks=False,
        )
        for words in ["; ".join(_wrong(settings, told))]
        if words
    ]


def stream_check(settings: Settings) -> dg.AssetChecksDefinition:
    """The check of the stream's lag; it only warns."""

    @dg.asset_check(
        asset=dg.AssetKey([RAW_EVENTS.schema, RAW_EVENTS.name]),
        name=CHECK,
        description="The lake keeps up with the stream: its lag shrinks, and somebody reads it.",
    )
    def check() -> dg.AssetCheckResult:
        if not settings.kafka_servers:
            return dg.AssetCheckResult(passed=True, description="No stream is set (SPOTIFY_KAFKA_SERVERS).")
        told = _told(settings)
        wrong = _wrong(settings, told)
        newest = max((each.newest for each in told if each.newest), default=None)
        rows = sum(each.rows for each in told)
        return dg.AssetCheckResult(
            passed=not wrong,
            severity=dg.AssetCheckSeverity.WARN,
            description="; ".join(wrong) if told else "No consumer has told anything yet.",
            metadata={
                "lag": sum(each.lag for each in told),
                "lag by partition": {str(each.origin.partition): each.lag for each in told},
                "newest event (UTC)": f"{moment(newest):%Y-%m-%d %H:%M:%S}" if newest else "–",
                "rows per second": round(sum(each.rows_per_second for each in told), 1),
                "refused share": sum(each.refused for each in told) / rows if rows else 0.0,
            },
        )

    return check


def _told(settings: Settings) -> list[PartitionProgress]:
    return read_progress(settings.lake, settings.kafka_topic) if settings.kafka_servers else []


def _wrong(settings: Settings, told: list[PartitionProgress]) -> list[str]:
    return what_is_wrong(told, datetime.now(UTC), settings.stream_lag_seconds)


def _as_published(told: PartitionProgress) -> StreamedPartition:
    return StreamedPartition(
        topic=told.origin.topic,
        partition=told.origin.partition,
        lag=told.lag,
        in_lake=told.in_lake,
        rows_per_second=round(told.rows_per_second, 1),
        refused_share=told.refused_share,
        newest_event=None if told.newest is None else moment(told.newest).replace(tzinfo=None),
        told_at=moment(told.told).replace(tzinfo=None),
    )
