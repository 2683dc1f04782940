"""Landing: from a file that somebody hands in to canonical Parquet in the lake, with a receipt.

The file handed in is only read. What is written appears under its final name at once, and the receipt
last.
"""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from spotify_assets.catalog import RAW_TRACKS
from spotify_assets.lake import layout
from spotify_assets.lake.receipts import Receipt, receipt_path, rejected_path
from spotify_assets.sources.catalogue_csv import SHA_DIGITS, CatalogueRead, read_catalogue

CATALOGUE = "catalogue"
_SNAPSHOT_FOLDER = re.compile(r"snapshot_date=(\d{4}-\d{2}-\d{2})")
_MAX_STEM = 80


def land_catalogue(path: Path, lake_dir: Path, snapshot_date: date) -> Receipt:
    """Land a track catalogue as the snapshot, or as a part of the snapshot, of a date.

    The same bytes landed for the same date again, under whatever name, change nothing: the first receipt
    comes back with `already_landed` set. A file of which every row was refused adds no file to the
    snapshot, so that it cannot pass for an empty one; its receipt and its refused rows are kept.

    Raises:
        SourceError: the file cannot be read, or is no catalogue; nothing is written.
        OSError: the lake cannot be written; what was written of this file is removed again.
    """
    read = read_catalogue(path)
    receipt_id = f"{CATALOGUE}-{snapshot_date.isoformat()}-{read.sha256[:SHA_DIGITS]}"
    earlier = _earlier_landing(lake_dir, receipt_id)
    if earlier is not None:
        return earlier
    part = layout.tracks_dir(lake_dir, snapshot_date) / (
        f"part-{_safe_stem(path)}-{read.sha256[:SHA_DIGITS]}.parquet"
    )
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
        landed_files=(part.relative_to(lake_dir).as_posix(),) if read.rows.height else (),
        dialect=read.dialect.as_dict(),
    )
    _write(lake_dir, part, read, receipt)
    return receipt


def latest_catalogue(lake_dir: Path) -> pl.DataFrame | None:
    """The rows of the newest snapshot in the lake, as in `raw.raw_tracks`; None without any."""
    dates = [
        date.fromisoformat(match[1])
        for folder in (lake_dir / layout.TRACKS).glob("snapshot_date=*")
        if (match := _SNAPSHOT_FOLDER.fullmatch(folder.name)) and layout.landed_files(folder)
    ]
    if not dates:
        return None
    files = layout.landed_files(layout.tracks_dir(lake_dir, max(dates)))
    return pl.concat([pl.read_parquet(file).select(RAW_TRACKS.column_names) for file in files])


def _earlier_landing(lake_dir: Path, receipt_id: str) -> Receipt | None:
    """The receipt of an earlier landing whose files are all still there."""
    path = receipt_path(lake_dir, receipt_id)
    if not path.exists():
        return None
    receipt = Receipt.from_json(path.read_text(encoding="utf-8"))
    if not all((lake_dir / file).exists() for file in receipt.landed_files):
        return None
    return replace(receipt, already_landed=True)


def _write(lake_dir: Path, part: Path, read: CatalogueRead, receipt: Receipt) -> None:
    rejected = rejected_path(lake_dir, receipt.receipt_id)
    rows = read.rows.with_columns(pl.lit(receipt.snapshot_date).alias("snapshot_date"))
    try:
        if read.rejected.height:
            layout.write_parquet(rejected, read.rejected)
        if read.rows.height:
            layout.write_parquet(part, rows.select(RAW_TRACKS.column_names))
        layout.write_bytes(receipt_path(lake_dir, receipt.receipt_id), receipt.to_json().encode())
    except BaseException:
        part.unlink(missing_ok=True)
        rejected.unlink(missing_ok=True)
        raise


def _safe_stem(path: Path) -> str:
    """The file's name without its ending, in letters, digits, `_` and `-`."""
    return re.sub(r"[^0-9A-Za-z_-]+", "-", path.stem).strip("-")[:_MAX_STEM] or CATALOGUE
