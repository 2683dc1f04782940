"""Genres: how much each is heard, how often it is skipped, and how shares move.

A track counts for each of its genres by its weight, so that genres add up to all that was heard.
"""

import polars as pl

from spotify_assets.figures.overview import MS_PER_MINUTE
from spotify_assets.figures.personal_queries import LEAST_PLAYS
from spotify_assets.figures.view import Filters, ask, track_counts, track_counts_over_time
from spotify_assets.warehouse.connection import Connection


def by_genre(connection: Connection, filters: Filters) -> pl.DataFrame:
    """One row per genre, most streams first: `genre`, `plays`, `streams`, `stream_share` (0 to 1, null
    without streams), `skip_rate`, `minutes` heard, each by genre weight, and `previous_share`,
    `previous_plays` and `previous_skip_rate` of the compared period, null where there is none.
    """
    now = _by_genre(connection, filters)
    compared = filters.of_compared()
    before = (_by_genre(connection, compared) if compared else now.clear()).select(
        "genre", previous_share="stream_share", previous_plays="plays", previous_skip_rate="skip_rate"
    )
    return now.join(before, on="genre", how="left", maintain_order="left")


def most_skipped(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of `by_genre` with at least `LEAST_PLAYS` plays by weight, most skipped first.

    A compared skip rate of fewer plays is null.
    """
    before = pl.when(pl.col("previous_plays") >= LEAST_PLAYS).then("previous_skip_rate")
    return (
        rows.filter(pl.col("plays") >= LEAST_PLAYS)
        .with_columns(previous_skip_rate=before)
        .sort("skip_rate", "genre", descending=[True, False], nulls_last=True)
    )


def _by_genre(connection: Connection, filters: Filters) -> pl.DataFrame:
    return ask(
        connection,
        f"""
        with tracks as (
            select track_id, sum(plays) as plays, sum(streams) as streams, sum(skips) as skips,
                sum(unknowns) as unknowns, sum(ms_played) as ms_played
            from {track_counts(filters)}
            group by track_id
        )
        select
            genre,
            sum(weight * plays) as plays,
            sum(weight * streams) as streams,
            sum(weight * streams) / nullif(sum(sum(weight * streams)) over (), 0) as stream_share,
            sum(weight * skips) / nullif(sum(weight * (plays - unknowns)), 0) as skip_rate,
            sum(weight * ms_played) / {MS_PER_MINUTE} as minutes
        from tracks
        inner join marts.bridge_track_genre using (track_id)
        group by genre
        order by streams desc, genre
        """,
        filters,
    )


def shares_over_time(connection: Connection, filters: Filters, genres: tuple[str, ...]) -> pl.DataFrame:
    """Share of streams of some genres in each week (from Monday), in long periods in each month.

    One row per step and genre with streams: `step`, its first day; `genre`; `stream_share` of all genres.
    """
    return ask(
        connection,
        f"""
        with tracks as (
            select step, track_id, sum(streams) as streams
            from {track_counts_over_time(filters)}
            group by step, track_id
        ),
        shares as (
            select
                step,
                genre,
                sum(weight * streams)
                    / nullif(sum(sum(weight * streams)) over (partition by step), 0) as stream_share
            from tracks
            inner join marts.bridge_track_genre using (track_id)
            group by step, genre
        )
        select *
        from shares
        where list_contains($genres, genre) and stream_share > 0
        order by step, genre
        """,
        filters,
        genres=list(genres),
    )
