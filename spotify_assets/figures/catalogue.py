"""Popularity and the catalogue: how popular tracks are, what they have in common, and what is on the rise.

Popularity is that of dated catalogue snapshots, and about the catalogue, so that no filter of listening
applies to it; what was listened to follows the filters.
"""

import polars as pl

from spotify_assets.figures.view import SKIP_RATE, Filters, ask, track_counts
from spotify_assets.warehouse.connection import Connection

SHOWN_TRACKS = 5
"""Tracks whose popularity is drawn over time: the most streamed ones, as many as lines can be told apart."""
POPULARITY_STEP = 10
"""Width of a band of popularity, 0 to 100."""
LENGTH_STEP_SECONDS = 30
"""Width of a band of track lengths."""
LONG_TRACK_SECONDS = 480
"""Tracks of eight minutes or more share the last band."""

_CHOSEN_TRACKS = {
    "genre": "track_id in (select track_id from marts.bridge_track_genre where genre = $genre)",
    "artist_id": "primary_artist_id = $artist_id",
}


def popularity_over_time(connection: Connection) -> pl.DataFrame:
    """One row per snapshot: `snapshot_date`, `tracks` with a known popularity, `mean_popularity`."""
    return ask(
        connection,
        """
        select
            snapshot_date,
            sum(tracks)::bigint as tracks,
            sum(tracks * mean_popularity) / sum(tracks) as mean_popularity
        from marts.popularity_by_snapshot
        group by snapshot_date
        order by snapshot_date
        """,
    )


def popularity_distribution(connection: Connection) -> pl.DataFrame:
    """Tracks of a snapshot in bands of ten: `snapshot_date`, `popularity_from`, `tracks`, `track_share`."""
    return ask(
        connection,
        "select snapshot_date, popularity_from, tracks, track_share from marts.popularity_by_snapshot "
        "order by snapshot_date, popularity_from",
    )


def popularity_of_tracks(
    connection: Connection, filters: Filters, tracks: int = SHOWN_TRACKS
) -> pl.DataFrame:
    """The popularity of the most streamed tracks at each snapshot: `rank` (by streams over all days, among
    those that genre and artist of the filters choose), `track_id`, `track_name`, `artist_name`,
    `snapshot_date`, `popularity`.
    """
    return ask(
        connection,
        f"""
        with chosen as (
            select
                track_id,
                track_name,
                primary_artist_name,
                row_number() over (order by track_rank) as rank
            from marts.recording_totals
            where track_rank is not null and {_of_tracks(filters)}
            qualify rank <= $tracks
        )
        select
            chosen.rank,
            chosen.track_id,
            chosen.track_name,
            chosen.primary_artist_name as artist_name,
            facts.snapshot_date,
            facts.popularity
        from chosen
        inner join marts.dim_track as tracks using (track_id)
        inner join marts.fact_track_popularity as facts on facts.track_id = tracks.catalogue_track_id
        where facts.popularity is not null
        order by chosen.rank, facts.snapshot_date
        """,
        filters,
        tracks=tracks,
    )


def popularity_changes(connection: Connection, filters: Filters, tracks: int = 10) -> pl.DataFrame:
    """The tracks whose popularity rose and fell most up to the newest snapshot, the greatest rise first.

    `track_id`, `track_name`, `artist_name`, `previous_popularity`, `popularity`, `popularity_change`,
    `days_since_previous`; at most so many of each direction. Tracks that did not move are left out; of a
    recording with several ids the most popular one is shown.
    """
    return ask(
        connection,
        f"""
        with newest as (
            select facts.*, tracks.track_name, tracks.primary_artist_name as artist_name
            from marts.fact_track_popularity as facts
            inner join (select * from marts.dim_track where {_of_tracks(filters)}) as tracks using (track_id)
            where snapshot_date = (select max(snapshot_date) from marts.fact_track_popularity)
            qualify
                row_number() over (
                    partition by recording_track_id order by facts.popularity desc nulls last, track_id
                ) = 1
        ),
        moved as (
            select
                track_id,
                track_name,
                artist_name,
                previous_popularity,
                popularity,
                popularity_change,
                days_since_previous,
                row_number() over (
                    partition by sign(popularity_change)
                    order by abs(popularity_change) desc, popularity desc, track_id
                ) as place
            from newest
            where popularity_change <> 0
        )
        select * exclude (place)
        from moved
        where place <= $tracks
        order by popularity_change desc, popularity desc, track_id
        """,
        filters,
        tracks=tracks,
    )


