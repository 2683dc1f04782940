"""Paths of the lake and the one way files are written there: under a temporary name, then renamed."""

import json
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from spotify_assets.lake.batches import counts

TRACKS = "spotify_tracks"
EVENTS = "listening_events"
RECEIPTS = "_receipts"
LATE = "_late"
DATA_SUFFIXES = (".parquet", ".ndjson", ".jsonl", ".csv", ".ndjson.gz", ".jsonl.gz", ".csv.gz", ".jsonl.zst")
"""What a data file of the lake may end in."""
UNREADABLE = (OSError, pl.exceptions.PolarsError)
"""What Polars raises for a file that is not there, or no Parquet."""
_DAY_FOLDER = re.compile(r"(?:snapshot_)?date=(\d{4}-\d{2}-\d{2})")
_OS_ERROR = re.compile(r"\(os error (\d+)\)")
_MONTH_FOLDER = re.compile(r"month=(\d{4})-(0[1-9]|1[0-2])")


def tracks_dir(lake_dir: Path, snapshot_date: date) -> Path:
    """Folder of the catalogue files of one snapshot."""
    return lake_dir / TRACKS / f"snapshot_date={snapshot_date.isoformat()}"


def events_dir(lake_dir: Path, event_date: date) -> Path:
    """Folder of the event files of one UTC date, hourly folders below it included."""
    return lake_dir / EVENTS / f"date={event_date.isoformat()}"


def month_dir(lake_dir: Path, event_date: date) -> Path:
    """Folder of the imported events of the UTC month of a date: one file for each file handed in."""
    return lake_dir / EVENTS / f"month={event_date:%Y-%m}"


def month_of(path: Path) -> date | None:
    """The first day of the month whose folder a file lies in; None where it lies in none."""
    found = _MONTH_FOLDER.fullmatch(path.parent.name)
    return date(int(found[1]), int(found[2]), 1) if found else None


def write_bytes(path: Path, content: bytes) -> Path:
    """Write a file so that a reader sees all of it or nothing, also after a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def write_parquet(path: Path, frame: pl.DataFrame) -> Path:
    """Write a frame as Parquet so that a reader sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(path)
    try:
        with disk_errors(path.parent):
            frame.write_parquet(temporary, compression="zstd")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Raise what Polars tells of the disk below a folder as the OSError that it is, naming the folder."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        found = _OS_ERROR.search(str(error))
        if found is None:
            raise
        number = int(found[1])
        raise OSError(number, os.strerror(number), str(folder)) from error


def landed_files(folder: Path) -> list[Path]:
    """The finished data files below a folder, in a stable order; none where there is no folder.

    Names that begin with a dot or an underscore are not data: they are still being written, or belong
    to the tool that wrote the others. Nor are files of a stream's batch that was not committed. A link that
    leads nowhere is data, so that whoever reads it names it.
    """
    return sorted(
        path
        for path in folder.rglob("*")
        if path.name.endswith(DATA_SUFFIXES)
        and not path.name.startswith((".", "_"))
        and (path.is_file() or _leads_nowhere(path))
        and counts(path)
    )


def _leads_nowhere(path: Path) -> bool:
    return path.is_symlink() and not path.exists()


def imported_files(lake_dir: Path, month: date) -> list[Path]:
    """The files of imported events of a month whose landing was finished: those that have their receipt."""
    files = landed_files(month_dir(lake_dir, month))
    return [path for path in files if receipt_path(lake_dir, path.stem).exists()]


def receipt_path(lake_dir: Path, receipt_id: str) -> Path:
    """Where the receipt of a landing is."""
    return lake_dir / RECEIPTS / f"{receipt_id}.json"


def late_path(lake_dir: Path, receipt_id: str) -> Path:
    """Where the rows of a landing are that may have been uploaded late; no file where it has none."""
    return lake_dir / LATE / f"{receipt_id}.parquet"


def landed_dates(lake_dir: Path) -> list[date]:
    """The dates that the lake has catalogues or events of, in order."""
    return sorted({*landed_snapshots(lake_dir), *landed_event_dates(lake_dir)})


