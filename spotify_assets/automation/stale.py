"""What of the tables is stale: rows of files that the lake has no longer, and files that no table has.

Compared is what the raw tables hold with what lies in the lake, file by file, so that it does not matter who
took a file away or brought it, nor when. Here belongs: from which date on tables are to be made again. Not
here: running it (`runs`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl

from spotify_assets import places
from spotify_assets.lake import layout
from spotify_assets.lake.batches import BatchName
from spotify_assets.lake.due import Due, owe, owed
from spotify_assets.lake.receipts import Receipt, read_receipts
from spotify_assets.places import Place
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.sources.errors import SourceError
from spotify_assets.sources.landed import read_landed
from spotify_assets.start_date import start_of
from spotify_assets.tables import RAW_EVENTS, RAW_TRACKS, Table
from spotify_assets.warehouse.door import published_copy, warehouse_of
from spotify_assets.warehouse.errors import WarehouseLockedError
from spotify_assets.warehouse.held import RAW, Held, held_in

_NEIGHBOUR = timedelta(days=1)
"""What ended on a date may have been the repeat of a playback of the day before."""


@dataclass(frozen=True)
class Stale:
    """How tables and lake differ.

    `landed` and `held` are the dates that the lake has files of and the raw tables have rows of. `gone` are
    those of `held` with rows of files that the lake has no longer, `new` those of `landed` with files that no
    table has, and those on which was heard what was reported on them or the reverse. `events` are those of
    either with events. `due` is what somebody noted. `first` is the first date that what is gone or due
    reaches.
    """

    start: date
    landed: frozenset[date]
    held: frozenset[date]
    gone: frozenset[date]
    new: frozenset[date]
    events: frozenset[date]
    due: tuple[Due, ...]
    first: date | None

    @property
    def last(self) -> date:
        """The last date that what is gone or due reaches: that of the last events, or its own."""
        own = {*self.gone, *(due.first for due in self.due)}
        return max(self._inside(self.events | own), default=self.start)

    @property
    def everything(self) -> Window | None:
        """All that the lake or the tables have, inside the partitions; None for nothing at all."""
        if not self.landed and not self.held and not self.due:
            return None
        days = self._inside({*self.landed, *self.held, *(due.first for due in self.due)})
        first, last = min(days, default=self.start), max(days, default=self.start)
        return Window(first, last + timedelta(days=1))

    @property
    def window(self) -> Window | None:
        """What is to be made again for what is gone or due: to the last date, since later days look back.

        None where nothing is.
        """
        if self.first is None:
            return None
        first = min(max(self.first - _NEIGHBOUR, self.start), self.last)
        return Window(first, self.last + timedelta(days=1))

    @property
    def changed(self) -> frozenset[date]:
        """The dates that are to be made again: `window`, and what is new with the days beside it."""
        beside = {day + step for day in self.new for step in (-_NEIGHBOUR, timedelta(), _NEIGHBOUR)}
        return frozenset(self._inside(beside | set(self.window.days() if self.window else ())))

    @property
    def words(self) -> str | None:
        """What of the tables is no longer in the lake or before the partitions; None for nothing."""
        parts = []
        early = sorted(day for day in self.held if day < self.start)
        gone = sorted(self.gone - set(early))
        if gone:
            parts.append(
                f"Files of {_span(gone)} are no longer in the lake as they were read: "
                "the rows that came of them leave the tables"
            )
        if early:
            parts.append(f"Rows of {_span(early)}, before {self.start}, leave the tables")
        return f"{'; '.join(parts)}." if parts else None

    def settled_by(self, made: Window) -> list[Due]:
        """The notes of which a run for a window does all."""
        return [
            due
            for due in self.due
            if made.start <= min(max(due.first, self.start), self.last) and made.end > self.last
        ]

    def _inside(self, days: Iterable[date]) -> list[date]:
        today = datetime.now(UTC).date()
        return [day for day in days if self.start <= day <= today]


def stale(settings: Settings) -> Stale:
    """Compare the raw tables with the lake.

    Raises:
        WarehouseLockedError: the warehouse and its published copy are both held by another process.
        ValueError: a receipt or a note of the lake cannot be read; the message names it.
    """
    start = start_of(settings)
    held = _held(settings)
    lake = _Lake(settings.lake, read_receipts(settings.lake))
    gone = {
        table.full_name: {day for day, name in held.files[table.full_name] if not lake.has(table, day, name)}
        for table in RAW
    }
    dates = frozenset(day for files in held.files.values() for day, _ in files)
    landed = lake.events | lake.snapshots
    due = tuple(owed(settings.lake))
    firsts = [
        *_with_uploads(settings.lake, gone[RAW_EVENTS.full_name]),
        *(note.first for note in due),
    ]
    if snapshots := gone[RAW_TRACKS.full_name]:
        # The earliest catalogue describes the days before it as well.
        is_earliest = min(snapshots) <= min(lake.snapshots, default=date.max)
        firsts.append(min(dates | landed) if is_earliest else min(snapshots))
    if early := [day for day in dates if day < start]:
        firsts.append(max(early))
    return Stale(
        start=start,
        landed=landed,
        held=dates,
        gone=frozenset().union(*gone.values()),
        new=frozenset(_with_uploads(settings.lake, set(lake.unwritten(held)))),
        events=lake.events | {day for day, _ in held.files[RAW_EVENTS.full_name]},
        due=due,
        first=min(firsts, default=None),
    )


def _with_uploads(lake_dir: Place, days: set[date]) -> set[date]:
    """The dates, and those on which was heard what was reported on one of them, or the reverse.

    A source that tells of an upload alone lies on its date, and the row that stands for it on that on which
    it was heard.
    """
    pairs = layout.heard_and_reported(lake_dir) if days else ()
    return days.union(*(pair for pair in pairs if not days.isdisjoint(pair)))


def noted(settings: Settings) -> Stale:
    """What `stale` says, with a note of what is gone, written before any table changes.

    When a run was killed, the tables that it made again no longer tell of what is due in the others.
    """
    found = stale(settings)
    if found.gone and found.first is not None:
        owe(settings.lake, found.first)
        return stale(settings)
    return found


def _held(settings: Settings) -> Held:
    """What the raw tables hold; while a run writes to them, what their published copy does."""
    try:
        return held_in(warehouse_of(settings))
    except WarehouseLockedError:
        return held_in(published_copy(settings))


class _Lake:
    """What the lake has, asked file by file."""

    def __init__(self, lake_dir: Place, receipts: Sequence[Receipt]) -> None:
        self._lake_dir = lake_dir
        self.events = frozenset(layout.landed_event_dates(lake_dir))
        self.snapshots = frozenset(layout.landed_snapshots(lake_dir))
        there = places.that_exist(lake_dir, {name for receipt in receipts for name in receipt.landed_files})
        self._imported = {
            (receipt.target, receipt.source_file, name)
            for receipt in receipts
            for name in receipt.landed_files
            if name in there
        }
        self._imports = {(receipt.target, receipt.source_file) for receipt in receipts}
        self._dates = {
            (target, source, day) for target, source, name in self._imported for day in self._covers(name)
        }
        self._produced: dict[Place, set[str]] = {}

    def has(self, table: Table, day: date, source_file: str) -> bool:
        """Whether rows that a table has of a date and file lie in the lake."""
        if (table.full_name, source_file) in self._imports:
            covered = day.replace(day=1) if table is RAW_EVENTS else day
            return (table.full_name, source_file, covered) in self._dates
        events = table is RAW_EVENTS
        if day not in (self.events if events else self.snapshots):
            return False
        folder = (layout.events_dir if events else layout.tracks_dir)(self._lake_dir, day)
        if (self._lake_dir / source_file).is_file():
            return True
        if folder not in self._produced:
            self._produced[folder] = set(self._sources_in(folder, table))
        return source_file in self._produced[folder]

    def unwritten(self, held: Held) -> Iterator[date]:
        """The dates with files that no table has, of tables that there are."""
        events, tracks = RAW_EVENTS.full_name, RAW_TRACKS.full_name
        months = {(name, day.replace(day=1)) for day, name in held.files[events]}
        snapshots = {(name, day) for day, name in held.files[tracks]}
        if held.written[tracks]:
            yield from self.snapshots - held.written[tracks]
        if held.written[events]:
            yield from self.events - held.written[events]
        for target, source, name in self._imported:
            if not held.written.get(target) or source in held.refused:
                continue
            known = months if target == events else snapshots
            if all((source, covered) not in known for covered in self._covers(name)):
                yield from layout.dates_of(self._lake_dir / name)

    def _covers(self, name: str) -> list[date]:
        """The month of a file of imported events; the date of any other."""
        month = layout.month_of(self._lake_dir / name)
        return [month] if month else layout.dates_of(self._lake_dir / name)

    def _sources_in(self, folder: Place, table: Table) -> Iterator[str]:
        """What the rows of a folder's files call their file; of what cannot be read, everything is there."""
        for path in layout.landed_files(folder):
            if (batch := BatchName.parse(path.name)) is not None:
                yield batch.origin.source_file
                continue
            try:
                yield from _sources_of(path, table, self._lake_dir)
            except (SourceError, pl.exceptions.PolarsError):
                yield places.within(path, self._lake_dir)


def _sources_of(path: Place, table: Table, lake_dir: Place) -> pl.Series:
    """What the rows of a landed file call their file; of Parquet that one column alone is read."""
    if path.suffix == ".parquet":
        rows = places.scan_parquet([path])
        if "source_file" in rows.collect_schema():
            return rows.select(pl.col("source_file").unique()).collect().to_series().drop_nulls()
    return read_landed([path], table, lake_dir).rows["source_file"].unique()


def _span(days: Sequence[date]) -> str:
    return str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]} ({len(days):,} days)"
