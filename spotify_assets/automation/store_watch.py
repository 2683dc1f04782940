"""What lies in a lake in an object store, listed as little as possible.

A store tells of no change, and a folder there has no time of its own. So what was listed is remembered for as
long as this process lives, and a tick lists

- the dates that there are, which is one request for a thousand of them;
- the dates that are new or from `OPEN_DAYS` ago on, where producers write;
- any other date when `LISTED_AGAIN_SECONDS` have passed since it was listed, each at a time of its own;
- the receipts of imports, and the months when one of those has changed.

Where most dates of a month are due, as at first, the month is listed as one: a thousand objects a request.

So what is changed in an old date by hand is seen within that time. What is gone has no time in a store: it
counts from when it was noticed.
"""

import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial

from spotify_assets import places
from spotify_assets.lake import layout
from spotify_assets.places import StorePlace

OPEN_DAYS = 2
LISTED_AGAIN_SECONDS = 900.0
_MONTH = "month="


@dataclass
class _Folder:
    """The finished files of a folder, and when it is to be listed again, by the clock of this process."""

    files: list[StorePlace]
    until: float


@dataclass
class _Watch:
    """What is remembered of one lake. `requests` counts the folders that were listed."""

    folders: dict[StorePlace, _Folder] = field(default_factory=dict)
    receipts: frozenset[tuple[str, str]] | None = None
    noticed: dict[object, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    listed: int = 0


_watches: dict[StorePlace, _Watch] = {}


def finished_files(lake: StorePlace, kind: str) -> Iterator[tuple[StorePlace, list[StorePlace]]]:
    """The folders of dates and months of a kind of file, with the finished data files of each."""
    watch = _watches.setdefault(lake, _Watch())
    with watch.lock:
        now = time.monotonic()
        there = places.folders(lake / kind)
        months_changed = kind == layout.EVENTS and _receipts_changed(watch, lake)
        due = [folder for folder in there if _is_due(watch, folder, now, months_changed=months_changed)]
        for folder, files in _listed(lake / kind, there, due).items():
            watch.folders[folder] = _Folder(files, now + LISTED_AGAIN_SECONDS * _share(folder))
        watch.listed += len(due)
        if months_changed or any(folder.name.startswith(_MONTH) for folder in due):
            _leave_out_unfinished(watch, lake, there)
        found = [(folder, watch.folders[folder].files) for folder in there]
    yield from found


def noticed(lake: StorePlace, what: object, now_ns: int) -> int:
    """When something was first noticed by this process, as Unix time in nanoseconds."""
    return _watches.setdefault(lake, _Watch()).noticed.setdefault(what, now_ns)


def _listed(
    root: StorePlace, there: Sequence[StorePlace], due: Sequence[StorePlace]
) -> dict[StorePlace, list[StorePlace]]:
    """The finished files of the folders that are due, of all that are there."""
    known, asked = (Counter(_month(folder) for folder in each) for each in (there, due))
    whole = [month for month, count in asked.items() if count > 1 and 2 * count > known[month]]
    alone = [folder for folder in due if _month(folder) not in whole]
    found = dict(zip(alone, places.each(layout.landed_files, alone), strict=True))
    for together in places.each(partial(layout.landed_by_folder, root), whole):
        found |= together
    return {folder: found.get(folder, []) for folder in due}


def _month(folder: StorePlace) -> str:
    """How the names of the dates of its month begin; of a month, those of its year."""
    return folder.name[:-3]


def _is_due(watch: _Watch, folder: StorePlace, now: float, *, months_changed: bool) -> bool:
    known = watch.folders.get(folder)
    if known is None or known.until <= now:
        return True
    if folder.name.startswith(_MONTH):
        return months_changed
    return folder.name.rpartition("=")[2] >= _open_since().isoformat()


def _open_since() -> date:
    return datetime.now(UTC).date() - timedelta(days=OPEN_DAYS)


def _share(folder: StorePlace) -> float:
    """Between a half and one, by the name, so that not all folders are due together."""
    return 0.5 + zlib.crc32(folder.key.encode()) / 2**33


def _receipts_changed(watch: _Watch, lake: StorePlace) -> bool:
    before = watch.receipts
    found = places.files(lake / layout.RECEIPTS)
    watch.receipts = frozenset(
        (path.name, state.version) for path in found if (state := places.state_as_listed(path))
    )
    return before != watch.receipts


def _leave_out_unfinished(watch: _Watch, lake: StorePlace, there: list[StorePlace]) -> None:
    months = [folder for folder in there if folder.name.startswith(_MONTH)]
    files = [path for folder in months for path in watch.folders[folder].files]
    finished = set(layout.finished(lake, files))
    for folder in months:
        known = watch.folders[folder]
        known.files = [path for path in known.files if path in finished]
