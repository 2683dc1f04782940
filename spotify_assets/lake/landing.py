"""Landing: from a file that somebody hands in to canonical Parquet in the lake, with a receipt.

The file handed in is only read. What is written appears under its final name at once, and the receipt
last.
"""

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from spotify_assets import places
from spotify_assets.lake import layout
from spotify_assets.lake.events import WORK, Spool
from spotify_assets.lake.layout import receipt_path
from spotify_assets.lake.profiles import user_digest
from spotify_assets.lake.receipts import Receipt, rejected_path
from spotify_assets.places import Place, lock
from spotify_assets.rows.cleaned import Cleaned, no_rejects
from spotify_assets.sources.catalogue_csv import SHA_DIGITS, CatalogueRead, read_catalogue
from spotify_assets.sources.kinds import Chunk
from spotify_assets.tables import RAW_EVENTS, RAW_TRACKS
from spotify_assets.transforms.offline_sync import NO_LATE_UPLOADS, VERSION
from spotify_assets.transforms.track_rules import Outlook, outlook

CATALOGUE = "catalogue"
TRACKS_MADE = "become tracks"
EVENTS = "events"
USER_DIGITS = 8
_REJECTS_HELD = 20_000
"""Refused rows that a landing holds in memory; each carries its original text."""
_ROWS_WRITTEN_TOGETHER = 10_000
_MAX_STEM = 80


def land_catalogue(
    path: Path, lake_dir: Place, snapshot_date: date, known_in: Place | None = None
) -> Receipt:
    """Land a track catalogue as the snapshot, or as a part of the snapshot, of a date.

    The same bytes landed for the same date again, under whatever name, change nothing: the first receipt
    comes back with `already_landed` set. A file of which every row was refused adds no file to the
    snapshot, so that it cannot pass for an empty one; its receipt and its refused rows are kept. Earlier
    landings are looked up in the lake `known_in`, by default the same.

    Raises:
        SourceError: the file cannot be read, or is no catalogue; nothing is written.
        OSError: the lake cannot be written; what was written of this file is removed again.
    """
    read = read_catalogue(path)
    receipt_id = f"{CATALOGUE}-{snapshot_date.isoformat()}-{read.sha256[:SHA_DIGITS]}"
    earlier = earlier_landing(known_in or lake_dir, receipt_id)
    if earlier is not None:
        return earlier
    part = layout.tracks_dir(lake_dir, snapshot_date) / (
        f"part-{_safe_stem(path)}-{read.sha256[:SHA_DIGITS]}.parquet"
    )
    coming = outlook(read.rows)
    receipt = Receipt(
        receipt_id=receipt_id,
        landed_at=datetime.now(UTC),
        input_file=path.name,
        input_sha256=read.sha256,
        kind=f"{CATALOGUE}: {read.dialect.shape}",
        target=RAW_TRACKS.full_name,
        rows_in=read.rows_in,
        loaded=read.rows.height,
        rejected=dict(read.rejected.group_by("reason").len().sort("reason").iter_rows()),
        snapshot_date=snapshot_date,
        landed_files=(places.within(part, lake_dir),) if read.rows.height else (),
        dialect=read.dialect.as_dict(),
        source_file=f"{path.name}@{read.sha256[:SHA_DIGITS]}",
        emptied=dict(sorted((Counter(read.emptied) + Counter(coming.emptied)).items())),
        repaired=read.repaired,
        foreseen=_foreseen(coming),
    )
    _write(lake_dir, part, read, receipt)
    return receipt


def _foreseen(coming: Outlook) -> dict[str, int]:
    """What cleaning will make of the rows, by words for a person."""
    rows = {TRACKS_MADE: coming.tracks, "merged into another row's track": coming.repeats}
    refused = {f"will be rejected: {reason}": count for reason, count in coming.refused.items()}
    return {words: count for words, count in {**rows, **refused}.items() if count or words == TRACKS_MADE}


@dataclass(frozen=True)
class EventFile:
    """A file of events as it was handed in: its name (with its place in an archive), the SHA-256 of its
    bytes, what `source_file` of its rows says, what it was recognised as, and whose listening it is: None
    where its rows say."""

    name: str
    sha256: str
    source_file: str
    kind: str
    user_id: str | None
    dialect: Mapping[str, object] = field(default_factory=dict)

    @property
    def receipt_id(self) -> str:
        """The landing: the same bytes for the same listener are the same landing."""
        listener = user_digest(self.user_id)[:USER_DIGITS] if self.user_id else "own"
        return f"{EVENTS}-{self.sha256[:SHA_DIGITS]}-{listener}"


