"""What every writer of export files shares: where files go, what is in them, and the key that notes them."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from spotify_assets.generator.answer_key import Entry, KeyWriter
from spotify_assets.generator.dirt import Personal, Rates
from spotify_assets.generator.true_plays import HOUR_MS

Row = dict[str, Any]
Member = tuple[str, bytes]
"""Name in the zip, and content."""

DAY_MS = 24 * HOUR_MS
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Desk:
    """What the files of one corpus are written with. `plays` are those of `export_plays`."""

    inbox: Path
    plays: pl.DataFrame
    personal: Personal
    rates: Rates
    random: np.random.Generator
    key: KeyWriter

    def write(
        self, name: str, content: bytes, kind: str, entries: Iterable[Entry] = (), dirt: str = ""
    ) -> None:
        """Write a file and note it in the key."""
        (self.inbox / name).write_bytes(content)
        self.key.add(name, content, kind, entries, dirt)

    def write_zip(self, name: str, members: Iterable[Member]) -> None:
        """Write a zip, whose members are noted by the caller. They carry one fixed moment, so that equal
        corpora are equal bytes."""
        with zipfile.ZipFile(self.inbox / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members:
                archive.writestr(
                    zipfile.ZipInfo(member, (2025, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED
                )


def csv_text(rows: Iterable[Sequence[str | None]], line_end: str = "\n") -> str:
    """Rows as CSV, quoted where needed."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator=line_end).writerows(rows)
    return buffer.getvalue()


def moment(milliseconds: int) -> datetime:
    """The UTC moment so many milliseconds after 1970."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def midnight_ms(day: date) -> int:
    """Milliseconds from 1970 to the beginning of a UTC date."""
    return (day - EPOCH).days * DAY_MS
