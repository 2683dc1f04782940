"""How far the lake is behind a stream, as its consumers tell it: a small file for each partition.

`_kafka/<topic>/<topic id>/<partition>.progress`, beside the manifests, replaced in one step. Nothing depends
on it but what people see: where a consumer goes on is what the manifests say.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Self

import msgspec

from spotify_assets import places
from spotify_assets.lake import layout
from spotify_assets.lake.batches import MANIFESTS, Manifest, Origin
from spotify_assets.places import Place, PlaceT

SUFFIX = ".progress"
BATCHES_OF_CALM = 2
"""So many batches wait for their turn where all is well; by as much the lag goes up and down without growing
or shrinking."""


class PartitionProgress(msgspec.Struct, frozen=True):
    """How far the lake was with a partition when a consumer told it last, at `told`.

    Offsets before `in_lake` are in the lake, the topic has those before `in_topic`. `most` is the most that
    the lag was since it last shrank, which was at `shrank`. `rows` and `refused` count all batches,
    `last_rows` and `rows_per_second` are of the last one. Times are milliseconds since 1970; `newest` is when
    the newest event ended.
    """

    origin: Origin
    in_lake: int
    in_topic: int
    told: int
    shrank: int
    most: int = 0
    newest: int | None = None
    written: int | None = None
    rows: int = 0
    refused: int = 0
    last_rows: int = 0
    rows_per_second: float = 0.0

    @property
    def lag(self) -> int:
        """Messages of the topic that the lake has not."""
        return self.in_topic - self.in_lake

    @property
    def refused_share(self) -> float:
        """Which share of the messages is no event."""
        return self.refused / self.rows if self.rows else 0.0

    @property
    def grows_seconds(self) -> float:
        """For how long the lag has not shrunk, by what was told; 0 where nobody has to wait."""
        return (self.told - self.shrank) / 1000

    def seen(self, in_topic: int, now: int) -> Self:
        """How far it is when the topic ends at `in_topic`."""
        lag = max(0, in_topic - self.in_lake)
        calm = BATCHES_OF_CALM * self.last_rows
        is_well = lag <= calm or lag < self.most - calm
        return msgspec.structs.replace(
            self,
            in_topic=self.in_lake + lag,
            told=now,
            shrank=now if is_well else self.shrank,
            most=lag if is_well else max(self.most, lag),
        )

    def with_batch(self, batch: Manifest) -> Self:
        """How far it is when a batch was written."""
        seconds = (batch.written - (self.written or batch.written)) / 1000
        return msgspec.structs.replace(
            self,
            in_lake=max(self.in_lake, batch.end),
            in_topic=max(self.in_topic, batch.end),
            newest=max((time for time in (self.newest, batch.newest) if time), default=None),
            written=batch.written,
            rows=self.rows + batch.rows,
            refused=self.refused + batch.refused,
            last_rows=batch.rows,
            rows_per_second=batch.rows / seconds if seconds > 0 else 0.0,
        )


def begin(lake_dir: Place, origin: Origin, in_lake: int, now: int) -> PartitionProgress:
    """What was told of a partition until now, for a consumer that goes on with it at `in_lake`."""
    before = _read(_path(lake_dir, origin))
    if before is None:
        return PartitionProgress(origin, in_lake, in_lake, told=now, shrank=now)
    return msgspec.structs.replace(before, in_lake=in_lake, in_topic=max(in_lake, before.in_topic))


def write_progress(lake_dir: Place, progress: PartitionProgress) -> None:
    """Replace what was told of a partition.

    Raises:
        OSError: the lake cannot be written to.
    """
    layout.write_bytes(_path(lake_dir, progress.origin), msgspec.json.encode(progress))


def read_progress(lake_dir: Place, topic: str) -> list[PartitionProgress]:
    """What was told last of each partition of a topic, in order; of several of its name, the newest's."""
    of_topic = [path for each in places.folders(lake_dir / MANIFESTS / topic) for path in places.files(each)]
    paths = [path for path in of_topic if path.suffix == SUFFIX]
    found = [told for path in paths if (told := _read(path)) is not None]
    newest = max(found, key=lambda each: each.told, default=None)
    return sorted(
        (each for each in found if newest and each.origin.topic_id == newest.origin.topic_id),
        key=lambda each: each.origin,
    )


def what_is_wrong(told: Sequence[PartitionProgress], now: datetime, patience_seconds: float) -> list[str]:
    """What is wrong with a stream, in words: its lag grows, or nobody reads it, for so many seconds."""
    silent, growing = [], []
    for each in told:
        if (now - moment(each.told)).total_seconds() > patience_seconds:
            silent.append(each)
        elif each.grows_seconds >= patience_seconds:
            growing.append(each)
    wrong = []
    if silent:
        since = moment(max(each.told for each in silent))
        wrong.append(
            f"no consumer has told anything of {_partitions(silent)} since {since:%Y-%m-%d %H:%M:%S} UTC: "
            "start spotify-assets stream consume"
        )
    if growing:
        lag = sum(each.lag for each in growing)
        minutes = min(each.grows_seconds for each in growing) / 60
        wrong.append(
            f"the lag of {_partitions(growing)}, {lag:,} messages, has not shrunk for {minutes:.0f} minutes: "
            "look at the consumer, or start another one"
        )
    return wrong


def moment(milliseconds: int) -> datetime:
    """A time as it is told."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _partitions(told: Iterable[PartitionProgress]) -> str:
    numbers = [str(each.origin.partition) for each in told]
    return f"partition{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}"


def _path(lake_dir: PlaceT, origin: Origin) -> PlaceT:
    return lake_dir / MANIFESTS / origin.topic / origin.topic_id / f"{origin.partition}{SUFFIX}"


def _read(path: Place) -> PartitionProgress | None:
    """What a file tells; nothing where it is damaged, since the next consumer writes it anew."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=PartitionProgress)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