def landed_event_dates(lake_dir: Path) -> list[date]:
    """The dates that the lake has events of, or a producer's folder for them, in order."""
    imported = [path for month, _ in _months(lake_dir) for path in imported_files(lake_dir, month)]
    produced = {day for day, folder in _days(lake_dir) if folder.parent.name == EVENTS}
    return sorted(produced | set(_dates_in(imported)))


def heard_and_reported(lake_dir: Path) -> set[tuple[date, date]]:
    """The pairs of dates on which something imported was heard and, another date, reported.

    A file that cannot be read tells of none.
    """
    paths = [path for month, _ in _months(lake_dir) for path in imported_files(lake_dir, month)]
    try:
        return _heard_and_reported(paths)
    except UNREADABLE:
        return _heard_and_reported([path for path in paths if _can_be_read(path)])


def _heard_and_reported(paths: list[Path]) -> set[tuple[date, date]]:
    if not paths:
        return set()
    reported = pl.col("reported_at").dt.date()
    rows = pl.scan_parquet(
        paths,
        schema={"event_date": pl.Date(), "reported_at": pl.Datetime("us")},
        missing_columns="insert",
        extra_columns="ignore",
        glob=False,
        hive_partitioning=False,
    ).select("event_date", reported=reported)
    return set(rows.filter(pl.col("reported") != pl.col("event_date")).unique().collect().iter_rows())


def landed_snapshots(lake_dir: Path) -> list[date]:
    """The dates that the lake has catalogue folders of, in order."""
    return sorted(day for day, folder in _days(lake_dir) if folder.parent.name == TRACKS)


def dates_of(path: Path) -> list[date]:
    """The dates that a data file of the lake holds rows of, in order; by its folder, else by its rows."""
    days = [day for folder in path.parents if (day := _date_of(folder)) is not None]
    return days[:1] or _dates_in([path])


def first_date(lake_dir: Path) -> date | None:
    """The first date that the lake has a catalogue, events or a producer's folder of; None for none."""
    found = [day for day, _ in _days(lake_dir)]
    for month in sorted(month for month, _ in _months(lake_dir)):
        if found and min(found) < month:
            break
        if imported := _dates_in(imported_files(lake_dir, month)):
            found.append(imported[0])
            break
    return min(found, default=None)


def _days(lake_dir: Path) -> Iterator[tuple[date, Path]]:
    """The folders of one date each, of catalogues and of events."""
    for kind in (TRACKS, EVENTS):
        for folder in (lake_dir / kind).glob("*date=*"):
            if (day := _date_of(folder)) is not None:
                yield day, folder


def _date_of(folder: Path) -> date | None:
    """The date in the name of a folder; None where it has none that exists."""
    found = _DAY_FOLDER.fullmatch(folder.name)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


def _months(lake_dir: Path) -> Iterator[tuple[date, Path]]:
    """The folders of one month of events each."""
    for folder in (lake_dir / EVENTS).glob("month=*"):
        if found := _MONTH_FOLDER.fullmatch(folder.name):
            yield date(int(found[1]), int(found[2]), 1), folder


def _dates_in(paths: list[Path]) -> list[date]:
    """The event dates of the rows of imported files; of one that cannot be read, those its receipt tells.

    So whoever reads its rows fails for those dates, and names it.
    """
    if not paths:
        return []
    try:
        # Files of different versions differ in their columns.
        rows = pl.scan_parquet(
            paths, glob=False, hive_partitioning=False, missing_columns="insert", extra_columns="ignore"
        ).select("event_date")
        found: list[date] = rows.unique().sort("event_date").collect()["event_date"].to_list()
    except UNREADABLE:
        if len(paths) > 1:
            return sorted({day for path in paths for day in _dates_in([path])})
        return _dates_told(paths[0])
    return found


def _dates_told(path: Path) -> list[date]:
    """The dates of its month that the receipt of an imported file spans; none where it has no receipt."""
    month = month_of(path)
    try:
        receipt = json.loads(receipt_path(path.parents[2], path.stem).read_bytes())
        first, last = date.fromisoformat(receipt["first_date"]), date.fromisoformat(receipt["last_date"])
    except (OSError, ValueError, KeyError, TypeError):
        return []
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [day for day in days if day.replace(day=1) == month]


def _can_be_read(path: Path) -> bool:
    try:
        pl.read_parquet_schema(path)
    except UNREADABLE:
        return False
    return True


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