def landed_before(file: EventFile, lake_dir: Place) -> Receipt | None:
    """The receipt of an earlier landing of the same bytes for the same listener; None without one.

    Raises:
        ValueError: the same bytes were landed for another listener, and each row would be there twice.
    """
    earlier = earlier_landing(lake_dir, file.receipt_id)
    if earlier is not None:
        return earlier
    of_bytes = f"{EVENTS}-{file.sha256[:SHA_DIGITS]}-"
    for path in places.files(lake_dir / layout.RECEIPTS, begins=of_bytes):
        other = Receipt.from_json(path.read_text(encoding="utf-8"))
        if path.stem != file.receipt_id and other.rows_in:
            raise ValueError(
                f"{file.name}: this file was imported for listener {other.user_id} before. Import it with "
                f"--user {other.user_id}, or erase it there first: spotify-assets erase-user {other.user_id}"
            )
    return None


@dataclass
class Gathered:
    """The rows of one file that were read and wait to be landed, in a folder of their own."""

    file: EventFile
    folder: Path
    rows_in: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._spool, self._rejects = Spool(self.folder), _Rejects(self.folder)

    def add(self, chunk: Chunk) -> None:
        """Take rows of the file, with the columns of raw.raw_events.

        Raises:
            ValueError: the rows do not add up.
        """
        _must_add_up(self.file, chunk)
        self.rows_in += chunk.rows_in
        self.rejected.update(dict(chunk.rejected["reason"].value_counts().iter_rows()))
        self.notes.update(chunk.notes)
        self._rejects.add(chunk.rejected)
        self._spool.add(chunk.rows)

    def late(self) -> pl.DataFrame:
        """The rows that other files of the listener may prove to be uploaded late, as `late_uploads`."""
        return self._spool.late if self.file.user_id else NO_LATE_UPLOADS

    def set_aside(self) -> None:
        """Hold no rows in memory until they are landed."""
        self._spool.set_aside()
        self._rejects.set_aside()

    def land(self, lake_dir: Place, proven: pl.DataFrame | None = None) -> Receipt:
        """Land the file: a Parquet file for each month, the refused rows, last the receipt.

        `proven` are playbacks that were uploaded late, by default those of which the file itself proves it.
        Repeats are landed too: what is the same playback is told when events are cleaned. Where the same
        bytes were landed meanwhile, nothing changes.

        Raises:
            OSError: the lake cannot be written. Nothing of the file is landed then.
        """
        if earlier := earlier_landing(lake_dir, self.file.receipt_id):
            return earlier
        with layout.disk_errors(lake_dir):
            made = self._written(lake_dir, proven)
        file, spool = self.file, self._spool
        self.notes.update(spool.moved.notes())
        receipt = Receipt(
            receipt_id=file.receipt_id,
            landed_at=datetime.now(UTC),
            input_file=file.name,
            input_sha256=file.sha256,
            kind=file.kind,
            target=RAW_EVENTS.full_name,
            rows_in=self.rows_in,
            loaded=spool.rows,
            rejected=dict(sorted(self.rejected.items())),
            landed_files=tuple(
                places.within(path, lake_dir) for path in made.values() if layout.month_of(path)
            ),
            dialect={**file.dialect, **({"notes": dict(self.notes)} if self.notes else {})},
            source_file=file.source_file,
            user_id=file.user_id,
            first_date=spool.first,
            last_date=spool.last,
            time_rule=VERSION,
        )
        receipt = _put_in_place(made, lake_dir, receipt)
        shutil.rmtree(self.folder, ignore_errors=True)
        return receipt

    def _written(self, lake_dir: Place, proven: pl.DataFrame | None) -> dict[Path, Place]:
        """Write all but the receipt to the folder; where each file belongs in the lake."""
        receipt_id = self.file.receipt_id
        made = {
            self.folder / f"{month:%Y-%m}.parquet": layout.imported_path(lake_dir, month, receipt_id)
            for month in sorted(write_months(self._spool.months(proven), self.folder))
        }
        if (late := self._spool.and_moved(self.late())).height:
            layout.write_parquet(self.folder / "late.parquet", late)
            made[self.folder / "late.parquet"] = layout.late_path(lake_dir, receipt_id)
        if (refused := self._rejects.write()) is not None:
            made[refused] = rejected_path(lake_dir, receipt_id)
        return made


def gather(file: EventFile, chunks: Iterable[Chunk], work: Path) -> Gathered:
    """Read the events of one file into a folder below `work`, which `work_folder` gave.

    `chunks` are the rows of the file with the columns of raw.raw_events; memory does not grow with their
    number.

    Raises:
        ValueError: the rows of a chunk do not add up.
        OSError: the lake cannot be written.
        Exception: whatever reading the chunks raises.
    """
    gathered = Gathered(file, Path(tempfile.mkdtemp(dir=work)))
    with layout.disk_errors(work.parent):
        for chunk in chunks:
            gathered.add(chunk)
    return gathered


def earlier_landing(lake_dir: Place, receipt_id: str) -> Receipt | None:
    """The receipt of an earlier landing whose files are all still there."""
    path = receipt_path(lake_dir, receipt_id)
    if not path.exists():
        return None
    receipt = Receipt.from_json(path.read_text(encoding="utf-8"))
    if not set(receipt.landed_files) <= places.that_exist(lake_dir, receipt.landed_files):
        return None
    return replace(receipt, already_landed=True)


