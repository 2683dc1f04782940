"""How far the lake is behind a stream, as a file beside the published copy: for readers that have no lake.

Written whenever somebody looks at what is broken: by the daemon every minute.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from spotify_assets.warehouse.errors import WarehouseError
from spotify_assets.whole_files import replaced

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
    if not partitions:
        (processed_dir / FILE).unlink(missing_ok=True)
        return
    processed_dir.mkdir(parents=True, exist_ok=True)
    with replaced(processed_dir / FILE) as new:
        new.write_text(json.dumps([asdict(each) for each in partitions], default=datetime.isoformat))


def read_streams(processed_dir: Path) -> list[StreamedPartition]:
    """What was told last of each partition; none where there is no stream.

    Raises:
        WarehouseError: the file is none of ours.
    """
    file = processed_dir / FILE
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return [
            StreamedPartition(
                **{**each, **{name: _moment(each[name]) for name in ("newest_event", "told_at")}}
            )
            for each in found
        ]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError, KeyError) as error:
        raise WarehouseError(f"{file} cannot be read ({error}): remove it, it is written anew") from error


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
