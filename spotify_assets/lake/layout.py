"""Where what lies in the lake, and which of it counts."""

import json
import os
import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby

import polars as pl

from spotify_assets import places
from spotify_assets.lake.batches import counting
from spotify_assets.places import Place, PlaceT, StorePlace

TRACKS = "spotify_tracks"
EVENTS = "listening_events"
RECEIPTS = "_receipts"
LATE = "_late"
ANSWERS = "_answers"
"""Raw answers of services that are fetched from."""
RECENTLY_PLAYED = "recently_played"
"""The kind of answers that tell of listeners: each line names one as `user_id`."""
LOCK = ".importing"
"""What a process holds that changes what was imported."""
DATA_SUFFIXES = (".parquet", ".ndjson", ".jsonl", ".csv", ".ndjson.gz", ".jsonl.gz", ".csv.gz", ".jsonl.zst")
"""What a data file of the lake may end in."""
UNREADABLE = (OSError, pl.exceptions.PolarsError)
"""What Polars raises for a file that is not there, or no Parquet."""
_DAY_FOLDER = re.compile(r"(?:snapshot_)?date=(\d{4}-\d{2}-\d{2})")
_OS_ERROR = re.compile(r"\(os error (\d+)\)")
_WRITING = "~"
"""What parts the name of a landing from that of one writing of it."""
_MONTH_FOLDER = re.compile(r"month=(\d{4})-(0[1-9]|1[0-2])")


def tracks_dir(lake_dir: PlaceT, snapshot_date: date) -> PlaceT:
    """Folder of the catalogue files of one snapshot."""
    return lake_dir / TRACKS / f"snapshot_date={snapshot_date.isoformat()}"


def events_dir(lake_dir: PlaceT, event_date: date) -> PlaceT:
    """Folder of the event files of one UTC date, hourly folders below it included."""
    return lake_dir / EVENTS / f"date={event_date.isoformat()}"


def answers_dir(lake_dir: PlaceT, service: str, kind: str, day: date) -> PlaceT:
    """Folder of what a service answered on a UTC date, as it answered."""
    return lake_dir / ANSWERS / service / kind / f"date={day.isoformat()}"


def month_dir(lake_dir: PlaceT, event_date: date) -> PlaceT:
    """Folder of the imported events of the UTC month of a date: one file for each file handed in."""
    return lake_dir / EVENTS / f"month={event_date:%Y-%m}"


def month_of(path: Place) -> date | None:
    """The first day of the month whose folder a file lies in; None where it lies in none."""
    found = _MONTH_FOLDER.fullmatch(path.parent.name)
    return date(int(found[1]), int(found[2]), 1) if found else None


def write_bytes(path: PlaceT, content: bytes) -> PlaceT:
    """Write a file so that a reader sees all of it or nothing, also after a crash."""
    return places.write(path, content)


def write_parquet(path: PlaceT, frame: pl.DataFrame) -> PlaceT:
    """Write a frame as Parquet so that a reader sees all of it or nothing."""
    with disk_errors(path.parent):
        return places.write_parquet(path, frame)


