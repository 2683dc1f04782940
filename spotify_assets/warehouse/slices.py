"""Slices: the rows of a table in one window of time, the unit in which tables are read and written."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from spotify_assets.transforms.cleaned import Cleaned


@dataclass(frozen=True, order=True)
class Window:
    """The UTC dates from `start` up to, not including, `end`."""

    start: date
    end: date

    def __str__(self) -> str:
        last = self.end - timedelta(days=1)
        return self.start.isoformat() if last == self.start else f"{self.start} to {last}"

    def days(self) -> list[date]:
        """Every date of the window."""
        return [self.start + timedelta(days=i) for i in range((self.end - self.start).days)]

    def preceding(self, days: int) -> "Window":
        """The window of so many days that ends where this one starts."""
        return Window(self.start - timedelta(days=days), self.start)


@dataclass(frozen=True)
class Slices:
    """What an asset returns: one slice after another, each made only when it is about to be written.

    It is not a generator, because Dagster takes a generator for a stream of its own events.
    """

    windows: tuple[Window, ...]
    make: Callable[[Window], pl.DataFrame | pl.LazyFrame | Cleaned]

    @classmethod
    def of(
        cls, windows: Iterable[Window], make: Callable[[Window], pl.DataFrame | pl.LazyFrame | Cleaned]
    ) -> "Slices":
        """The slices that `make` gives for each window, in order."""
        return cls(tuple(windows), make)
