-- How does the popularity of tracks change from week to week?
-- A track's popularity in a week is that of its last snapshot in it.

with parameters as (

    select
        coalesce(getvariable('artist'), '%') as artist, -- name of the artist; % stands for any text
        coalesce(getvariable('track'), '%') as track, -- name of the track; % stands for any text
        coalesce(getvariable('weeks'), 12) as weeks, -- how many weeks, up to the newest
        coalesce(getvariable('top'), 10) as row_count -- how many tracks, the most popular ones

),

newest_snapshot as (

    select max(snapshot_date) as snapshot_date
    from {{ ref('fact_track_popularity') }}

),

-- popularity is of a track id: of a recording the most popular one is taken
of_recordings as (

    select
        *,
        row_number() over (
            partition by recording_track_id
            order by
                popularity desc nulls last,
                track_id asc
        ) as place
    from {{ ref('dim_track') }}
    where is_in_catalogue

),

chosen as (

    select
        tracks.track_id,
        tracks.track_name,
        tracks.primary_artist_name,
        row_number() over (
            order by
                tracks.popularity desc nulls last,
                tracks.track_id asc
        ) as rank
    from of_recordings as tracks
    cross join parameters
    where
        tracks.place = 1
        and {{ is_like('tracks.track_name', 'parameters.track') }}
        and {{ is_like('tracks.primary_artist_name', 'parameters.artist') }}

),

weekly as (

    select
        chosen.rank,
        chosen.track_id,
        chosen.track_name,
        chosen.primary_artist_name,
        cast(date_trunc('week', facts.snapshot_date) as date) as week_starts_on,
        arg_max(facts.popularity, facts.snapshot_date) as popularity
    from chosen
    inner join {{ ref('fact_track_popularity') }} as facts
        on chosen.track_id = facts.track_id
    cross join parameters
    cross join newest_snapshot
    where
        chosen.rank <= parameters.row_count
        and facts.snapshot_date > newest_snapshot.snapshot_date - 7 * parameters.weeks
    group by
        chosen.rank,
        chosen.track_id,
        chosen.track_name,
        chosen.primary_artist_name,
        date_trunc('week', facts.snapshot_date)

),

final as (

    select
        rank,
        track_name,
        primary_artist_name,
        week_starts_on,
        popularity,
        popularity - lag(popularity) over (
            partition by track_id
            order by week_starts_on
        ) as popularity_change,
        track_id
    from weekly

)

select *
from final
order by
    rank,
    week_starts_on
