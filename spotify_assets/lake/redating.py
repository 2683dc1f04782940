"""Putting what is landed where it was heard, when more is known than at its landing.

The files of one import are landed by what all of them prove, and what was landed before them. What they prove
of earlier landings (the rest of an upload stands in a file that was imported first) moves rows of those; a
lake of an older version is brought to the rule of this one. Either way files of the lake are written again,
those whose rows change, and the receipt last.

The landing of a listener's file leaves `<lake>/_late/<receipt>.parquet`: its rows that may have been
uploaded late, and whether they were moved. Here belongs: which landings to write again. Not here: what proves
an upload (`transforms.offline_sync`).
"""

import shutil
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import polars as pl

from spotify_assets.lake import layout
from spotify_assets.lake.due import owe
from spotify_assets.lake.events import ORDER, WORK, Spool
from spotify_assets.lake.landing import USER_DIGITS
from spotify_assets.lake.profiles import user_digest
from spotify_assets.lake.receipts import Receipt, read_receipts
from spotify_assets.sources.landed import read_landed
from spotify_assets.tables import RAW_EVENTS
from spotify_assets.transforms.offline_sync import (
    LATEST,
    NO_LATE_UPLOADS,
    VERSION,
    Moved,
    uploaded_together,
)

READY = ".redated-"
"""How the folder of a landing begins that is written anew and only has to be put in its place."""
_NEW, _MANIFEST = "new", "receipt.json"
_RULED = ("extended_history", "events")
"""Kinds of files whose rows the rule looks at."""


@dataclass
class Redated:
    """What was written again: landings, how many rows were moved, and the dates of all that changed.

    With `notes` the first date of each landing is noted as due before its files change.
    """

    landings: int = 0
    rows: int = 0
    dates: set[date] = field(default_factory=set)
    notes: bool = False


def outdated(receipts: Sequence[Receipt]) -> list[Receipt]:
    """The landings of versions that put what was heard offline where it was uploaded."""
    return [
        each
        for each in receipts
        if each.target == RAW_EVENTS.full_name and each.time_rule < VERSION and each.kind in _RULED
    ]


def outdated_words(lake_dir: Path) -> str | None:
    """One line about landings of older versions; None where there are none."""
    if not (count := len(outdated(read_receipts(lake_dir)))):
        return None
    return (
        f"{count:,} imports are of a version that put offline listening where it was uploaded: "
        "spotify-assets migrate puts it where it was heard"
    )


def migrate_lake(lake_dir: Path) -> Redated:
    """Write landings of older versions again by the rule of this one. The caller holds `importing.alone`.

    What was begun and not finished is finished first; doing it again changes nothing.
    """
    redated = Redated()
    finish_redating(lake_dir)
    old = outdated(read_receipts(lake_dir))
    for receipt in old:
        _redate(lake_dir, receipt, None, redated)
    for user_id in sorted({receipt.user_id for receipt in old if receipt.user_id}):
        late = late_rows(lake_dir, user_id)
        settle(lake_dir, late, uploaded_together(together(late.values())), redated)
    return redated


def late_rows(lake_dir: Path, user_id: str) -> dict[str, pl.DataFrame]:
    """The rows of a listener's landings that may have been uploaded late, by receipt."""
    return {
        path.stem: pl.read_parquet(path, glob=False)
        for path in (lake_dir / layout.LATE).glob(f"*-{user_digest(user_id)[:USER_DIGITS]}.parquet")
    }


