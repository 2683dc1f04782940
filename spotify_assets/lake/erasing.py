"""Erasing a listener from the lake: their files go, files they share with others are written without them.

Here belongs: the lake, profiles, records and exclusion rules. Not here: tables (`warehouse.erasing`), and the
originals in the inbox, which are the person's own and are only named.
"""

import csv
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl

from spotify_assets import places
from spotify_assets.lake import layout
from spotify_assets.lake.batches import BatchName
from spotify_assets.lake.erasing_batches import erase_from_batches
from spotify_assets.lake.exclusions import forget_exclusions
from spotify_assets.lake.importing import alone
from spotify_assets.lake.inbox import files_with_marks
from spotify_assets.lake.kept_out import Why, keep_listener_out, keep_out
from spotify_assets.lake.layout import receipt_path
from spotify_assets.lake.profiles import profile_path
from spotify_assets.lake.receipts import Receipt, read_receipts, read_undone, rejected_path, undone_path
from spotify_assets.lake.records import forget_listener, marks_of_listener
from spotify_assets.places import Place
from spotify_assets.settings import Settings
from spotify_assets.tables import RAW_EVENTS

ERASED = "erased"
"""Reason under which receipts of shared files count the rows that were erased."""
_UNDECODABLE = "surrogateescape"
"""Bytes that are no UTF-8 are written back as they were."""


@dataclass
class ErasedFromLake:
    """What was removed: rows by what they were, the dates they were of, and the originals that remain."""

    rows: dict[str, int] = field(default_factory=dict)
    dates: set[date] = field(default_factory=set)
    source_files: set[str] = field(default_factory=set)
    originals: list[Path] = field(default_factory=list)

    def add(self, what: str, rows: int) -> None:
        """Count rows of a kind."""
        if rows:
            self.rows[what] = self.rows.get(what, 0) + rows


def erase_from_lake(settings: Settings, user_id: str) -> ErasedFromLake:
    """Remove everything of a listener from the lake; doing it again removes nothing more.

    The contents of their files stay out from now on, wherever they lie, as do their messages of the stream
    (`kept_out`).

    Raises:
        OSError: a file cannot be written; what was not reached yet is still there, so do it again.
    """
    lake_dir = settings.lake
    erased = ErasedFromLake()
    with alone(lake_dir):
        for receipt in read_receipts(lake_dir):
            if receipt.target != RAW_EVENTS.full_name:
                continue
            if receipt.user_id == user_id:
                keep_out(lake_dir, receipt.input_sha256, Why.ERASED)
                _remove_landing(lake_dir, receipt, erased)
            elif receipt.user_id is None:
                _shrink_landing(lake_dir, receipt, user_id, erased)
        for undone in read_undone(lake_dir):
            if undone.receipt.user_id == user_id:
                keep_out(lake_dir, undone.receipt.input_sha256, Why.ERASED)
                undone_path(lake_dir, undone.receipt.receipt_id).unlink()
                erased.add("undone imports", 1)
        for folder in places.folders(lake_dir / layout.EVENTS, begins="date="):
            for path in layout.landed_files(folder):
                if BatchName.parse(path.name) is None and (rows := _without_listener(path, user_id)):
                    erased.add("events of producers", rows)
                    erased.dates |= set(layout.dates_of(path))
        for path in sorted(places.below(lake_dir / layout.ANSWERS)):
            if path.parents[1].name == layout.RECENTLY_PLAYED:
                erased.add("raw answers", _without_listener(path, user_id))
        # First, so that no consumer brings them in behind what is erased here.
        keep_listener_out(lake_dir, user_id)
        streamed = erase_from_batches(lake_dir, lambda name: name.strip() == user_id)
        erased.add("events of the stream", streamed.rows)
        erased.add("refused messages of the stream", streamed.refused)
        erased.dates |= streamed.dates
        marks = marks_of_listener(lake_dir, user_id)
        erased.originals = files_with_marks(settings.inbox_dir, marks)
        forget_listener(lake_dir, user_id)
        profile = profile_path(lake_dir, user_id)
        erased.add("profile", int(profile.exists()))
        profile.unlink(missing_ok=True)
        erased.add("exclusion rules", forget_exclusions(settings.exclusions_path, user_id))
    return erased


def _remove_landing(lake_dir: Place, receipt: Receipt, erased: ErasedFromLake) -> None:
    """Remove a landing that is this listener's alone; its receipt goes last, so that a crash is repeated."""
    for name in receipt.landed_files:
        path = lake_dir / name
        if path.exists():
            erased.dates |= set(layout.dates_of(path))
            path.unlink()
    erased.dates |= {receipt.books_date} if receipt.rejected else set()
    rejected_path(lake_dir, receipt.receipt_id).unlink(missing_ok=True)
    layout.late_path(lake_dir, receipt.receipt_id).unlink(missing_ok=True)
    receipt_path(lake_dir, receipt.receipt_id).unlink()
    erased.add("imported events", receipt.loaded)
    erased.add("refused rows", sum(receipt.rejected.values()))
    erased.add("receipts", 1)
    if receipt.source_file:
        erased.source_files.add(receipt.source_file)