@contextmanager
def work_folder(lake_dir: Place) -> Iterator[Path]:
    """A folder in which files of the lake are made ready, removed in the end."""
    with places.work_folder(lake_dir, WORK) as folder:
        yield folder


class _Rejects:
    """Refused rows of one landing, written as they come so that memory does not grow with them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: list[Path] = []
        self._held: list[pl.DataFrame] = [no_rejects()]
        self._held_rows = 0

    def add(self, rejected: pl.DataFrame) -> None:
        self._held.append(rejected)
        self._held_rows += rejected.height
        if self._held_rows >= _REJECTS_HELD:
            self._flush()

    def set_aside(self) -> None:
        """Hold no rows in memory."""
        if self._held_rows:
            self._flush()

    def write(self) -> Path | None:
        """One file of all refused rows; None where there are none."""
        self.set_aside()
        if not self._parts:
            return None
        path = self._folder / "rejected.parquet"
        pl.scan_ipc(self._parts, glob=False).sink_parquet(path, compression="zstd")
        return path

    def _flush(self) -> None:
        path = self._folder / f"rejected-{len(self._parts)}.arrow"
        pl.concat(self._held).write_ipc(path)
        self._parts.append(path)
        self._held, self._held_rows = [no_rejects()], 0


def write_months(months: Iterable[tuple[date, pl.DataFrame]], folder: Path) -> Iterator[date]:
    """Write each month as a file of a folder, small ones together, which keeps both processors busy."""
    held: list[pl.LazyFrame] = []
    held_rows = 0
    for month, rows in months:
        path = folder / f"{month:%Y-%m}.parquet"
        # Level 1 takes a tenth less time than the default and 0.4 % more room.
        held.append(rows.lazy().sink_parquet(path, compression="zstd", compression_level=1, lazy=True))
        held_rows += rows.height
        if held_rows >= _ROWS_WRITTEN_TOGETHER:
            pl.collect_all(held)
            held, held_rows = [], 0
        yield month
    pl.collect_all(held)


def _must_add_up(file: EventFile, chunk: Cleaned) -> None:
    accounted = chunk.rows.height + chunk.rejected.height + sum(chunk.duplicates.values())
    if chunk.rows_in != accounted:
        raise ValueError(
            f"{file.name}: {chunk.rows_in:,} rows were read, {accounted:,} are accounted for. Nothing was "
            "landed; please report this file's form."
        )


def _put_in_place(made: Mapping[Path, Place], lake_dir: Place, receipt: Receipt) -> Receipt:
    """Put what was made in its place, last the receipt; after an error nothing of it is there.

    Where another process landed the same bytes meanwhile, its receipt comes back.
    """
    own = receipt_path(lake_dir, receipt.receipt_id)
    try:
        places.bring(made)
        lock.must_be_held(lake_dir / layout.LOCK)
        won = _commit(lake_dir, receipt)
    except BaseException:
        _take_back(made, own)
        raise
    if won:
        return receipt
    _take_back(made, own)
    return replace(Receipt.from_json(own.read_text(encoding="utf-8")), already_landed=True)


def _commit(lake_dir: Place, receipt: Receipt) -> bool:
    """Write a receipt; False where another process wrote one, which in a folder only the lock prevents.

    The receipt of a landing whose files are gone is none.
    """
    own, content = receipt_path(lake_dir, receipt.receipt_id), receipt.to_json().encode()
    if places.is_local(own):
        layout.write_bytes(own, content)
        return True
    if places.write_if_absent(own, content):
        return True
    if earlier_landing(lake_dir, receipt.receipt_id):
        return False
    own.unlink(missing_ok=True)
    return places.write_if_absent(own, content)


def _take_back(made: Mapping[Path, Place], own: Place) -> None:
    """Remove what was put in place, but for what belongs to the receipt of another process."""
    with suppress(OSError):
        theirs = own.exists()
        places.remove(path for path in made.values() if not theirs or layout.is_of_one_writing(path))


def _write(lake_dir: Place, part: Place, read: CatalogueRead, receipt: Receipt) -> None:
    rejected = rejected_path(lake_dir, receipt.receipt_id)
    rows = read.rows.with_columns(pl.lit(receipt.snapshot_date).alias("snapshot_date"))
    try:
        if read.rejected.height:
            layout.write_parquet(rejected, read.rejected)
        if read.rows.height:
            layout.write_parquet(part, rows.select(RAW_TRACKS.column_names))
        layout.write_bytes(receipt_path(lake_dir, receipt.receipt_id), receipt.to_json().encode())
    except BaseException:
        with suppress(OSError):
            places.remove((part, rejected))
        raise


def _safe_stem(path: Path) -> str:
    """The file's name without its ending, in letters, digits, `_` and `-`."""
    return re.sub(r"[^0-9A-Za-z_-]+", "-", path.stem).strip("-")[:_MAX_STEM] or CATALOGUE
