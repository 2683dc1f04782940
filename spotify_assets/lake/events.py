"""Events in the lake: imported ones by month, a producer's by date, read back as the windows ask for them.

A ten-year history has 3,650 dates and comes in several exports, so that a file for each date would make
thousands of tiny files. An import is one file for each month instead, sorted by date and time.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

import polars as pl

from spotify_assets import places
from spotify_assets.lake import layout
from spotify_assets.lake.batches import BatchName, batch_file, messages_of
from spotify_assets.lake.receipts import Receipt, read_receipts, rejected_at_landing
from spotify_assets.places import Place
from spotify_assets.rows.cleaned import REJECTED_DATE, Cleaned, no_rejects
from spotify_assets.rows.rejects import reject
from spotify_assets.rows.share import WHOLE, Share
from spotify_assets.rows.window import Window
from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.landed import WRONG_FOLDER, read_landed, tells_no_provenance
from spotify_assets.sources.messages import read_events, read_refused
from spotify_assets.tables import RAW_EVENTS
from spotify_assets.transforms.offline_sync import (
    NO_LATE_UPLOADS,
    Moved,
    late_uploads,
    uploaded_together,
    uploads_of,
    where_heard,
    with_stamps,
)

SPOOL_ROWS = 100_000
"""Rows that a landing holds in memory before it writes them to its work folder, about 50 MB."""
BYTES_PER_ROW = 25
"""What an event takes in a file of the lake; of text files it is mostly more: fewer are read at once."""
WORK = ".landing-"
"""How the work folder of a landing begins."""
_R = TypeVar("_R")
ORDER = ("event_date", "ended_at", "source_row")


@dataclass
class Spool:
    """Rows of one landing, gathered by month in a work folder so that memory does not grow with them.

    They are gathered by the month in which they were reported, so that what was uploaded together lies
    together, and given back by the month in which they were heard. `first` and `last` are the dates of what
    was given back, `moved` what of it was heard before it was reported.
    """

    folder: Path
    rows: int = 0
    first: date | None = None
    last: date | None = None
    moved: Moved = field(default_factory=Moved)
    _uploads: list[pl.DataFrame] = field(default_factory=list)
    _held: list[pl.DataFrame] = field(default_factory=list)
    _held_rows: int = 0
    _aside: Path | None = None
    _parts: dict[date, list[Path]] = field(default_factory=dict)
    _late: list[pl.DataFrame] = field(default_factory=list)
    _number: int = 0

    def add(self, rows: pl.DataFrame) -> None:
        """Take rows with the columns of raw.raw_events."""
        if rows.is_empty():
            return
        self.rows += rows.height
        stamped = with_stamps(rows)
        if (late := late_uploads(stamped)).height:
            self._late.append(late)
        self._held.append(stamped)
        self._held_rows += rows.height
        if self._held_rows >= SPOOL_ROWS:
            for month, part in self._by_month():
                path = self.folder / f"{month:%Y-%m}-{self._number}.arrow"
                part.write_ipc(path)
                self._parts.setdefault(month, []).append(path)
                self._number += 1

    def set_aside(self) -> None:
        """Keep all rows in the folder, and none in memory, until the months are asked for."""
        if self._held:
            self._aside = self.folder / "aside.arrow"
            pl.concat(self._held).write_ipc(self._aside)
            self._held = []

    @property
    def late(self) -> pl.DataFrame:
        """The rows that may have been uploaded late, as `late_uploads`."""
        return pl.concat([NO_LATE_UPLOADS, *self._late])

    def and_moved(self, late: pl.DataFrame) -> pl.DataFrame:
        """Rows of `late` and whether each was `moved` to where it was heard, when all months were given."""
        moved = pl.concat([uploads_of(RAW_EVENTS.empty()), *self._uploads]).unique()
        return late.join(
            moved.with_columns(moved=True), on=moved.columns, how="left", nulls_equal=True
        ).with_columns(pl.col("moved").fill_null(value=False))

    def months(self, proven: pl.DataFrame | None = None) -> Iterator[tuple[date, pl.DataFrame]]:
        """All rows that were taken, month by month from the last to the first, in the order of the lake.

        What was heard before it was reported goes to an earlier month, never to a later one. `proven` are the
        playbacks that were uploaded late for sure, by default those of which these rows prove it. The spool
        is empty in the end.
        """
        proven = uploaded_together(self.late) if proven is None else proven
        if self._aside:
            self._held = [pl.read_ipc(self._aside)]
        if self._held and not self._parts:
            # Once for all months: the rule costs more for each call than for each row.
            in_order = list(self._where_heard(None, pl.concat(self._held), proven))
            self._held = []
            for month, rows in reversed(in_order):
                self._note_dates(rows)
                yield month, rows
            return
        held = dict(self._by_month())
        heard_in: dict[date, list[pl.DataFrame]] = {}
        while months := {*held, *self._parts, *heard_in}:
            month = max(months)
            parts = [pl.read_ipc(path) for path in self._parts.pop(month, [])]
            if month in held:
                parts.append(held.pop(month))
            if parts:
                for heard, rows in self._where_heard(month, pl.concat(parts), proven):
                    heard_in.setdefault(heard, []).append(rows)
            if found := heard_in.pop(month, None):
                rows = found[0] if len(found) == len(parts) == 1 else pl.concat(found).sort(ORDER)
                self._note_dates(rows)
                yield month, rows

    def _where_heard(
        self, month: date | None, reported: pl.DataFrame, proven: pl.DataFrame
    ) -> Iterator[tuple[date, pl.DataFrame]]:
        """The rows reported in a month, or in any, in the order of the lake, by the months of their ends."""
        rows = where_heard(reported, proven)
        moved = rows.filter(pl.col("reported_at").is_not_null())
        if moved.height:
            self.moved += Moved.of(moved)
            self._uploads.append(uploads_of(moved))
        elif month:
            yield month, rows
            return
        yield from _months_of(rows)

    def _note_dates(self, rows: pl.DataFrame) -> None:
        lowest, highest = rows["event_date"].min(), rows["event_date"].max()
        assert isinstance(lowest, date) and isinstance(highest, date)  # event_date is never null
        self.first = min(self.first or lowest, lowest)
        self.last = max(self.last or highest, highest)

    def _by_month(self) -> Iterator[tuple[date, pl.DataFrame]]:
        if not self._held:
            return
        rows = pl.concat(self._held)
        self._held, self._held_rows = [], 0
        yield from _months_of(rows)


def _months_of(rows: pl.DataFrame) -> Iterator[tuple[date, pl.DataFrame]]:
    """Rows by month, in the order of the lake."""
    # Sorted once: a sort for each of many small months costs more.
    in_order = rows.sort(ORDER).with_columns(_month=pl.col("event_date").dt.month_start())
    parts = in_order.partition_by("_month", include_key=False, as_dict=True)
    yield from ((key[0], part) for key, part in parts.items())


@dataclass
class EventLake:
    """The events of a lake, window by window.

    Windows that follow each other read a month of imports once: the last month is kept.
    """

    lake_dir: Place
    _month: tuple[date, Cleaned, dict[date, pl.DataFrame]] | None = field(default=None, repr=False)
    _receipts: list[Receipt] | None = field(default=None, repr=False)
    _produced: frozenset[date] | None = field(default=None, repr=False)

    def read(self, window: Window) -> Cleaned:
        """The event rows of a window's dates, beside those that were refused, each with its `REJECTED_DATE`.

        The rows that a landing refused belong to the first date that it loaded, because many of them have
        no date of their own.

        Raises:
            SourceError: a file of the lake cannot be read.
        """
        parts = self._of_each(self._of_producers, self._produced_days(window))
        return _of_window([*parts, *self._beside_producers(window)], window)

    def read_share(self, window: Window, share: Share) -> Cleaned:
        """The same of a share of the producers' files of each date; all else is of the first share.

        Raises:
            SourceError: a file of the lake cannot be read.
        """
        parts = [self._of_producers(day, share) for day in self._produced_days(window)]
        return _of_window([*parts, *(self._beside_producers(window) if share.number == 0 else [])], window)

    def has_files_for_themselves(self, window: Window) -> bool:
        """Whether no file of a producer says of its rows that they are of another one.

        Where one does, rows that are told twice are found by comparing all files of a date.
        """
        files = [path for day in self._produced_days(window) for path in self._files_of(day)]
        return all(BatchName.parse(path.name) or tells_no_provenance(path) for path in files)

    def _beside_producers(self, window: Window) -> list[Cleaned]:
        return [*(self._imported(month, window) for month in _months(window)), self._refused(window)]

    def files(self, window: Window) -> list[Place]:
        """The files that are read for a window: producers' of its dates, and the imports of its months."""
        of_dates = self._of_each(self._files_of, self._produced_days(window))
        of_months = [layout.imported_files(self.lake_dir, month) for month in _months(window)]
        return [path for paths in (*of_dates, *of_months) for path in paths]

    def expected_rows(self, window: Window) -> dict[date, int]:
        """About how many rows each date of a window has, by its files: enough to plan by."""
        produced = self._produced_days(window)
        files = self._of_each(self._files_of, produced)
        expected = dict.fromkeys(window.days(), 0)
        messages = messages_of([[path.name for path in paths] for paths in files])
        for day, paths, streamed in zip(produced, files, messages, strict=True):
            expected[day] = max(_bytes(paths) // BYTES_PER_ROW, streamed)
        for month in _months(window):
            days = (_next(month) - month).days
            per_day = _bytes(layout.imported_files(self.lake_dir, month)) // BYTES_PER_ROW // days
            for day in Window(month, _next(month)).days():
                if day in expected:
                    expected[day] += per_day
        return expected

    def _produced_days(self, window: Window) -> list[date]:
        """The dates of a window that may have files of producers.

        Which dates a store has is asked once: a file of a date that comes meanwhile is one for the next run.
        """
        if places.is_local(self.lake_dir):
            return window.days()
        if self._produced is None:
            self._produced = frozenset(layout.produced_dates(self.lake_dir))
        return [day for day in window.days() if day in self._produced]

    def _of_each(self, do: Callable[[date], _R], days: list[date]) -> list[_R]:
        """What is done with each date; with several at a time where a store has to answer."""
        return [do(day) for day in days] if places.is_local(self.lake_dir) else places.each(do, days)

    def _files_of(self, day: date) -> list[Place]:
        return layout.landed_files(layout.events_dir(self.lake_dir, day))

    def _of_producers(self, day: date, share: Share = WHOLE) -> Cleaned:
        paths = self._files_of(day)[share.number :: share.of]
        if not paths:
            return _NOTHING
        batches = [path for path in paths if BatchName.parse(path.name)]
        parts = [read_batch(path) for path in batches]
        if others := [path for path in paths if path not in batches]:
            parts.append(read_landed(others, RAW_EVENTS, self.lake_dir))
        landed = parts[0] if len(parts) == 1 else _together(parts)
        return replace(landed, rejected=_dated(landed.rejected, day))

    def _imported(self, month: date, window: Window) -> Cleaned:
        """The imported rows of a month that lie in a window; what is refused lies on the month's first."""
        if self._month is None or self._month[0] != month:
            self._month = (month, _read_month(self.lake_dir, month), {})
        _, whole, by_date = self._month
        if window.start <= month and window.end >= _next(month):
            return whole
        if not by_date:
            parts = whole.rows.partition_by("event_date", as_dict=True)
            by_date.update({key[0]: rows for key, rows in parts.items()})
        found = [by_date[day] for day in window.days() if day in by_date]
        rows = found[0] if len(found) == 1 else pl.concat([whole.rows.clear(), *found])
        rejected = whole.rejected if window.start <= month else whole.rejected.clear()
        return Cleaned(rows, rows_in=rows.height + rejected.height, rejected=rejected)

    def _refused(self, window: Window) -> Cleaned:
        if self._receipts is None:
            self._receipts = [
                receipt
                for receipt in read_receipts(self.lake_dir)
                if receipt.target == RAW_EVENTS.full_name and receipt.rejected
            ]
        told = [receipt for receipt in self._receipts if window.start <= receipt.books_date < window.end]
        if not told:
            return _NOTHING
        rejected = pl.concat(
            _dated(rejected_at_landing([receipt], self.lake_dir), receipt.books_date) for receipt in told
        )
        return Cleaned(RAW_EVENTS.empty(), rows_in=rejected.height, rejected=rejected)


def _of_window(parts: Sequence[Cleaned], window: Window) -> Cleaned:
    there = [part for part in parts if part.rows_in]
    if len(there) == 1:
        return there[0]
    return Cleaned(
        rows=pl.concat([RAW_EVENTS.empty(), *(part.rows for part in there)]),
        rows_in=sum(part.rows_in for part in there),
        rejected=pl.concat([_dated(no_rejects(), window.start), *(part.rejected for part in there)]),
    )


def read_batch(path: Place) -> Cleaned:
    """The messages of a file of a stream's batch that was committed."""
    found = batch_file(path)
    if found is None:
        raise SourceError(path, "a listener was erased from its batch since it was looked at", "run it again")
    name, file = found
    if name.refused:
        return read_refused(path, name.origin.source_file)
    return read_events(path, name.origin.source_file, file.each_offset())


def _together(parts: Sequence[Cleaned]) -> Cleaned:
    return Cleaned(
        rows=pl.concat([RAW_EVENTS.empty(), *(part.rows for part in parts)]),
        rows_in=sum(part.rows_in for part in parts),
        rejected=pl.concat([no_rejects(), *(part.rejected for part in parts)]),
    )


def remove_unfinished(lake_dir: Place) -> None:
    """Remove what landings left that were killed: work folders, and imported files without a receipt."""
    places.remove_work_folders(lake_dir, WORK)
    imported = places.below(lake_dir / layout.EVENTS, begins="month=")
    there = [path for path in imported if path.suffix == ".parquet"]
    finished = set(layout.finished(lake_dir, there))
    places.remove(path for path in there if path not in finished)


def _read_month(lake_dir: Place, month: date) -> Cleaned:
    """The imported rows of a month. A row of another month is refused: somebody moved its file."""
    paths = layout.imported_files(lake_dir, month)
    if not paths:
        return _NOTHING
    try:
        # A file of a version that did not know a column that may be null has nothing in it.
        files = places.scan_parquet(paths, schema=RAW_EVENTS.polars_schema, missing_columns="insert")
        rows = files.collect()
        landed = Cleaned(rows, rows_in=rows.height)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        landed = read_landed(paths, RAW_EVENTS, lake_dir)  # reads one by one and names the file
    if landed.rows.schema != RAW_EVENTS.polars_schema or landed.rows["event_date"].null_count():
        landed = read_landed(paths, RAW_EVENTS, lake_dir)
    here = f"{month:%Y-%m}"
    judged = reject(
        landed.rows,
        {
            WRONG_FOLDER: (
                pl.col("event_date").dt.month_start() != month,
                pl.format("event_date {} is in the folder of {}", "event_date", pl.lit(here)),
            )
        },
    )
    rejected = _dated(pl.concat([landed.rejected, judged.rejected]), month)
    return Cleaned(judged.kept, rows_in=landed.rows_in, rejected=rejected)


def _dated(rejected: pl.DataFrame, day: date) -> pl.DataFrame:
    """Refused rows with the date in whose slice they are told."""
    return rejected.with_columns(pl.lit(day, dtype=pl.Date).alias(REJECTED_DATE))


_NOTHING = Cleaned(
    RAW_EVENTS.empty(),
    rows_in=0,
    rejected=no_rejects().with_columns(pl.lit(None, pl.Date).alias(REJECTED_DATE)),
)


def _bytes(paths: Sequence[Place]) -> int:
    return sum(state.size for path in paths if (state := places.state_as_listed(path)))


def _months(window: Window) -> list[date]:
    """The first days of the months that a window touches."""
    months, month = [], window.start.replace(day=1)
    while month < window.end:
        months.append(month)
        month = _next(month)
    return months


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)
