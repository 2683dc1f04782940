"""Undoing an import: what one file brought leaves the lake, and stays out until it is handed in by its path.

What was undone is kept as a record under `<lake>/_undone/`, so that `receipt` still tells of it. Here
belongs: the lake. Not here: the tables, which a run makes again from what is left (`automation.stale`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from spotify_assets import places
from spotify_assets.lake import layout
from spotify_assets.lake.due import owe
from spotify_assets.lake.erasing import ERASED
from spotify_assets.lake.events import remove_unfinished
from spotify_assets.lake.importing import alone
from spotify_assets.lake.kept_out import Why, keep_out
from spotify_assets.lake.layout import receipt_path
from spotify_assets.lake.receipts import (
    Receipt,
    Undone,
    read_receipts,
    read_undone,
    rejected_path,
    undone_path,
)
from spotify_assets.places import Place

_LISTED = 5


@dataclass(frozen=True)
class Chosen:
    """What is to be undone, and what of it was undone before."""

    receipts: tuple[Receipt, ...]
    before: tuple[Undone, ...]


def is_meant(found: Receipt, which: str) -> bool:
    """Whether a receipt is called so: by its id or the beginning of that, or by its file or its archive."""
    names = {found.input_file, Path(found.input_file).name, found.source_file}
    if found.receipt_id.startswith(which) or which in names or Path(which).name in names:
        return True
    return found.input_file.startswith(f"{Path(which).name}/")


def choose(lake_dir: Place, words: Sequence[str]) -> Chosen:
    """The imports that are called so; the name of an archive stands for all that it brought.

    Raises:
        ValueError: there is no such import, or there are several; the message names them.
    """
    live, undone = read_receipts(lake_dir), read_undone(lake_dir)
    receipts: dict[str, Receipt] = {}
    before: dict[str, Undone] = {}
    for which in words:
        if not which.strip():
            raise ValueError("an empty name means no import: see spotify-assets receipt")
        found = _one(which, [each for each in live if is_meant(each, which)])
        receipts |= {each.receipt_id: each for each in found}
        if not found:
            earlier = [each for each in undone if is_meant(each.receipt, which)]
            if not earlier:
                raise ValueError(f"there is no receipt of {which}: see spotify-assets receipt")
            before |= {each.receipt.receipt_id: each for each in earlier}
    return Chosen(tuple(receipts.values()), tuple(before.values()))


def undo_in_lake(lake_dir: Place, receipts: Iterable[Receipt]) -> date | None:
    """Take imports out of the lake; the first date that changes for it, None where no date does.

    That date is noted as due before anything goes. The receipt of events goes before their files, which
    nobody reads without it, that of a catalogue after its file: a process that is killed leaves all of an
    import or nothing to be read, and doing it again finishes it.

    Raises:
        ValueError: another process imports at this moment.
        OSError: a file cannot be written; what was not reached yet is still there, so do it again.
    """
    with alone(lake_dir, wait=False):
        remove_unfinished(lake_dir)
        for undone in read_undone(lake_dir):
            _remove_files(lake_dir, undone.receipt)
        receipts = list(receipts)
        names = [f"{receipt.receipt_id}.json" for receipt in receipts]
        found = places.that_exist(lake_dir / layout.RECEIPTS, names)
        there = [receipt for receipt, name in zip(receipts, names, strict=True) if name in found]
        first = min((_first_changed(lake_dir, receipt) for receipt in there), default=None)
        if first is not None:
            owe(lake_dir, first)
        for receipt in there:
            _undo(lake_dir, receipt)
    return first


def _one(which: str, found: list[Receipt]) -> list[Receipt]:
    """What is called so, where it is one import: one receipt, or those of one archive of one listener."""
    exact = [each for each in found if each.receipt_id == which]
    if exact or len(found) < 2:
        return exact or found
    archive = f"{Path(which).name}/"
    in_archive = all(each.input_file.startswith(archive) for each in found)
    different = len({each.input_file for each in found}) == len(found)
    if in_archive and different and len({each.user_id for each in found} - {None}) <= 1:
        return found
    ids = ", ".join(each.receipt_id for each in found[:_LISTED])
    more = f" and {len(found) - _LISTED:,} more" if len(found) > _LISTED else ""
    raise ValueError(f"{which} may be any of {len(found):,} imports: name one by its receipt, {ids}{more}")


def _first_changed(lake_dir: Place, receipt: Receipt) -> date:
    """The first date whose rows depend on an import.

    The earliest catalogue describes the days before it as well.
    """
    if receipt.snapshot_date is None:
        return min(receipt.first_date or receipt.books_date, receipt.books_date)
    earliest = min(layout.landed_snapshots(lake_dir), default=receipt.snapshot_date)
    landed = layout.landed_dates(lake_dir) if receipt.snapshot_date <= earliest else []
    return min([receipt.snapshot_date, *landed])


def _undo(lake_dir: Place, receipt: Receipt) -> None:
    undone = Undone(receipt, datetime.now(UTC))
    layout.write_bytes(undone_path(lake_dir, receipt.receipt_id), undone.to_json().encode())
    keep_out(lake_dir, receipt.input_sha256, Why.ERASED if ERASED in receipt.duplicates else Why.UNDONE)
    own = receipt_path(lake_dir, receipt.receipt_id)
    if receipt.snapshot_date is None:
        own.unlink(missing_ok=True)
    _remove_files(lake_dir, receipt)
    own.unlink(missing_ok=True)


def _remove_files(lake_dir: Place, receipt: Receipt) -> None:
    landed = [lake_dir / name for name in receipt.landed_files]
    places.remove([*landed, rejected_path(lake_dir, receipt.receipt_id)])
    for path in landed:
        # Partitions begin with the earliest folder.
        places.remove_empty(path.parent)
