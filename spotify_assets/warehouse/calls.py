"""How many calls services were asked for, as a file beside the published copy: for readers without accounts.

Written whenever somebody looks at what is broken: by the daemon every minute.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from spotify_assets.warehouse.errors import WarehouseError
from spotify_assets.whole_files import replaced

FILE = "calls.json"
COLUMNS = ("day", "purpose", "begun", "answered", "not_there", "told_to_wait", "failed", "saved")
"""One row per UTC date and purpose: how many calls began, what came of them, and how many were not needed."""
Calls = Mapping[str, str | int]


def write_calls(processed_dir: Path, calls: Sequence[Calls]) -> None:
    """Replace the file, in one step; where nothing was ever called, there is no file."""
    if not calls:
        (processed_dir / FILE).unlink(missing_ok=True)
        return
    processed_dir.mkdir(parents=True, exist_ok=True)
    with replaced(processed_dir / FILE) as new:
        new.write_text(json.dumps([{name: each[name] for name in COLUMNS} for each in calls]))


def read_calls(processed_dir: Path) -> list[Calls]:
    """The calls that were told last, the newest date first; none where there are none.

    Raises:
        WarehouseError: the file is none of ours.
    """
    file = processed_dir / FILE
    try:
        return [{name: each[name] for name in COLUMNS} for each in json.loads(file.read_text())]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError, KeyError) as error:
        raise WarehouseError(f"{file} cannot be read ({error}): remove it, it is written anew") from error