def together(late: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Rows of several files that may have been uploaded late, as `late_uploads`."""
    return pl.concat([NO_LATE_UPLOADS, *(rows.select(NO_LATE_UPLOADS.columns) for rows in late)])


def settle(
    lake_dir: Path, late: Mapping[str, pl.DataFrame], proven: pl.DataFrame, redated: Redated | None = None
) -> Redated:
    """Move what is proven of the `late_rows` of a listener. The caller holds `importing.alone`.

    Tables may have been made of the landings that change: these are noted as due.
    """
    redated = redated or Redated(notes=True)
    for receipt_id, rows in late.items():
        unmoved = rows.filter(~pl.col("moved")).join(proven, on=proven.columns, how="semi")
        if unmoved.height:
            receipt = Receipt.from_json(layout.receipt_path(lake_dir, receipt_id).read_text(encoding="utf-8"))
            _redate(lake_dir, receipt, proven, redated, set(unmoved["ended_at"].dt.date().dt.month_start()))
    return redated


def finish_redating(lake_dir: Path) -> None:
    """Put in place what was written anew before its process was killed, and drop what has no receipt."""
    for folder in lake_dir.glob(f"{READY}*"):
        _put_in_place(lake_dir, folder)
    for path in (lake_dir / layout.LATE).glob("*.parquet"):
        if not layout.receipt_path(lake_dir, path.stem).exists():
            path.unlink()


def _redate(
    lake_dir: Path,
    receipt: Receipt,
    proven: pl.DataFrame | None,
    redated: Redated,
    months: Collection[date] | None = None,
) -> None:
    """Write a landing again where its rows change, which is in `months` and those before them; by default
    anywhere.

    All of it is made in a folder that is renamed when it is complete: from then on it is put in its place,
    if need be by the next process.
    """
    landed = {lake_dir / name for name in receipt.landed_files}
    looked_at = {path for path in landed if months is None or layout.month_of(path) in months}
    before = {path: _rows(lake_dir, path) for path in looked_at}
    folder = Path(tempfile.mkdtemp(prefix=WORK, dir=lake_dir))
    try:
        spool = Spool(folder)
        for rows in before.values():
            spool.add(rows)
        after = {}
        for month, rows in spool.months(proven):
            path = layout.month_dir(lake_dir, month) / f"{receipt.receipt_id}.parquet"
            after[path] = rows
            if path in landed - looked_at:
                before[path] = _rows(lake_dir, path)
                after[path] = pl.concat([before[path], rows]).sort(ORDER)
        made = {
            path: rows for path, rows in after.items() if path not in before or not rows.equals(before[path])
        }
        changed = _changed(lake_dir, receipt, before, after)
        _write_anew(lake_dir, folder, made, changed, spool)
        touched = [rows for path, rows in before.items() if path in made or path not in after]
        dates = {day for rows in (*touched, *made.values()) for day in rows["event_date"].unique()}
        if receipt.rejected:
            dates |= {receipt.books_date, changed.books_date}
        if redated.notes and dates:
            owe(lake_dir, min(dates))
        ready = folder.with_name(f"{READY}{receipt.receipt_id}")
        folder.rename(ready)
        _put_in_place(lake_dir, ready)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    redated.landings += bool(made)
    redated.rows += _moved(after).rows - _moved(before).rows
    redated.dates |= dates


def _changed(
    lake_dir: Path, receipt: Receipt, before: dict[Path, pl.DataFrame], after: dict[Path, pl.DataFrame]
) -> Receipt:
    """The receipt of a landing of which some files become others."""
    kept = {lake_dir / name for name in receipt.landed_files} - before.keys()
    files = sorted(path.relative_to(lake_dir).as_posix() for path in kept | after.keys())
    first, last = (
        after[path]["event_date"].to_list() if path in after else layout.dates_of(path)
        for path in (lake_dir / files[0], lake_dir / files[-1])
    )
    return replace(
        receipt,
        landed_files=tuple(files),
        first_date=min(first),
        last_date=max(last),
        time_rule=VERSION,
        dialect=_with_notes(receipt, _moved(before), _moved(after)),
    )


def _moved(files: dict[Path, pl.DataFrame]) -> Moved:
    return Moved.of(pl.concat([RAW_EVENTS.empty(), *files.values()]))


def _write_anew(
    lake_dir: Path, folder: Path, made: dict[Path, pl.DataFrame], receipt: Receipt, spool: Spool
) -> None:
    """Write what changes of a landing, and its receipt, to a folder that no reader sees."""
    for path, rows in made.items():
        layout.write_parquet(folder / _NEW / path.relative_to(lake_dir), rows)
    told = layout.late_path(lake_dir, receipt.receipt_id)
    known = pl.read_parquet(told, glob=False) if told.exists() else spool.late.with_columns(moved=False)
    late = pl.concat([known.filter("moved"), spool.and_moved(known.filter(~pl.col("moved")).drop("moved"))])
    if receipt.user_id and late.height:
        layout.write_parquet(folder / _NEW / told.relative_to(lake_dir), late)
    layout.write_bytes(folder / _MANIFEST, receipt.to_json().encode())


def _put_in_place(lake_dir: Path, ready: Path) -> None:
    """Move the files of a complete folder to where they belong, remove those of months without rows."""
    receipt = Receipt.from_json((ready / _MANIFEST).read_text(encoding="utf-8"))
    for path in sorted((ready / _NEW).rglob("*.parquet")):
        target = lake_dir / path.relative_to(ready / _NEW)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
    kept = {lake_dir / name for name in receipt.landed_files}
    for path in (lake_dir / layout.EVENTS).glob(f"month=*/{receipt.receipt_id}.parquet"):
        if path not in kept:
            path.unlink()
    layout.write_bytes(layout.receipt_path(lake_dir, receipt.receipt_id), receipt.to_json().encode())
    shutil.rmtree(ready)


def _rows(lake_dir: Path, path: Path) -> pl.DataFrame:
    """The rows of a landed file with the columns of this version."""
    return read_landed([path], RAW_EVENTS, lake_dir).rows


def _with_notes(receipt: Receipt, before: Moved, after: Moved) -> dict[str, object]:
    """What a receipt tells, when rows of its landing are moved."""
    found = receipt.dialect.get("notes")
    notes: dict[str, int] = found if isinstance(found, dict) else {}
    was, told = before.notes(), after.notes()
    counts = {name: notes.get(name, 0) + told[name] - was.get(name, 0) for name in told}
    if LATEST in told:
        counts[LATEST] = max(notes.get(LATEST, 0), told[LATEST])
    told = {**notes, **counts}
    return {**receipt.dialect, **({"notes": told} if told else {})}