@contextmanager
def disk_errors(folder: Place) -> Iterator[None]:
    """Raise what Polars tells of the disk below a folder as the OSError that it is, naming the folder."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        found = _OS_ERROR.search(str(error))
        if found is None:
            raise
        number = int(found[1])
        raise OSError(number, os.strerror(number), str(folder)) from error


def landed_files(folder: PlaceT) -> list[PlaceT]:
    """The finished data files below a folder, in a stable order; none where there is no folder.

    Names that begin with a dot or an underscore are not data: they are still being written, or belong
    to the tool that wrote the others. Nor are files of a stream's batch that was not committed. A link that
    leads nowhere is data, so that whoever reads it names it.
    """
    return sorted(counting([path for path in places.below(folder) if is_data(path.name)]))


def landed_by_folder(root: PlaceT, begins: str) -> dict[PlaceT, list[PlaceT]]:
    """`landed_files` of the folders of a place whose names begin so, of one listing; only with any."""
    found = [path for path in places.below(root, begins=begins) if is_data(path.name)]
    folders: dict[PlaceT, list[PlaceT]] = {}
    for path in sorted(counting(found)):
        folders.setdefault(root / places.within(path, root).partition("/")[0], []).append(path)
    return folders


def is_data(name: str) -> bool:
    """Whether a file is one of data by its name."""
    return name.endswith(DATA_SUFFIXES) and not name.startswith((".", "_"))


def imported_files(lake_dir: PlaceT, month: date) -> list[PlaceT]:
    """The files of imported events of a month whose landing was finished."""
    return finished(lake_dir, landed_files(month_dir(lake_dir, month)))


def imported_path(lake_dir: PlaceT, month: date, receipt_id: str) -> PlaceT:
    """Where to write the events of a landing that ended in a month.

    In a store the name is one of its own at each writing: what is read is never written over, and of several
    writers only what a receipt names is read.
    """
    writing = "" if places.is_local(lake_dir) else f"{_WRITING}{uuid.uuid4().hex[:8]}"
    return month_dir(lake_dir, month) / f"{receipt_id}{writing}.parquet"


def is_of_one_writing(path: Place) -> bool:
    """Whether a file is of one writing alone, by its name."""
    return _WRITING in path.stem


def receipt_id_of(path: Place) -> str:
    """The landing that a file of imported events is of, by its name."""
    return path.stem.partition(_WRITING)[0]


def finished(lake_dir: PlaceT, files: Sequence[PlaceT]) -> list[PlaceT]:
    """Those of some files of imported events whose landing was finished: they have their receipt.

    Where a name tells the writing, the receipt is to name the file.
    """
    if not files:
        return []
    in_store = isinstance(lake_dir, StorePlace)
    ids = sorted({receipt_id_of(path) for path in files})
    there = (
        places.files(lake_dir / RECEIPTS)
        if in_store
        else places.existing(receipt_path(lake_dir, receipt_id) for receipt_id in ids)
    )
    receipts = {receipt.stem: receipt for receipt in there}
    asked = {receipt_id_of(path) for path in files if is_of_one_writing(path)} & receipts.keys()
    named = frozenset().union(*places.each(_named_by, [receipts[receipt_id] for receipt_id in asked]))
    return [
        path
        for path in files
        if receipt_id_of(path) in receipts
        and (not is_of_one_writing(path) or places.within(path, lake_dir) in named)
    ]


def _named_by(receipt: Place) -> frozenset[str]:
    """The files of the lake that a receipt names."""
    state = places.state_as_listed(receipt)
    return _files_named_by(receipt, state.version) if state else frozenset()


@lru_cache(maxsize=5_000)
def _files_named_by(receipt: Place, version: str) -> frozenset[str]:
    """The same, read once for each version of the receipt."""
    del version
    return frozenset(json.loads(receipt.read_bytes())["landed_files"])


def receipt_path(lake_dir: PlaceT, receipt_id: str) -> PlaceT:
    """Where the receipt of a landing is."""
    return lake_dir / RECEIPTS / f"{receipt_id}.json"


def late_path(lake_dir: PlaceT, receipt_id: str) -> PlaceT:
    """Where the rows of a landing are that may have been uploaded late; no file where it has none."""
    return lake_dir / LATE / f"{receipt_id}.parquet"


def landed_dates(lake_dir: Place) -> list[date]:
    """The dates that the lake has catalogues or events of, in order."""
    return sorted({*landed_snapshots(lake_dir), *landed_event_dates(lake_dir)})


def last_date(lake_dir: Place) -> date | None:
    """The last date that the lake has a catalogue, events or a producer's folder of; None for none."""
    found = [day for day, _ in _days(lake_dir)]
    imported = [(month, path) for path in _all_imported(lake_dir) if (month := month_of(path))]
    latest = max((month for month, _ in imported), default=None)
    found += _dates_in([path for month, path in imported if month == latest])
    return max(found, default=None)


def landed_dates_outside(lake_dir: Place, first: date, last: date) -> list[date]:
    """The dates before or after some days that the lake has catalogues or events of, in order."""
    found = {day for day, _ in _days(lake_dir)}
    months = (first.replace(day=1), last.replace(day=1))
    imported = [(month, path) for path in _all_imported(lake_dir) if (month := month_of(path))]
    found |= set(_dates_in([path for month, path in imported if not months[0] < month < months[1]]))
    return sorted(day for day in found if not first <= day <= last)


def landed_event_dates(lake_dir: Place) -> list[date]:
    """The dates that the lake has events of, or a producer's folder for them, in order."""
    imported = _all_imported(lake_dir)
    return sorted({*produced_dates(lake_dir), *_dates_in(imported)})


