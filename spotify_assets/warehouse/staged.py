"""Slices that were made elsewhere: rows and account as files under names that no other attempt has.

A task audits its rows, writes them, and signs what it wrote: name, size and version of each file and how many
rows it has. Of a task that died, or was done twice, the files are in no list that reaches the commit, so that
they are never read; who made the list removes them, or `upkeep` does when nobody is left to.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any
from uuid import uuid4

import duckdb
import polars as pl

from spotify_assets import places
from spotify_assets.places import Place
from spotify_assets.rows.cleaned import Cleaned, no_rejects
from spotify_assets.rows.tally import TALLY
from spotify_assets.rows.window import Window
from spotify_assets.tables import Table
from spotify_assets.warehouse.connection import Connection
from spotify_assets.warehouse.errors import WarehouseError
from spotify_assets.warehouse.making import MadeHere, made
from spotify_assets.warehouse.slices import Slices, joined
from spotify_assets.warehouse.store import Predicate, audited, insert_audited
from spotify_assets.warehouse.upkeep import ABANDONED

PREFIX = "staged-"
"""How names of staged files begin; then comes the name of the attempt, and then one that is unique."""
_ROWS, _REJECTED, _REPEATS = "rows", "rejected", "repeats"
Adopt = Callable[[Connection, Table, Place], None]
"""How a warehouse takes a file as its own; it knows the table's columns by their names."""


@dataclass(frozen=True)
class Signed:
    """What a task says of the rows and account of one part; all of it can be told as JSON."""

    group: Sequence[Window]
    files: Mapping[str, tuple[str, int, str]]
    """Name, size and version of the files of the rows, the refused rows and the repeats, where any are."""
    rows_in: int
    rows_read: int
    """Rows that the task read from tables for it."""
    rows_per_date: Mapping[date, int]
    duplicates: Mapping[str, int]

    def to_json(self) -> str:
        """As text."""
        return json.dumps(
            {
                "group": [(w.start.isoformat(), w.end.isoformat()) for w in self.group],
                "files": self.files,
                "rows_in": self.rows_in,
                "rows_read": self.rows_read,
                "rows_per_date": {day.isoformat(): rows for day, rows in self.rows_per_date.items()},
                "duplicates": self.duplicates,
            }
        )

    @classmethod
    def from_json(cls, said: str) -> "Signed":
        """From that text."""
        found = json.loads(said)
        return cls(
            [Window(date.fromisoformat(start), date.fromisoformat(end)) for start, end in found["group"]],
            {kind: (name, size, version) for kind, (name, size, version) in found["files"].items()},
            found["rows_in"],
            found["rows_read"],
            {date.fromisoformat(day): rows for day, rows in found["rows_per_date"].items()},
            found["duplicates"],
        )


@dataclass(frozen=True)
class Staging:
    """A folder in which an attempt to write a table stages its files."""

    folder: Place
    attempt: str = field(default_factory=lambda: uuid4().hex)

    def write(self, kind: str, frame: pl.DataFrame) -> tuple[str, int, str]:
        """Write a file under a new name; returns its name, size and version."""
        name = f"{PREFIX}{self.attempt}-{uuid4().hex}-{kind}.parquet"
        places.write_parquet(self.folder / name, frame)
        state = places.state(self.folder / name)
        assert state is not None
        return name, state.size, state.version

    def files(self) -> list[Place]:
        """What this attempt has written and is still there."""
        return places.files(self.folder, begins=f"{PREFIX}{self.attempt}-")


def stage(slices: Slices, table: Table, staging: Staging) -> Iterator[Signed]:
    """Make the groups of some slices, audit and write them, and sign what was written.

    Raises:
        SliceRefusedError: rows may not stand in the table; nothing of their part was written.
    """
    before = TALLY.read

    def written(part: MadeHere) -> Signed:
        nonlocal before
        read, before = TALLY.read - before, TALLY.read
        return _written(part, table, staging, read)

    with closing(made(slices, table)) as parts:
        yield from map(written, parts)  # a loop would hold each of them while the next one is made


def _written(part: MadeHere, table: Table, staging: Staging, rows_read: int) -> Signed:
    column, window, account = str(table.partition_column), joined(part.group), part.account
    with duckdb.connect() as connection:
        target = Predicate.window(column, window)
        rows = audited(connection, table, account.rows, target, label=str(window))
    frames = {_ROWS: rows, _REJECTED: account.rejected, _REPEATS: account.duplicate_plays}
    there = {kind: frame for kind, frame in frames.items() if frame is not None and frame.height}
    files = {kind: staging.write(kind, frame) for kind, frame in there.items()}
    per_date = dict(rows[column].value_counts().sort(column).iter_rows())
    return Signed(part.group, files, account.rows_in, rows_read, per_date, account.duplicates)


@dataclass(frozen=True)
class Staged:
    """A part whose rows lie in a file: taken by the warehouse as it is where it can, else inserted."""

    signed: Signed
    staging: Staging
    table: Table
    adopt: Adopt | None

    @property
    def group(self) -> Sequence[Window]:
        """The windows, in order."""
        return self.signed.group

    @cached_property
    def account(self) -> Cleaned:
        """What became of the rows; of those that stay the partition column alone."""
        column = str(self.table.partition_column)
        days = pl.DataFrame(
            {column: list(self.signed.rows_per_date), "n": list(self.signed.rows_per_date.values())},
            schema={column: pl.Date(), "n": pl.Int64()},
        )
        rejected, repeats = self._frame(_REJECTED), self._frame(_REPEATS)
        return Cleaned(
            days.select(pl.col(column).repeat_by("n")).explode(column),
            self.signed.rows_in,
            no_rejects() if rejected is None else rejected,
            dict(self.signed.duplicates),
            repeats,
        )

    def insert(self, connection: Connection, table: Table) -> None:
        """Take the file, or insert its rows; they were audited where they were made.

        Raises:
            WarehouseError: the file is not the one that was signed.
        """
        if _ROWS not in self.signed.files:
            return
        place = self._checked(_ROWS)
        if self.adopt is not None:
            self.adopt(connection, table, place)
        else:
            insert_audited(connection, table, places.read_parquet(place))

    def _frame(self, kind: str) -> pl.DataFrame | None:
        return places.read_parquet(self._checked(kind)) if kind in self.signed.files else None

    def _checked(self, kind: str) -> Place:
        name, size, version = self.signed.files[kind]
        place = self.staging.folder / name
        found = places.state(place)
        if found is None or (found.size, found.version) != (size, version):
            raise WarehouseError(f"{place} is not as its task wrote it: start the run again")
        return place


def remove_abandoned(folder: Place) -> None:
    """Remove what runs that died have left in a folder of their own."""
    before = time.time() - ABANDONED.total_seconds()
    found = [(file, places.state_as_listed(file)) for file in places.files(folder, begins=PREFIX)]
    places.remove(file for file, state in found if state is not None and state.written < before)


def signed_by(answers: Sequence[Mapping[str, Any]]) -> list[Signed]:
    """What tasks signed, in the order of the windows."""
    found = [Signed.from_json(each) for answer in answers for each in answer["signed"]]
    return sorted(found, key=lambda signed: signed.group[0])
