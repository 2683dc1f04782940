"""A slice of events and the days around it, in which every playback comes once, by whatever sources."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache

import polars as pl

from spotify_assets.transforms.overlaps import (
    NEEDED_FOR_OVERLAPS,
    may_go_on,
    no_overlaps,
    overlapping,
    users_of_several_sources,
)

ReadDays = Callable[[int], pl.DataFrame]
"""Gives the valid events of so many days next to a slice."""

LOOK_AROUND_DAYS = (1, 2, 4, 16)
"""How far around a slice overlaps are looked for, further each time that a chain of them may go on."""
FIRST_LOOKBACK = 1
"""Days before the slice that are nearly always wanted as well."""


class Neighbours:
    """The events of a slice and of the days before it without those that another source's row stands for.

    What is dropped does not depend on where the slice begins and ends: the days around it are looked at,
    too. Without `read_after` all events come from one source, and nothing is dropped.
    """

    def __init__(self, events: pl.DataFrame, read_before: ReadDays, read_after: ReadDays | None) -> None:
        self._events = events
        self._read_before = cache(read_before)
        self._read_after = cache(read_after) if read_after else None
        # No cache of a bound method: with it the slice would stay in memory until cycles are collected.
        self._known_overlaps: dict[int, pl.DataFrame] = {}

    @property
    def overlaps(self) -> pl.DataFrame:
        """The rows of the slice, and perhaps of days before it, that other rows stand for.

        As `overlapping` gives them.
        """
        return self._overlaps(FIRST_LOOKBACK)

    def before(self, days: int) -> pl.DataFrame:
        """The events of so many days before the slice."""
        overlaps = self._overlaps(days)
        return self._read_before(days).join(overlaps, on="event_id", how="anti", maintain_order="left")

    def _overlaps(self, days: int) -> pl.DataFrame:
        if days not in self._known_overlaps:
            self._known_overlaps[days] = self._find_overlaps(days)
        return self._known_overlaps[days]

    def _find_overlaps(self, days: int) -> pl.DataFrame:
        """The overlaps of the slice and of so many days before it."""
        if self._read_after is None or self._events.is_empty():
            return no_overlaps()
        first, last = self._events["event_date"].min(), self._events["event_date"].max()
        several = self._events.clear()
        for margin in LOOK_AROUND_DAYS:
            parts = [self._read_before(days + margin), self._events, self._read_after(margin)]
            events = pl.concat([part.select(NEEDED_FOR_OVERLAPS) for part in parts])
            several = events.filter(pl.col("user_id").is_in(users_of_several_sources(events).implode()))
            if several.is_empty() or not may_go_on(several, first - timedelta(days=days), last, margin):  # type: ignore[operator,arg-type]
                break
        return overlapping(several)
