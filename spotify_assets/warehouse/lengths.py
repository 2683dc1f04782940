"""Lengths of tracks looked up where playbacks and catalogue are stored, see `transforms.lengths`."""

from dataclasses import dataclass, replace
from functools import cached_property, partial

import polars as pl

from spotify_assets.transforms.lengths import (
    FAR_MORE,
    MANY_TIMES,
    NEEDED_OF_PLAYS,
    NEEDED_OF_TRACKS,
    LengthSources,
)
from spotify_assets.transforms.outcomes import STARTS_ONLY
from spotify_assets.warehouse.reader import TableReader

_BEYOND = "beyond"


def length_sources(events: TableReader, tracks: TableReader) -> LengthSources:
    """The sources of lengths in raw.raw_events and core.tracks; all dates of both, whatever slice asks."""
    stored = _Stored(events, tracks)
    return LengthSources(plays=stored.plays, tracks=stored.named, refuted=stored.refuted)


def of_share(sources: LengthSources, events: TableReader) -> LengthSources:
    """The same for the listeners of a share of raw.raw_events, whose own plays are in it."""
    return replace(sources, plays=partial(events.read, None, NEEDED_OF_PLAYS))


@dataclass
class _Stored:
    """What refutes a length is looked for once, when first asked for, or when tasks elsewhere are sent it."""

    events: TableReader
    tracks: TableReader

    def __getstate__(self) -> dict[str, object]:
        return self.__dict__ | {"_refuted": self._refuted}

    def plays(self, named: pl.DataFrame) -> pl.DataFrame:
        return self.events.read(None, NEEDED_OF_PLAYS, named)

    def named(self, named: pl.DataFrame) -> pl.DataFrame:
        return self.tracks.read(None, NEEDED_OF_TRACKS, named)

    def refuted(self) -> pl.DataFrame:
        return self._refuted

    @cached_property
    def _refuted(self) -> pl.DataFrame:
        with_id = f"{self.events.table.full_name} where track_id is not null and source not in {STARTS_ONLY}"
        playbacks = f"(select track_id, event_id, ms_played from {with_id})"
        # In one question DuckDB cannot tell how few lengths are spoken against, and holds all playbacks.
        beyond = self.tracks.query(
            f"""
            with lengths as (
                select distinct track_id, duration_ms from {self.tracks.table.full_name}
            )
            select track_id, duration_ms, count(distinct event_id) as plays
            from lengths
            join {playbacks} using (track_id)
            where ms_played > {FAR_MORE} * duration_ms
            group by all
            having plays >= {MANY_TIMES}
            """
        )
        if beyond.is_empty():
            return beyond.drop("plays")
        return self.tracks.query(
            f"""
            select track_id, duration_ms
            from {_BEYOND}
            join {playbacks} using (track_id)
            where ms_played >= duration_ms
            group by track_id, duration_ms, plays
            having 2 * plays >= count(distinct event_id)
            """,
            frames={_BEYOND: beyond},
        )
