"""How many calls services were asked for, as a file beside the published copy: for readers without accounts.

Written whenever somebody looks at what is broken: by the daemon every minute.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from spotify_assets.warehouse.told_files import read_told, write_told

FILE = "calls.json"
COLUMNS = ("day", "purpose", "begun", "answered", "not_there", "told_to_wait", "failed", "saved")
"""One row per UTC date and purpose: how many calls began, what came of them, and how many were not needed."""
Calls = Mapping[str, str | int]


def write_calls(processed_dir: Path, calls: Sequence[Calls]) -> None:
    """Replace the file, in one step; where nothing was ever called, there is no file."""
    write_told(processed_dir / FILE, [{name: each[name] for name in COLUMNS} for each in calls])


def read_calls(processed_dir: Path) -> list[Calls]:
    """The calls that were told last, the newest date first; none where there are none.

    Raises:
        WarehouseError: the file is none of ours.
    """
    return read_told(processed_dir / FILE, _calls) or []


def _calls(told: list[Calls]) -> list[Calls]:
    return [{name: each[name] for name in COLUMNS} for each in told]
