"""A slice of events and the days around it, in which every playback comes once, by whatever sources."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache

import polars as pl

from spotify_assets.transforms.filling import FILLED, filled
from spotify_assets.transforms.offline_sync import days_to_look_back, uploaded_again
from spotify_assets.transforms.overlaps import (
    NEEDED_FOR_OVERLAPS,
    REPORTING,
    SOURCES,
    UPLOAD_TIMED,
    may_go_on,
    no_overlaps,
    overlapping,
    told_at_upload,
    users_of_several_sources,
)

ReadDays = Callable[[int], pl.DataFrame]
"""Gives the valid events of so many days next to a slice."""
ReadReported = Callable[[pl.DataFrame], pl.DataFrame]
"""Gives the valid events that were reported on the dates (`user_id`, `reported_date`), whenever they were
heard."""

LOOK_AROUND_DAYS = (1, 2, 4, 16)
"""How far around a slice overlaps are looked for, further each time that a chain of them may go on."""
FIRST_LOOKBACK = 1
"""Days before the slice that are nearly always wanted as well."""


_NEEDED = tuple(dict.fromkeys((*NEEDED_FOR_OVERLAPS, *FILLED)))
"""Columns of valid events that overlaps are found by and rows are filled with."""


class Neighbours:
    """The events of a slice and of the days before it without those that another row stands for.

    What is dropped and filled does not depend on where the slice begins and ends: the days around it are
    looked at, too, and what was heard offline is looked at together with the date on which it was reported,
    where `read_reported` is given: some source tells of the upload alone. Without `read_after` all events
    come from one source, and none stands for another source's. `read_moved` gives the rows of the slice and
    of the days before it, repeats included, that were heard earlier than they were reported.
    """

    def __init__(
        self,
        events: pl.DataFrame,
        read_before: ReadDays,
        read_after: ReadDays | None,
        read_moved: ReadDays | None = None,
        *,
        read_reported: ReadReported | None = None,
    ) -> None:
        self._events = events
        self._read_before = cache(read_before)
        self._read_after = cache(read_after) if read_after else None
        self._read_reported = read_reported
        self._read_moved = read_moved
        # No cache of a bound method: with it the slice would stay in memory until cycles are collected.
        self._known_overlaps: dict[int, pl.DataFrame] = {}

    @property
    def overlaps(self) -> pl.DataFrame:
        """The rows of the slice, and perhaps of days before it, that other sources' rows stand for.

        As `overlapping` gives them, with the fields that the rows that stay may be filled from.
        """
        return self._overlaps(FIRST_LOOKBACK)

    @property
    def uploads(self) -> pl.DataFrame:
        """The rows of the slice that earlier uploads of the same playback stand for, as `uploaded_again`."""
        return self._uploaded_again(self._events, 0)

    def before(self, days: int) -> pl.DataFrame:
        """The events of so many days before the slice."""
        read = self._read_before(days)
        read = read.join(self._uploaded_again(read, days), on="event_id", how="anti", maintain_order="left")
        return stood_for(read, self._overlaps(days))

    def _uploaded_again(self, events: pl.DataFrame, days: int) -> pl.DataFrame:
        """What earlier uploads stand for of events that begin so many days before the slice."""
        if back := days_to_look_back(events):
            earlier = self._read_before(days + back)
            events = pl.concat([earlier, events.select(earlier.columns)]).unique("event_id", keep="first")
        return uploaded_again(events)

    def _overlaps(self, days: int) -> pl.DataFrame:
        if days not in self._known_overlaps:
            self._known_overlaps[days] = self._find_overlaps(days)
        return self._known_overlaps[days]

    def _find_overlaps(self, days: int) -> pl.DataFrame:
        """The overlaps of the slice and of so many days before it."""
        if self._read_after is None or self._events.is_empty():
            return no_overlaps()
        first, last = self._events["event_date"].min(), self._events["event_date"].max()
        events, several = self._events.clear(), self._events.clear()
        for margin in LOOK_AROUND_DAYS:
            parts = [self._read_before(days + margin), self._events, self._read_after(margin)]
            events = pl.concat([part.select(_NEEDED) for part in parts])
            several = _of_several_sources(events)
            if several.is_empty() or not may_go_on(several, first - timedelta(days=days), last, margin):  # type: ignore[operator,arg-type]
                break
        elsewhere = self._reported_with(events)
        if elsewhere.height:
            several = _of_several_sources(pl.concat([events, elsewhere]))
        at_upload = self._told_at_upload(days)
        found = overlapping(several.join(at_upload, on="event_id", how="anti"))
        pairs = self._of_first_uploads(pl.concat([at_upload, found]), days)
        return pairs.join(several.select("event_id", *FILLED), on="event_id", how="left")

    def _reported_with(self, events: pl.DataFrame) -> pl.DataFrame:
        """What lies elsewhere and was reported on the dates of rows that tell of the report alone, or of what
        was heard offline."""
        if self._read_reported is None:
            return events.clear()
        told = events.filter(pl.col("source").is_in(REPORTING) | pl.col("reported_at").is_not_null())
        dates = told.select(
            "user_id", reported_date=pl.coalesce("reported_at", "ended_at").dt.date()
        ).unique()
        if dates.is_empty():
            return events.clear()
        return self._read_reported(dates).select(_NEEDED).join(events, on="event_id", how="anti")

    def _told_at_upload(self, days: int) -> pl.DataFrame:
        """The rows of sources that tell of offline listening when it was uploaded, as `told_at_upload`."""
        read = self._read_before(days).select(NEEDED_FOR_OVERLAPS)
        events = pl.concat([read, self._events.select(NEEDED_FOR_OVERLAPS)])
        if self._read_moved is None or not (events["source"] == UPLOAD_TIMED).any():
            return no_overlaps()
        return told_at_upload(events, self._read_moved(days))

    def _of_first_uploads(self, overlaps: pl.DataFrame, days: int) -> pl.DataFrame:
        """The overlaps with the row that stays in the end, where the one that stands for them is dropped."""
        if overlaps.is_empty():
            return overlaps
        again = pl.concat([self._uploaded_again(self._read_before(days), days), self.uploads])
        first = again.select(kept_event_id="event_id", _first="kept_event_id").unique("kept_event_id")
        return overlaps.join(first, on="kept_event_id", how="left", maintain_order="left").select(
            "event_id",
            pl.coalesce("_first", "kept_event_id").alias("kept_event_id"),
            "source",
            "kept_source",
        )


def stood_for(rows: pl.DataFrame, overlaps: pl.DataFrame) -> pl.DataFrame:
    """The rows without those that others stand for; the others take from them what they lack."""
    if overlaps.is_empty():
        return rows
    kept = rows.join(overlaps, on="event_id", how="anti", maintain_order="left")
    by_trust = overlaps.with_columns(
        _trust=pl.col("source").replace_strict(_TRUST, default=len(_TRUST), return_dtype=pl.Int64)
    )
    return filled(kept, by_trust, ["_trust", "source", "event_id"])


def _of_several_sources(events: pl.DataFrame) -> pl.DataFrame:
    return events.filter(pl.col("user_id").is_in(users_of_several_sources(events).implode()))


_TRUST = {source.source: rank for rank, source in enumerate(SOURCES)}
