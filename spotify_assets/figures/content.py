"""Tracks, artists and albums: what was heard most, its rank over time, and one of them looked at closely."""

from typing import Literal

import polars as pl

from spotify_assets.figures.overview import COUNTS, MS_PER_MINUTE, on_every_day
from spotify_assets.figures.view import (
    PLAYBACKS,
    TRACK_DAYS,
    Filters,
    ask,
    narrowest,
    track_counts,
    track_counts_over_time,
)
from spotify_assets.warehouse.connection import Connection

Kind = Literal["tracks", "artists", "albums"]
By = Literal["streams", "minutes"]

KEYS: dict[Kind, str] = {
    "tracks": "recording_track_id",
    "artists": "primary_artist_id",
    "albums": "album_id",
}
"""Column of `marts.dim_track` that tells one from another: a track is a recording, whatever its ids."""
_NAMES: dict[Kind, str] = {
    "tracks": "track_name as name, primary_artist_name as artist",
    "artists": "primary_artist_name as name, null::varchar as artist",
    "albums": "album_name as name, primary_artist_name as artist",
}
_UNKNOWN = "unknown"


def tops(connection: Connection, filters: Filters, kind: Kind, by: By, limit: int) -> pl.DataFrame:
    """What was heard most in the period, best first; what nobody can name has no rank.

    One row each: `rank`, `id`, `name`, `artist`, `plays`, `streams`, `skip_rate`, `minutes` heard, and
    `previous_rank` and `previous` (streams or minutes) in the compared period, null where it was not heard.
    Of equals, the one with more plays, then the smaller id, stands first.
    """
    ranked = _ranked(connection, filters, kind, by).head(limit)
    compared = filters.of_compared()
    before = pl.DataFrame(schema={"id": pl.String, "previous_rank": pl.Int64, "previous": pl.Float64})
    if compared:
        before = _ranked(connection, compared, kind, by).select(
            "id", previous_rank="rank", previous=pl.col(by).cast(pl.Float64)
        )
    named = ask(
        connection,
        f"select {KEYS[kind]} as id, {_NAMES[kind]} from marts.dim_track "
        f"where list_contains($ids, {KEYS[kind]}) "
        "qualify row_number() over (partition by id order by track_id <> recording_track_id, track_id) = 1",
        ids=ranked["id"].to_list(),
    )
    return (
        ranked.join(named, on="id", how="left", maintain_order="left")
        .join(before, on="id", how="left", maintain_order="left")
        .select("rank", "id", "name", "artist", *_MEASURES, "previous_rank", "previous")
    )


_MEASURES = ("plays", "streams", "skip_rate", "minutes")


def _ranked(connection: Connection, filters: Filters, kind: Kind, by: By) -> pl.DataFrame:
    """Everything that was heard, in order: `rank`, `id` and the measures."""
    return ask(
        connection,
        f"""
        with counted as (
            select track_id, sum(plays) as plays, sum(streams) as streams, sum(skips) as skips,
                sum(unknowns) as unknowns, sum(ms_played) as ms_played
            from {track_counts(filters)}
            group by track_id
        ),
        totals as (
            select {KEYS[kind]} as id, {COUNTS}
            from counted
            inner join marts.dim_track using (track_id)
            group by id
        )
        select row_number() over (order by {by} desc, plays desc, id) as rank, *
        from totals
        where id <> '{_UNKNOWN}'
        order by rank
        """,
        filters,
    )


def ranks_over_time(
    connection: Connection, filters: Filters, kind: Kind, by: By, ids: tuple[str, ...]
) -> pl.DataFrame:
    """The rank of some of them in each week (from Monday), in long periods in each month.

    One row per step and id that was heard in it: `step`, its first day; `id`; `rank` among all; `value`,
    streams or minutes. Weeks and months at the ends of the period count only the days that are in it.
    """
    measure = "streams" if by == "streams" else f"ms_played / {MS_PER_MINUTE}"
    return ask(
        connection,
        f"""
        with counted as (
            select step, track_id, sum(plays) as plays, sum({measure}) as value
            from {track_counts_over_time(filters)}
            group by step, track_id
        ),
        totals as (
            select step, {KEYS[kind]} as id, sum(plays) as plays, sum(value)::double as value
            from counted
            inner join marts.dim_track using (track_id)
            group by step, id
        ),
        ranked as (
            select
                step,
                id,
                row_number() over (partition by step order by value desc, plays desc, id) as rank,
                value
            from totals
            where id <> '{_UNKNOWN}'
        )
        select *
        from ranked
        where list_contains($ids, id)
        order by step, rank
        """,
        filters,
        ids=list(ids),
    )


def details(connection: Connection, kind: Kind, identifier: str) -> pl.DataFrame:
    """What the catalogue and all days know of one of them: one row, or none where there is no such id."""
    table, key = {
        "tracks": ("marts.recording_totals", "track_id"),
        "artists": ("marts.artist_totals", "artist_id"),
        "albums": ("marts.album_totals", "album_id"),
    }[kind]
    return ask(connection, f"select * from {table} where {key} = $id", id=identifier)


def one_by_day(connection: Connection, filters: Filters, kind: Kind, identifier: str) -> pl.DataFrame:
    """The days of the period for one of them, with the columns that `overview.by_day` has for all."""
    counted = ask(
        connection,
        f"select event_date, {COUNTS} from {narrowest(filters, TRACK_DAYS, PLAYBACKS)} "
        f"where track_id in (select track_id from marts.dim_track where {KEYS[kind]} = $id) "
        "group by event_date",
        filters,
        id=identifier,
    )
    return on_every_day(filters.period, "event_date", counted)


def tracks_of(
    connection: Connection, filters: Filters, kind: Kind, identifier: str, limit: int
) -> pl.DataFrame:
    """The recordings of an artist or album heard in the period, most streams first: `track_id` and `name` of
    the track that stands for it, and the measures."""
    return ask(
        connection,
        f"""
        with counted as (
            select recording_track_id, {COUNTS}
            from {track_counts(filters)}
            inner join marts.dim_track using (track_id)
            where {KEYS[kind]} = $id
            group by recording_track_id
        )
        select shown.track_id, shown.track_name as name, counted.* exclude (recording_track_id)
        from counted
        inner join marts.dim_track as shown on shown.track_id = counted.recording_track_id
        order by streams desc, plays desc, track_id
        limit {limit}
        """,
        filters,
        id=identifier,
    )


def rank_in_artist(connection: Connection, limit: int) -> pl.DataFrame:
    """The most streamed tracks of each of the most streamed artists, over all days.

    One row per artist (the first `limit` ones) and track (its first five): `artist_rank`, `artist`,
    `rank_in_artist`, `name`, `streams`.
    """
    return ask(
        connection,
        """
        select
            artist_rank, artist_name as artist, rank_in_artist, track_name as name, tracks.streams
        from marts.recording_totals as tracks
        inner join marts.artist_totals on artist_id = primary_artist_id
        where artist_rank <= $limit and rank_in_artist <= 5
        order by artist_rank, rank_in_artist
        """,
        limit=limit,
    )
