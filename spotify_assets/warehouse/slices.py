"""Slices: the rows of a table in one window of time, the unit in which tables are read and written."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from spotify_assets.rows.cleaned import Cleaned
from spotify_assets.rows.window import Window

ROWS_AT_ONCE = 400_000
"""Most rows that are made together of several windows: some hundred megabytes in memory.

Few would cost more: DuckDB writes whole row groups (122,880 rows) as they come, and keeps what is left of a
smaller write uncompressed until the commit.
"""
MOST_ROWS = 1_000_000
"""Most rows of a window that is made in one piece, where it can be made in shares."""
Made = pl.DataFrame | pl.LazyFrame | Cleaned


@dataclass(frozen=True)
class Slices:
    """What an asset returns: one slice after another, each made only when it is about to be written.

    It is not a generator, because Dagster takes a generator for a stream of its own events. `windows` are the
    partitions; those of a group are made and written together. `files` names what a window is read from.
    Windows for which `shares` says how many are made by `make_shares`, one share after the other, each when
    it is about to be written: no row of one depends on another, and what a key makes unique is in one.
    """

    groups: tuple[tuple[Window, ...], ...]
    make: Callable[[Window], Made]
    files: Callable[[Window], Sequence[str]] | None = None
    make_shares: Callable[[Window, int], Generator[Made, None, None]] | None = None
    shares: Mapping[Window, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        windows: Iterable[Window],
        make: Callable[[Window], Made],
        rows: Mapping[date, int] | None = None,
        files: Callable[[Window], Sequence[str]] | None = None,
        make_shares: Callable[[Window, int], Generator[Made, None, None]] | None = None,
    ) -> "Slices":
        """The slices that `make` gives for each window, in order.

        With `rows`, how many rows are to be expected of each date, windows that follow each other are made
        together as long as they come to no more than `ROWS_AT_ONCE`: what a slice costs however few rows it
        has is then paid once for all of them. With `make_shares`, windows of more than `MOST_ROWS` are made
        in shares of about `ROWS_AT_ONCE`.
        """
        groups = tuple(_grouped(windows, rows))
        if make_shares is None or rows is None:
            return cls(groups, make, files)
        expected = {group[0]: _expected(group[0], rows) for group in groups if len(group) == 1}
        cut = {window: -(-count // ROWS_AT_ONCE) for window, count in expected.items() if count > MOST_ROWS}
        return cls(groups, make, files, make_shares, cut)

    @property
    def windows(self) -> tuple[Window, ...]:
        """Every window, in order."""
        return tuple(window for group in self.groups for window in group)


def each_alone(dates: Iterable[date]) -> dict[date, int]:
    """Rows to expect so that each of the dates is a slice of its own, and those between them together."""
    return dict.fromkeys(dates, ROWS_AT_ONCE + 1)


def joined(group: Sequence[Window]) -> Window:
    """The window from the start of the first to the end of the last."""
    return Window(group[0].start, group[-1].end)


def too_large(rows: Mapping[date, int]) -> bool:
    """Whether a date alone has more rows than are made in one piece."""
    return max(rows.values(), default=0) > MOST_ROWS


def _expected(window: Window, rows: Mapping[date, int]) -> int:
    return sum(rows.get(day, 0) for day in window.days())


def _grouped(windows: Iterable[Window], rows: Mapping[date, int] | None) -> Iterator[tuple[Window, ...]]:
    group: list[Window] = []
    total = 0
    for window in windows:
        expected = _expected(window, rows) if rows is not None else ROWS_AT_ONCE
        if group and (total + expected > ROWS_AT_ONCE or group[-1].end != window.start):
            yield tuple(group)
            group, total = [], 0
        group.append(window)
        total += expected
    if group:
        yield tuple(group)
