"""Receipts: what became of every row of every file that was handed in.

One JSON file per landing under `<lake>/_receipts/`, written last: a landing without a receipt did not
happen. The rows that landing refused are beside it, under `<lake>/_rejected/`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, date, datetime

import polars as pl

from spotify_assets import places
from spotify_assets.lake.layout import RECEIPTS, receipt_path
from spotify_assets.places import Place, PlaceT
from spotify_assets.rows.cleaned import no_rejects
from spotify_assets.tables import IMPORT_RECEIPTS

REJECTED = "_rejected"
UNDONE = "_undone"
FILE_MISSING = "file_missing"
"""Reason under which `as_found` counts the rows of files that somebody removed from the lake."""
_DATES = ("snapshot_date", "first_date", "last_date")


@dataclass(frozen=True)
class Receipt:
    """The account of one file handed in.

    `landed_at` is UTC; `input_file` is the name alone (inside an archive: with its place there), never a
    path of the machine; `source_file` is what the raw tables call the file; `user_id` is whose listening it
    is, None where the file itself says; `first_date` and `last_date` are those of the events that were
    loaded, `time_rule` the version of `transforms.offline_sync` that placed them there. `rejected` and
    `duplicates` count rows by reason code; `landed_files` are relative to the lake.
    `emptied` counts cells of loaded rows that said nothing and are left empty, `repaired` cells that are read
    otherwise than they are written, by reason. `foreseen` says what cleaning will make of the loaded rows of
    a catalogue: the rows add up to `loaded`.
    `already_landed` is set on the receipt that a repeated landing returns, and is not stored.
    """

    receipt_id: str
    landed_at: datetime
    input_file: str
    input_sha256: str
    kind: str
    target: str
    rows_in: int
    loaded: int
    rejected: Mapping[str, int] = field(default_factory=dict)
    duplicates: Mapping[str, int] = field(default_factory=dict)
    snapshot_date: date | None = None
    landed_files: tuple[str, ...] = ()
    dialect: Mapping[str, object] = field(default_factory=dict)
    source_file: str | None = None
    user_id: str | None = None
    first_date: date | None = None
    last_date: date | None = None
    time_rule: int = 1
    emptied: Mapping[str, int] = field(default_factory=dict)
    repaired: Mapping[str, int] = field(default_factory=dict)
    foreseen: Mapping[str, int] = field(default_factory=dict)
    already_landed: bool = field(default=False, compare=False)

    @property
    def reconciles(self) -> bool:
        """Whether every row that came in was loaded, refused or dropped as a duplicate."""
        return self.rows_in == self.loaded + sum(self.rejected.values()) + sum(self.duplicates.values())

    @property
    def notes(self) -> list[str]:
        """What reading the file found worth a word: sentences, or counts by what was counted."""
        notes = self.dialect.get("notes")
        if isinstance(notes, dict):
            return [f"{name.replace('_', ' ')}: {count:,}" for name, count in notes.items()]
        return [str(note) for note in notes] if isinstance(notes, (list, tuple)) else []

    @property
    def books_date(self) -> date:
        """The date whose slice of the raw table tells the rows that landing refused."""
        return self.snapshot_date or self.first_date or self.landed_at.date()

    def to_json(self) -> str:
        """The receipt as a JSON object, times in ISO 8601."""
        content = asdict(self)
        del content["already_landed"]
        content["landed_at"] = self.landed_at.isoformat()
        for name in _DATES:
            content[name] = content[name].isoformat() if content[name] else None
        return json.dumps(content, ensure_ascii=False, indent=2)

    @classmethod
    def from_json(cls, text: str) -> "Receipt":
        """The receipt that `to_json` wrote.

        Raises:
            ValueError: the text is not JSON, or no receipt.
        """
        content = json.loads(text)
        known = {each.name for each in fields(cls)}
        if not isinstance(content, dict) or not content.keys() <= known:
            raise ValueError("this is not a receipt")
        try:
            dates = {
                name: date.fromisoformat(content[name]) if content.get(name) else None for name in _DATES
            }
            return cls(
                **{
                    **content,
                    **dates,
                    "landed_at": datetime.fromisoformat(content["landed_at"]),
                    "landed_files": tuple(content["landed_files"]),
                }
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"this is not a receipt: {error}") from None


@dataclass(frozen=True)
class Undone:
    """The receipt of an import that was undone, and when (UTC)."""

    receipt: Receipt
    undone_at: datetime

    def to_json(self) -> str:
        """The record as a JSON object, which `read_undone` reads."""
        content = {"undone_at": self.undone_at.isoformat(), "receipt": json.loads(self.receipt.to_json())}
        return json.dumps(content, ensure_ascii=False, indent=2)


def undone_path(lake_dir: PlaceT, receipt_id: str) -> PlaceT:
    """Where the record of an import is that was undone."""
    return lake_dir / UNDONE / f"{receipt_id}.json"


def read_undone(lake_dir: Place) -> list[Undone]:
    """The imports that were undone, and not imported anew since, in that order.

    Raises:
        ValueError: a file among the records is none; the message names it.
    """
    found = []
    for path in _records(lake_dir / UNDONE):
        if receipt_path(lake_dir, path.stem).exists():
            continue
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            receipt = Receipt.from_json(json.dumps(content["receipt"]))
            found.append(Undone(receipt, datetime.fromisoformat(content["undone_at"])))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}: this is no record of an undone import ({error}). Remove it.") from None
    return sorted(found, key=lambda undone: undone.undone_at)


def missing_files(lake_dir: Place, receipts: Sequence[Receipt]) -> dict[str, list[str]]:
    """The landed files that are no longer there, by receipt; those that have all of theirs are left out."""
    there = places.that_exist(lake_dir, [name for receipt in receipts for name in receipt.landed_files])
    gone = {
        receipt.receipt_id: [name for name in receipt.landed_files if name not in there]
        for receipt in receipts
    }
    return {receipt_id: names for receipt_id, names in gone.items() if names}


def as_found(lake_dir: Place, receipts: Sequence[Receipt]) -> list[Receipt]:
    """The receipts with what the lake still has of them: rows of files that are gone count as `FILE_MISSING`.

    So tables that no longer have those rows agree with the receipt, which still adds up.
    """
    found = []
    missing = missing_files(lake_dir, receipts)
    for receipt in receipts:
        loaded, rejected = receipt.loaded, receipt.rejected
        if receipt.receipt_id in missing:
            left = places.existing(lake_dir / name for name in receipt.landed_files)
            loaded = sum(places.scan_parquet([path]).select(pl.len()).collect().item() for path in left)
        if rejected and not rejected_path(lake_dir, receipt.receipt_id).exists():
            rejected = {}
        gone = receipt.loaded - loaded + sum(receipt.rejected.values()) - sum(rejected.values())
        duplicates = {**receipt.duplicates, FILE_MISSING: gone} if gone else receipt.duplicates
        found.append(replace(receipt, loaded=loaded, rejected=rejected, duplicates=duplicates))
    return found


def rejected_path(lake_dir: PlaceT, receipt_id: str) -> PlaceT:
    """Where the rows are that the landing refused; there is no file where it refused none."""
    return lake_dir / REJECTED / f"{receipt_id}.parquet"


def read_receipts(lake_dir: Place) -> list[Receipt]:
    """All receipts of a lake in the order of landing.

    Raises:
        ValueError: a file among the receipts is none; the message names it.
    """
    receipts = []
    for path, text in places.read_each(_records(lake_dir / RECEIPTS)):
        try:
            receipts.append(Receipt.from_json(text.decode()))
        except ValueError as error:
            raise ValueError(f"{path}: {error}. Remove the file and land its input again.") from None
    return sorted(receipts, key=lambda receipt: (receipt.landed_at, receipt.receipt_id))


def receipts_frame(receipts: Sequence[Receipt]) -> pl.DataFrame:
    """`ops.import_receipts`: one row per receipt, outcome and reason."""
    rows = [
        {
            "receipt_id": receipt.receipt_id,
            "landed_at": receipt.landed_at.astimezone(UTC).replace(tzinfo=None),
            "input_file": receipt.input_file,
            "input_sha256": receipt.input_sha256,
            "kind": receipt.kind,
            "target": receipt.target,
            "user_id": receipt.user_id,
            "source_file": receipt.source_file,
            "first_date": receipt.snapshot_date or receipt.first_date,
            "last_date": receipt.snapshot_date or receipt.last_date,
            "books_date": receipt.books_date,
            "dialect": json.dumps(_told_of_cells(receipt), ensure_ascii=False),
            "outcome": outcome,
            "reason": reason,
            "rows": count,
        }
        for receipt in receipts
        for outcome, reasons in (
            ("in", {"": receipt.rows_in}),
            ("loaded", {"": receipt.loaded}),
            ("rejected", receipt.rejected),
            ("duplicate", receipt.duplicates),
        )
        for reason, count in reasons.items()
    ]
    return pl.DataFrame(rows, schema=IMPORT_RECEIPTS.polars_schema)


def _told_of_cells(receipt: Receipt) -> dict[str, object]:
    cells = {"emptied": dict(receipt.emptied), "repaired": dict(receipt.repaired)}
    return {**receipt.dialect, **{name: counts for name, counts in cells.items() if counts}}


def rejected_at_landing(receipts: Sequence[Receipt], lake_dir: Place) -> pl.DataFrame:
    """The rows that some landings refused, columns of `REJECTED_SCHEMA`."""
    paths = places.existing(rejected_path(lake_dir, receipt.receipt_id) for receipt in receipts)
    return pl.concat([no_rejects(), *(places.read_parquet(path) for path in paths)])


def _records(folder: PlaceT) -> list[PlaceT]:
    """The files of a folder of records."""
    return [path for path in places.files(folder) if path.suffix == ".json"]
