"""Small files of JSON beside the published copy, for readers that know no orchestrator and have no lake.

Each is replaced in one step, whenever somebody looks at what is broken: by the daemon every minute.
"""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from spotify_assets.warehouse.errors import WarehouseError
from spotify_assets.whole_files import replaced

_T = TypeVar("_T")


def write_told(file: Path, content: object) -> None:
    """Replace a file; where there is nothing to tell, there is none. Moments are written in ISO 8601."""
    if not content:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with replaced(file) as new:
        new.write_text(json.dumps(content, default=datetime.isoformat), encoding="utf-8")


def read_told(file: Path, made_of: Callable[[Any], _T]) -> _T | None:
    """What is made of the content of a file; None where there is none.

    Raises:
        WarehouseError: the file is none of ours.
    """
    try:
        return made_of(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise WarehouseError(f"{file} cannot be read ({error}): remove it, it is written anew") from error
