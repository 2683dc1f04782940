"""What is broken now, as a file beside the published copy: for readers that know no orchestrator.

Written after each run of the command line and every minute by the daemon, so that it also tells of runs that
failed before they could publish anything.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from spotify_assets.warehouse.told_files import read_told, write_told

FILE = "incidents.json"


@dataclass(frozen=True)
class Incident:
    """One thing that is broken: a failed run (`run`), a failing check (`check`), a late layer (`late`),
    an import whose files are missing (`import`), a stream that is behind (`stream`) or an account that is to
    be connected again (`account`).

    `partitions` is in words and empty where there are none; `blocks` tells what stops others from what warns.
    """

    kind: str
    title: str
    detail: str
    assets: tuple[str, ...]
    partitions: str
    run_id: str | None
    blocks: bool


@dataclass(frozen=True)
class Standing:
    """The incidents of a UTC moment."""

    told_at: datetime
    incidents: tuple[Incident, ...]


def write_incidents(processed_dir: Path, incidents: Sequence[Incident]) -> None:
    """Replace the file, in one step, with what is broken now."""
    told_at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    content = {"told_at": told_at.isoformat(), "incidents": [asdict(incident) for incident in incidents]}
    write_told(processed_dir / FILE, content)


def read_incidents(processed_dir: Path) -> Standing | None:
    """What was broken when somebody last looked; None where nobody did.

    Raises:
        WarehouseError: the file is none of ours.
    """
    return read_told(processed_dir / FILE, _standing)


def _standing(told: dict[str, Any]) -> Standing:
    incidents = (Incident(**{**each, "assets": tuple(each["assets"])}) for each in told["incidents"])
    return Standing(datetime.fromisoformat(told["told_at"]), tuple(incidents))