def _shrink_landing(lake_dir: Place, receipt: Receipt, user_id: str, erased: ErasedFromLake) -> None:
    """Take a listener's rows out of a landing that names its listeners itself; the receipt still adds up."""
    loaded = 0
    for name in receipt.landed_files:
        dates = layout.dates_of(lake_dir / name)
        rows = _without_listener(lake_dir / name, user_id)
        erased.dates |= set(dates) if rows else set()
        loaded += rows
    refused = _without_refused(rejected_path(lake_dir, receipt.receipt_id), user_id)
    if not loaded and not refused:
        return
    rejected = dict(receipt.rejected)
    for reason, rows in refused.items():
        rejected[reason] -= rows
    rejected = {reason: rows for reason, rows in rejected.items() if rows}
    gone = loaded + sum(refused.values())
    erased.dates |= {receipt.books_date} if refused else set()
    left = places.that_exist(lake_dir, receipt.landed_files)
    changed = replace(
        receipt,
        loaded=receipt.loaded - loaded,
        rejected=rejected,
        duplicates={**receipt.duplicates, ERASED: receipt.duplicates.get(ERASED, 0) + gone},
        landed_files=tuple(name for name in receipt.landed_files if name in left),
    )
    layout.write_bytes(receipt_path(lake_dir, receipt.receipt_id), changed.to_json().encode())
    erased.add("imported events", loaded)
    erased.add("refused rows", sum(refused.values()))


def _without_refused(path: Place, user_id: str) -> dict[str, int]:
    """Remove the refused rows of a listener from their file; returns how many by reason."""
    if not path.exists():
        return {}
    rows = places.read_parquet(path)
    name = json.dumps(user_id, ensure_ascii=False)
    theirs = pl.col("original").str.contains(name, literal=True) | pl.col("detail").str.contains(
        user_id, literal=True
    )
    gone = rows.filter(theirs)
    if gone.height:
        layout.write_parquet(path, rows.filter(~theirs))
    return dict(gone["reason"].value_counts().iter_rows())


def _without_listener(path: Place, user_id: str) -> int:
    """Write a data file without a listener's rows, or remove it where none is left; returns how many went."""
    if path.suffix == ".parquet":
        rows = places.read_parquet(path)
        theirs = pl.col("user_id").cast(pl.String).str.strip_chars() == user_id
        kept = rows.filter(theirs.fill_null(value=False).not_()) if "user_id" in rows.columns else rows
        gone, left = rows.height - kept.height, kept.height
        if gone and left:
            layout.write_parquet(path, kept)
    else:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        text = content.decode("utf-8", _UNDECODABLE)
        is_csv = path.name.removesuffix(".gz").endswith(".csv")
        parts = list(_csv_records(text) if is_csv else _json_lines(text))
        kept_parts = [part for part in parts if not _is_theirs(part, user_id)]
        gone, left = len(parts) - len(kept_parts), sum(not part.is_header for part in kept_parts)
        if gone and left:
            content = "".join(part.text for part in kept_parts).encode("utf-8", _UNDECODABLE)
            layout.write_bytes(path, gzip.compress(content) if path.suffix == ".gz" else content)
    if gone and not left:
        path.unlink()
    return gone


class _Part(NamedTuple):
    """A piece of a text file: a row with its user, a header, or something that is no row (user None)."""

    text: str
    user: str | None = None
    is_header: bool = False


def _is_theirs(part: _Part, user_id: str) -> bool:
    if part.user is None:
        return json.dumps(user_id, ensure_ascii=False) in part.text
    return part.user.strip() == user_id


def _json_lines(text: str) -> Iterator[_Part]:
    for line in text.splitlines(keepends=True):
        try:
            user = json.loads(line).get("user_id")
        except (ValueError, AttributeError, RecursionError):
            user = None
        yield _Part(line, user if isinstance(user, str) else None)


def _csv_records(text: str) -> Iterator[_Part]:
    """The header and the records, each with all of its lines."""
    seen: list[str] = []

    def lines() -> Iterator[str]:
        for line in text.splitlines(keepends=True):
            seen.append(line)
            yield line

    column: int | None = None
    for number, record in enumerate(csv.reader(lines())):
        part = "".join(seen)
        seen.clear()
        if number == 0:
            column = record.index("user_id") if "user_id" in record else None
        user = record[column] if column is not None and column < len(record) else ""
        yield _Part(part, user if number else "", is_header=number == 0)
