"""Lengths of tracks looked up where playbacks and catalogue are stored, see `transforms.lengths`."""

from functools import cache

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


def length_sources(events: TableReader, tracks: TableReader) -> LengthSources:
    """The sources of lengths in raw.raw_events and core.tracks; all dates of both, whatever slice asks.

    What refutes a length is looked for once, when it is first asked for.
    """

    @cache
    def refuted() -> pl.DataFrame:
        with_id = f"{events.table.full_name} where track_id is not null and source not in {STARTS_ONLY}"
        return tracks.query(
            f"""
            with lengths as (
                select distinct track_id, duration_ms from {tracks.table.full_name}
            ),
            beyond as (
                select track_id, duration_ms, count(distinct event_id) as plays
                from lengths
                join (select track_id, event_id, ms_played from {with_id}) using (track_id)
                where ms_played > {FAR_MORE} * duration_ms
                group by all
                having plays >= {MANY_TIMES}
            )
            select track_id, duration_ms
            from beyond
            join (select track_id, event_id, ms_played from {with_id}) using (track_id)
            where ms_played >= duration_ms
            group by track_id, duration_ms, plays
            having 2 * plays >= count(distinct event_id)
            """
        )

    return LengthSources(
        plays=lambda named: events.read(None, NEEDED_OF_PLAYS, named),
        tracks=lambda named: tracks.read(None, NEEDED_OF_TRACKS, named),
        refuted=refuted,
    )
