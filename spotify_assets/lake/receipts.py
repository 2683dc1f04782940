"""Receipts: what became of every row of every file that was handed in.

One JSON file per landing under `<lake>/_receipts/`, written last: a landing without a receipt did not
happen. The rows that landing refused are beside it, under `<lake>/_rejected/`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from spotify_assets.catalog import IMPORT_RECEIPTS
from spotify_assets.lake.layout import RECEIPTS
from spotify_assets.transforms.cleaned import no_rejects

REJECTED = "_rejected"
_DATES = ("snapshot_date", "first_date", "last_date")


@dataclass(frozen=True)
class Receipt:
    """The account of one file handed in.

    `landed_at` is UTC; `input_file` is the name alone (inside an archive: with its place there), never a
    path of the machine; `source_file` is what the raw tables call the file; `user_id` is whose listening it
    is, None where the file itself says; `first_date` and `last_date` are those of the events that were
    loaded. `rejected` and `duplicates` count rows by reason code; `landed_files` are relative to the lake.
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
    already_landed: bool = field(default=False, compare=False)

    @property
    def reconciles(self) -> bool:
        """Whether every row that came in was loaded, refused or dropped as a duplicate."""
        return self.rows_in == self.loaded + sum(self.rejected.values()) + sum(self.duplicates.values())

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


def rejected_path(lake_dir: Path, receipt_id: str) -> Path:
    """Where the rows are that the landing refused; there is no file where it refused none."""
    return lake_dir / REJECTED / f"{receipt_id}.parquet"


def read_receipts(lake_dir: Path) -> list[Receipt]:
    """All receipts of a lake in the order of landing.

    Raises:
        ValueError: a file among the receipts is none; the message names it.
    """
    receipts = []
    for path in sorted((lake_dir / RECEIPTS).glob("[!.]*.json")):
        try:
            receipts.append(Receipt.from_json(path.read_text(encoding="utf-8")))
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
            "dialect": json.dumps(receipt.dialect, ensure_ascii=False),
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


def rejected_at_landing(receipts: Sequence[Receipt], lake_dir: Path) -> pl.DataFrame:
    """The rows that some landings refused, columns of `REJECTED_SCHEMA`."""
    paths = [rejected_path(lake_dir, receipt.receipt_id) for receipt in receipts]
    return pl.concat([no_rejects(), *(pl.read_parquet(path, glob=False) for path in paths if path.exists())])