def produced_dates(lake_dir: Place) -> list[date]:
    """The dates that the lake has a producer's folder of events for, in order."""
    return sorted(day for day, folder in _days(lake_dir) if folder.parent.name == EVENTS)


def heard_and_reported(lake_dir: Place) -> set[tuple[date, date]]:
    """The pairs of dates on which something imported was heard and, another date, reported.

    A file that cannot be read tells of none.
    """
    paths = _all_imported(lake_dir)
    try:
        return _heard_and_reported(paths)
    except UNREADABLE:
        return _heard_and_reported([path for path in paths if _can_be_read(path)])


def _heard_and_reported(paths: Sequence[Place]) -> set[tuple[date, date]]:
    if not paths:
        return set()
    reported = pl.col("reported_at").dt.date()
    rows = places.scan_parquet(
        paths,
        schema={"event_date": pl.Date(), "reported_at": pl.Datetime("us")},
        missing_columns="insert",
        extra_columns="ignore",
    ).select("event_date", reported=reported)
    return set(rows.filter(pl.col("reported") != pl.col("event_date")).unique().collect().iter_rows())


def landed_snapshots(lake_dir: Place) -> list[date]:
    """The dates that the lake has catalogue folders of, in order."""
    return sorted(day for day, folder in _days(lake_dir) if folder.parent.name == TRACKS)


def dates_of(path: Place) -> list[date]:
    """The dates that a data file of the lake holds rows of, in order; by its folder, else by its rows."""
    days = [day for folder in path.parents if (day := _date_of(folder)) is not None]
    return days[:1] or _dates_in([path])


def first_date(lake_dir: Place) -> date | None:
    """The first date that the lake has a catalogue, events or a producer's folder of; None for none."""
    found = [day for day, _ in _days(lake_dir)]
    for month, files in groupby(_all_imported(lake_dir), month_of):
        if found and month and min(found) < month:
            break
        if imported := _dates_in(list(files)):
            found.append(imported[0])
            break
    return min(found, default=None)


def _days(lake_dir: PlaceT) -> Iterator[tuple[date, PlaceT]]:
    """The folders of one date each, of catalogues and of events."""
    for kind, begins in ((TRACKS, "snapshot_date="), (EVENTS, "date=")):
        for folder in places.folders(lake_dir / kind, begins=begins):
            if (day := _date_of(folder)) is not None:
                yield day, folder


def _date_of(folder: Place) -> date | None:
    """The date in the name of a folder; None where it has none that exists."""
    found = _DAY_FOLDER.fullmatch(folder.name)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _all_imported(lake_dir: PlaceT) -> list[PlaceT]:
    """The files of imported events of all months whose landing was finished."""
    found = [path for path in places.below(lake_dir / EVENTS, begins="month=") if is_data(path.name)]
    return finished(lake_dir, sorted(path for path in found if month_of(path)))


def _dates_in(paths: Sequence[Place]) -> list[date]:
    """The event dates of the rows of imported files; of one that cannot be read, those its receipt tells.

    So whoever reads its rows fails for those dates, and names it.
    """
    if not paths:
        return []
    try:
        # Files of different versions differ in their columns.
        rows = places.scan_parquet(paths, missing_columns="insert", extra_columns="ignore")
        found: list[date] = (
            rows.select("event_date").unique().sort("event_date").collect()["event_date"].to_list()
        )
    except UNREADABLE:
        if len(paths) > 1:
            return sorted({day for path in paths for day in _dates_in([path])})
        _reached(paths[0])
        return _dates_told(paths[0])
    return found


def _dates_told(path: Place) -> list[date]:
    """The dates of its month that the receipt of an imported file spans; none where it has no receipt."""
    month = month_of(path)
    try:
        receipt = json.loads(receipt_path(path.parents[2], receipt_id_of(path)).read_bytes())
        first, last = date.fromisoformat(receipt["first_date"]), date.fromisoformat(receipt["last_date"])
    except (OSError, ValueError, KeyError, TypeError):
        return []
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in days if day.replace(day=1) == month]


def _can_be_read(path: Place) -> bool:
    try:
        places.scan_parquet([path]).collect_schema()
    except UNREADABLE:
        _reached(path)
        return False
    return True


def _reached(path: Place) -> None:
    """Raise the OSError of a store that cannot be asked: then nothing is known of the file."""
    if not places.is_local(path):
        path.read_bytes()
