with snapshots as (

    select *
    from {{ ref('stg_tracks') }}

),

newest_snapshots as (

    select
        track_id,
        min(snapshot_date) as first_snapshot_date,
        max(snapshot_date) as last_snapshot_date
    from snapshots
    group by track_id

),

catalogue_tracks as (

    select
        snapshots.track_id,
        snapshots.track_name,
        snapshots.artist_names,
        snapshots.primary_artist_id,
        snapshots.primary_artist_name,
        snapshots.artist_count,
        snapshots.album_name,
        snapshots.release_date,
        snapshots.release_precision,
        snapshots.isrc,
        snapshots.popularity,
        snapshots.duration_ms,
        snapshots.is_explicit,
        snapshots.danceability,
        snapshots.energy,
        snapshots.key,
        snapshots.loudness,
        snapshots.mode,
        snapshots.speechiness,
        snapshots.acousticness,
        snapshots.instrumentalness,
        snapshots.liveness,
        snapshots.valence,
        snapshots.tempo,
        snapshots.time_signature,
        snapshots.primary_genre,
        snapshots.genre_count,
        true as is_in_catalogue,
        newest_snapshots.first_snapshot_date,
        newest_snapshots.last_snapshot_date
    from snapshots
    inner join newest_snapshots
        on
            snapshots.track_id = newest_snapshots.track_id
            and snapshots.snapshot_date = newest_snapshots.last_snapshot_date

),

events_outside_catalogue as (

    select
        events.track_id,
        events.track_name,
        events.artist_name,
        events.album_name,
        events.ended_at,
        events.event_id
    from {{ ref('stg_listening_events') }} as events
    left join newest_snapshots
        on events.track_id = newest_snapshots.track_id
    where
        events.track_id is not null
        and newest_snapshots.track_id is null

),

-- one event gives all the names, so that a renamed track does not mix two of them
names_from_events as (

    select
        track_id,
        coalesce(track_name, 'Unknown track') as track_name,
        coalesce(artist_name, 'Unknown artist') as primary_artist_name,
        artist_name,
        album_name
    from events_outside_catalogue
    qualify row_number() over (
        partition by track_id
        order by
            (track_name is not null and artist_name is not null) desc,
            (track_name is not null) desc,
            ended_at desc,
            event_id desc
    ) = 1

),

event_tracks as (

    select
        track_id,
        track_name,
        primary_artist_name as artist_names,
        primary_artist_name,
        album_name,
        1 as artist_count,
        0 as genre_count,
        false as is_in_catalogue,
        coalesce({{ artist_id('artist_name') }}, {{ unknown_member() }}) as primary_artist_id
    from names_from_events

),

unknown_track as (

    select
        {{ unknown_member() }} as track_id,
        'Unknown track' as track_name,
        'Unknown artist' as artist_names,
        'Unknown artist' as primary_artist_name,
        cast(null as varchar) as album_name,
        1 as artist_count,
        0 as genre_count,
        false as is_in_catalogue,
        {{ unknown_member() }} as primary_artist_id

),

tracks_outside_catalogue as (

    select *
    from event_tracks
    union all by name
    select *
    from unknown_track

),

final as (

    select *
    from catalogue_tracks
    union all by name
    select *
    from tracks_outside_catalogue

)

select *
from final
