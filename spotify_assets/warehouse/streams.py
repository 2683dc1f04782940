"""How far the lake is behind a stream, as a file beside the published copy: for readers that have no lake.

Written whenever somebody looks at what is broken: by the daemon every minute.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from spotify_assets.warehouse.told_files import read_told, write_told

FILE = "stream.json"


@dataclass(frozen=True)
class StreamedPartition:
    """A partition of a topic as its consumer told it at `told_at` (UTC).

    `lag` messages are not in the lake yet; the newest event that is there ended at `newest_event` (UTC).
    """

    topic: str
    partition: int
    lag: int
    in_lake: int
    rows_per_second: float
    refused_share: float
    newest_event: datetime | None
    told_at: datetime


def write_streams(processed_dir: Path, partitions: Sequence[StreamedPartition]) -> None:
    """Replace the file, in one step; where there is no stream, there is no file."""
    write_told(processed_dir / FILE, [asdict(each) for each in partitions])


def read_streams(processed_dir: Path) -> list[StreamedPartition]:
    """What was told last of each partition; none where there is no stream.

    Raises:
        WarehouseError: the file is none of ours.
    """
    return read_told(processed_dir / FILE, lambda content: [_partition(each) for each in content]) or []


def _partition(told: dict[str, Any]) -> StreamedPartition:
    moments = {name: _moment(told[name]) for name in ("newest_event", "told_at")}
    return StreamedPartition(**{**told, **moments})


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