def length_and_popularity(connection: Connection, filters: Filters) -> pl.DataFrame:
    """Tracks of the catalogue by length and popularity: `seconds_from` (the last stands for all longer ones),
    `popularity_from`, `tracks`; of the filters, genre and artist choose.
    """
    return ask(
        connection,
        f"""
        select
            least(floor(duration_ms / 1000 / $step) * $step, $longest)::bigint as seconds_from,
            least(popularity // $band, 9)::bigint * $band as popularity_from,
            count(*) as tracks
        from marts.dim_track
        where duration_ms is not null and popularity is not null and {_of_tracks(filters)}
        group by seconds_from, popularity_from
        order by seconds_from, popularity_from
        """,
        filters,
        step=LENGTH_STEP_SECONDS,
        longest=LONG_TRACK_SECONDS,
        band=POPULARITY_STEP,
    )


def length_correlation(connection: Connection, filters: Filters) -> float | None:
    """Spearman's correlation of length and popularity over the tracks that genre and artist choose.

    None with fewer than two different lengths or popularities.
    """
    found = ask(
        connection,
        f"""
        with tracks as (
            select duration_ms, popularity
            from marts.dim_track
            where duration_ms is not null and popularity is not null and {_of_tracks(filters)}
        ),
        ranked as (
            select
                rank() over (order by duration_ms) + (count(*) over (partition by duration_ms) - 1) / 2 as x,
                rank() over (order by popularity) + (count(*) over (partition by popularity) - 1) / 2 as y
            from tracks
        )
        select case when stddev_pop(x) > 0 and stddev_pop(y) > 0 then corr(x, y) end as spearman from ranked
        """,
        filters,
    )
    spearman: float | None = found["spearman"].item()
    return spearman


def release_years(connection: Connection, filters: Filters) -> pl.DataFrame:
    """From which years the music is that was heard in the period: `release_year` (null where unknown),
    `tracks`, `plays`, `streams`, `stream_share`, `skip_rate`.
    """
    return ask(
        connection,
        f"""
        select
            year(tracks.release_date) as release_year,
            count(distinct tracks.recording_track_id) as tracks,
            sum(counts.plays)::bigint as plays,
            sum(counts.streams)::bigint as streams,
            sum(counts.streams) / nullif(sum(sum(counts.streams)) over (), 0) as stream_share,
            {SKIP_RATE} as skip_rate
        from {track_counts(filters)} as counts
        inner join marts.dim_track as tracks using (track_id)
        group by release_year
        order by release_year nulls last
        """,
        filters,
    )


def mainstream_and_niche(connection: Connection) -> pl.DataFrame:
    """What was streamed, month by month: `event_month`, `streams`, `mean_popularity`, `mainstream_share`,
    `niche_share`, and the `middle_share` between them (0 to 1, of streams with a known popularity).
    """
    return ask(
        connection,
        """
        select
            event_month,
            streams,
            mean_popularity,
            mainstream_share,
            1 - mainstream_share - niche_share as middle_share,
            niche_share
        from marts.monthly_taste
        order by event_month
        """,
    )


def new_releases(connection: Connection, filters: Filters, tracks: int = 20) -> pl.DataFrame:
    """Releases of the past 90 days by their trending score: `track_id`, `track_name`, `artist_name`,
    `release_date`, `days_since_release`, `recent_streams` (7 days), `previous_streams` (the 7 before),
    `recent_skip_rate`, `trending_score`. Genre and artist of the filters choose.
    """
    return ask(
        connection,
        f"""
        select
            track_id,
            track_name,
            primary_artist_name as artist_name,
            release_date,
            days_since_release,
            recent_streams,
            previous_streams,
            recent_skip_rate,
            trending_score
        from marts.new_release_trends
        where {_of_tracks(filters)}
        order by trending_score desc, recent_streams desc, track_id
        limit $tracks
        """,
        filters,
        tracks=tracks,
    )


def _of_tracks(filters: Filters) -> str:
    """The condition on a table with `track_id` and `primary_artist_id` that genre and artist make."""
    chosen = [sql for name, sql in _CHOSEN_TRACKS.items() if name in filters.chosen]
    return " and ".join(chosen) or "true"
