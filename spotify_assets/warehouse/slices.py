"""Slices: the rows of a table in one window of time, the unit in which tables are read and written."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from spotify_assets.rows.cleaned import Cleaned
from spotify_assets.rows.window import Window

ROWS_AT_ONCE = 400_000
"""Most rows that are made together of several windows: some hundred megabytes in memory.

Few would cost more: DuckDB writes whole row groups (122,880 rows) as they come, from both cores, and keeps
what is left of a smaller write uncompressed until the commit.
"""


@dataclass(frozen=True)
class Slices:
    """What an asset returns: one slice after another, each made only when it is about to be written.

    It is not a generator, because Dagster takes a generator for a stream of its own events. `windows` are the
    partitions; those of a group are made and written together. `files` names what a window is read from.
    """

    groups: tuple[tuple[Window, ...], ...]
    make: Callable[[Window], pl.DataFrame | pl.LazyFrame | Cleaned]
    files: Callable[[Window], Sequence[str]] | None = None

    @classmethod
    def of(
        cls,
        windows: Iterable[Window],
        make: Callable[[Window], pl.DataFrame | pl.LazyFrame | Cleaned],
        rows: Mapping[date, int] | None = None,
        files: Callable[[Window], Sequence[str]] | None = None,
    ) -> "Slices":
        """The slices that `make` gives for each window, in order.

        With `rows`, how many rows are to be expected of each date, windows that follow each other are made
        together as long as they come to no more than `ROWS_AT_ONCE`: what a slice costs however few rows it
        has is then paid once for all of them.
        """
        return cls(tuple(_grouped(windows, rows)), make, files)

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


def _grouped(windows: Iterable[Window], rows: Mapping[date, int] | None) -> Iterator[tuple[Window, ...]]:
    group: list[Window] = []
    total = 0
    for window in windows:
        expected = sum(rows.get(day, 0) for day in window.days()) if rows is not None else ROWS_AT_ONCE
        if group and (total + expected > ROWS_AT_ONCE or group[-1].end != window.start):
            yield tuple(group)
            group, total = [], 0
        group.append(window)
        total += expected
    if group:
        yield tuple(group)
