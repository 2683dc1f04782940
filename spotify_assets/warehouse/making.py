"""Where slices are made: in this process, one after the other, each while the one before is written.

The other answer to the same question is `on_spark`: elsewhere, all of them before anything is written.
"""

from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Protocol, TypeVar

import polars as pl

from spotify_assets.rows.cleaned import Cleaned
from spotify_assets.rows.window import Window
from spotify_assets.tables import Table
from spotify_assets.warehouse.books import can_be_split
from spotify_assets.warehouse.connection import Connection
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.errors import SliceRefusedError
from spotify_assets.warehouse.slices import Slices, joined
from spotify_assets.warehouse.store import Predicate, insert_rows

T = TypeVar("T")
INDEPENDENT = "slices are independent"
"""Metadata of an asset whose windows read no window of their own table, so that they may be made anywhere."""


class Part(Protocol):
    """The rows of windows that were made together, wherever they are, with their account."""

    @property
    def group(self) -> Sequence[Window]:
        """The windows, in order."""

    @property
    def account(self) -> Cleaned:
        """What became of the rows; of those that stay at least the partition column."""

    def insert(self, connection: Connection, table: Table) -> None:
        """Put the rows into the table, inside the caller's transaction.

        Raises:
            SliceRefusedError: they may not stand there.
        """


class Maker(Protocol):
    """A place where slices are made."""

    def parts(
        self, slices: Slices, table: Table, warehouse: Warehouse
    ) -> AbstractContextManager[Iterable[Part]]:
        """The parts of a table for the time of a call, in order; what was staged for it is gone afterwards.

        Raises:
            SliceRefusedError: a slice was refused where it was made.
        """

    def reads(self, warehouse: Warehouse) -> Warehouse:
        """The warehouse as slices that are made there read it."""


@dataclass(frozen=True)
class MadeHere:
    """Rows in memory."""

    group: Sequence[Window]
    account: Cleaned

    def insert(self, connection: Connection, table: Table) -> None:
        """Insert them, once they were audited."""
        window = joined(self.group)
        target = Predicate.window(str(table.partition_column), window)
        insert_rows(connection, table, self.account.rows, target, label=str(window))


class InProcess:
    """The default: a slice is made in this process when it is asked for."""

    def parts(
        self, slices: Slices, table: Table, warehouse: Warehouse
    ) -> AbstractContextManager[Iterable[Part]]:
        """The parts, each made when it is asked for."""
        del warehouse
        return closing(made(slices, table))

    def reads(self, warehouse: Warehouse) -> Warehouse:
        """As it is."""
        return warehouse


def made(slices: Slices, table: Table) -> Generator[MadeHere, None, None]:
    """The groups of windows with their rows; window by window where their account cannot be told apart, and
    share by share where a window is too large."""
    for group in slices.groups:
        if len(group) == 1 and (count := slices.shares.get(group[0])) and slices.make_shares is not None:
            with closing(slices.make_shares(group[0], count)) as shares:
                # A loop would hold each of them while the next one is made.
                yield from map(partial(_part, group, table), shares)
            continue
        together = cleaned(slices.make(joined(group)), table)
        if len(group) == 1 or can_be_split(together):
            part = MadeHere(group, together)
            del together
            yield part
            del part  # else it would be held while the next one is made
        else:
            del together
            for window in group:
                yield MadeHere([window], cleaned(slices.make(window), table))


def _part(group: Sequence[Window], table: Table, obj: object) -> MadeHere:
    return MadeHere(group, cleaned(obj, table))


def one_ahead(parts: Iterable[T]) -> Generator[T, None, None]:
    """The parts in order, each made in a thread while the caller is busy with the one before.

    At most two are held: the caller's and the next one. Whatever making one raises is raised where it is
    asked for. Once this is closed nothing is being made any more.
    """
    coming = iter(parts)

    def one_or_none() -> list[T]:
        return list(islice(coming, 1))

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="next-slice") as beside:
        following = beside.submit(one_or_none)
        while part := following.result():
            following = beside.submit(one_or_none)
            yield part.pop()


def cleaned(obj: object, table: Table) -> Cleaned:
    """The rows with their account; a bare frame is one where every row that came in stays.

    Raises:
        SliceRefusedError: it is no frame.
    """
    if isinstance(obj, pl.LazyFrame):
        obj = obj.collect(engine="streaming")
    if isinstance(obj, pl.DataFrame):
        return Cleaned(obj, rows_in=obj.height)
    if isinstance(obj, Cleaned):
        return obj
    raise SliceRefusedError(
        f"{table.full_name}: an asset returns a Polars frame, Cleaned or Slices, not {type(obj).__name__}. "
        "Nothing was written."
    )
