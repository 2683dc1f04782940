"""What is due: the first date from which tables are to be made again, kept until a run has done it.

Whoever takes rows out of the lake notes it first, so that a process that is killed in the middle leaves
behind what is still to be done: the next `spotify-assets materialize` or `backfill` does it, and so does the
same command. One file for each note under `<lake>/_due/`; a note holds a date and nothing else.
"""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from spotify_assets import places
from spotify_assets.lake import layout
from spotify_assets.places import Place

DUE = "_due"


@dataclass(frozen=True)
class Due:
    """One note: everything from a date on is to be made again."""

    path: Place
    first: date


def owe(lake_dir: Place, first: date) -> None:
    """Note that everything from a date on is to be made again.

    Always a note of its own: a run that goes on now may be about to settle those that are there.
    """
    content = json.dumps({"first": first.isoformat()})
    layout.write_bytes(lake_dir / DUE / f"{uuid.uuid4().hex}.json", content.encode())


def owed(lake_dir: Place) -> list[Due]:
    """The notes that there are, the earliest date first.

    Raises:
        ValueError: a file among them is none; the message names it.
    """
    notes = []
    for path in places.files(lake_dir / DUE):
        if path.suffix != ".json":
            continue
        try:
            notes.append(Due(path, date.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["first"])))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}: this is no note of a date ({error}). Remove it.") from None
    return sorted(notes, key=lambda due: due.first)


def settle(done: Iterable[Due]) -> None:
    """Remove notes of what was done."""
    places.remove(due.path for due in done)
