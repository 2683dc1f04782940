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
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import polars as pl

from spotify_assets import places
from spotify_assets.lake import layout
from spotify_assets.lake.due import owe
from spotify_assets.lake.events import ORDER, WORK, Spool
from spotify_assets.lake.landing import USER_DIGITS
from spotify_assets.lake.profiles import user_digest
from spotify_assets.lake.receipts import Receipt, read_receipts
from spotify_assets.places import Place, PlaceT, lock
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
    """What was written again: how many rows were moved, and the dates of all that changed.

    With `notes` the first date of each landing is noted as due before its files change.
    """

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


def outdated_words(lake_dir: Place) -> str | None:
    """One line about landings of older versions; None where there are none."""
    if not (count := len(outdated(read_receipts(lake_dir)))):
        return None
    return (
        f"{count:,} imports are of a version that put offline listening where it was uploaded: "
        "spotify-assets migrate puts it where it was heard"
    )


def migrate_lake(lake_dir: Place) -> Redated:
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


def late_rows(lake_dir: Place, user_id: str) -> dict[str, pl.DataFrame]:
    """The rows of a listener's landings that may have been uploaded late, by receipt."""
    ends = f"-{user_digest(user_id)[:USER_DIGITS]}.parquet"
    theirs = [path for path in places.files(lake_dir / layout.LATE) if path.name.endswith(ends)]
    return {path.stem: places.read_parquet(path) for path in theirs}


def together(late: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Rows of several files that may have been uploaded late, as `late_uploads`."""
    return pl.concat([NO_LATE_UPLOADS, *(rows.select(NO_LATE_UPLOADS.columns) for rows in late)])


def settle(
    lake_dir: Place, late: Mapping[str, pl.DataFrame], proven: pl.DataFrame, redated: Redated | None = None
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


def finish_redating(lake_dir: Place) -> None:
    """Put in place what was written anew before its process was killed, and drop what has no receipt."""
    if places.is_local(lake_dir):
        for folder in places.folders(lake_dir, begins=READY):
            _put_in_place(lake_dir, folder)
    late = {path: f"{path.stem}.json" for path in places.files(lake_dir / layout.LATE)}
    landed = places.that_exist(lake_dir / layout.RECEIPTS, late.values())
    places.remove(path for path, receipt in late.items() if receipt not in landed)


def _redate(
    lake_dir: Place,
    receipt: Receipt,
    proven: pl.DataFrame | None,
    redated: Redated,
    months: Collection[date] | None = None,
) -> None:
    """Write a landing again where its rows change, which is in `months` and those before them; by default
    anywhere.

    All of it is made in a folder. On the disk of a local lake that is renamed when it is complete: from then
    on it is put in its place, if need be by the next process. In a store the receipt, written last, is what
    changes the files that are read.
    """
    landed = _by_month(lake_dir, receipt)
    before = {
        month: _rows(lake_dir, path) for month, path in landed.items() if months is None or month in months
    }
    looked_at = set(before)
    with places.work_folder(lake_dir, WORK) as folder:
        spool = Spool(folder)
        for rows in before.values():
            spool.add(rows)
        after = {}
        for month, rows in spool.months(proven):
            after[month] = rows
            if month in landed.keys() - looked_at:
                before[month] = _rows(lake_dir, landed[month])
                after[month] = pl.concat([before[month], rows]).sort(ORDER)
        made = {
            layout.imported_path(lake_dir, month, receipt.receipt_id): rows
            for month, rows in after.items()
            if month not in before or not rows.equals(before[month])
        }
        changed = _changed(lake_dir, receipt, before, after, made)
        _write_anew(lake_dir, folder, made, changed, spool)
        written = {layout.month_of(path) for path in made}
        touched = [rows for month, rows in before.items() if month in written or month not in after]
        dates = {day for rows in (*touched, *made.values()) for day in rows["event_date"].unique()}
        if receipt.rejected:
            dates |= {receipt.books_date, changed.books_date}
        if redated.notes and dates:
            owe(lake_dir, min(dates))
        ready = folder.with_name(f"{READY}{receipt.receipt_id}") if places.is_local(lake_dir) else folder
        _put_in_place(lake_dir, folder.rename(ready))
    redated.rows += _moved(after).rows - _moved(before).rows
    redated.dates |= dates


def _by_month(lake_dir: PlaceT, receipt: Receipt) -> dict[date, PlaceT]:
    """The files of a landing by their months."""
    paths = [lake_dir / name for name in receipt.landed_files]
    return {month: path for path in paths if (month := layout.month_of(path))}


def _changed(
    lake_dir: Place,
    receipt: Receipt,
    before: dict[date, pl.DataFrame],
    after: dict[date, pl.DataFrame],
    made: Mapping[Place, pl.DataFrame],
) -> Receipt:
    """The receipt of a landing of which some files become others."""
    landed = _by_month(lake_dir, receipt)
    kept = {month: path for month, path in landed.items() if month in after or month not in before}
    files = kept | {month: path for path in made if (month := layout.month_of(path))}
    first, last = (
        after[month]["event_date"].to_list() if month in after else layout.dates_of(files[month])
        for month in (min(files), max(files))
    )
    return replace(
        receipt,
        landed_files=tuple(sorted(places.within(path, lake_dir) for path in files.values())),
        first_date=min(first),
        last_date=max(last),
        time_rule=VERSION,
        dialect=_with_notes(receipt, _moved(before), _moved(after)),
    )


def _moved(files: dict[date, pl.DataFrame]) -> Moved:
    return Moved.of(pl.concat([RAW_EVENTS.empty(), *files.values()]))


def _write_anew(
    lake_dir: Place, folder: Path, made: Mapping[Place, pl.DataFrame], receipt: Receipt, spool: Spool
) -> None:
    """Write what changes of a landing, and its receipt, to a folder that no reader sees."""
    for path, rows in made.items():
        layout.write_parquet(folder / _NEW / places.within(path, lake_dir), rows)
    told = layout.late_path(lake_dir, receipt.receipt_id)
    known = places.read_parquet(told) if told.exists() else spool.late.with_columns(moved=False)
    late = pl.concat([known.filter("moved"), spool.and_moved(known.filter(~pl.col("moved")).drop("moved"))])
    if receipt.user_id and late.height:
        layout.write_parquet(folder / _NEW / places.within(told, lake_dir), late)
    layout.write_bytes(folder / _MANIFEST, receipt.to_json().encode())


def _put_in_place(lake_dir: Place, ready: Path) -> None:
    """Bring the files of a complete folder to where they belong, then its receipt; remove those that it no
    longer names."""
    receipt = Receipt.from_json((ready / _MANIFEST).read_text(encoding="utf-8"))
    new = ready / _NEW
    targets = {path: lake_dir / path.relative_to(new).as_posix() for path in new.rglob("*.parquet")}
    places.bring({path: target for path, target in targets.items() if layout.month_of(target)})
    lock.must_be_held(lake_dir / layout.LOCK)
    layout.write_bytes(layout.receipt_path(lake_dir, receipt.receipt_id), receipt.to_json().encode())
    places.bring({path: target for path, target in targets.items() if not layout.month_of(target)})
    kept = {lake_dir / name for name in receipt.landed_files}
    imported = places.below(lake_dir / layout.EVENTS, begins="month=")
    own = [path for path in imported if layout.receipt_id_of(path) == receipt.receipt_id]
    places.remove(path for path in own if path not in kept)
    shutil.rmtree(ready)


def _rows(lake_dir: Place, path: Place) -> pl.DataFrame:
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
