with snapshots as (

    select *
    from {{ ref('stg_tracks') }}

),

recordings as (

    select *
    from {{ ref('stg_recordings') }}

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
        snapshots.track_id as catalogue_track_id,
        'music' as content_type,
        snapshots.track_name,
        snapshots.artist_names,
        snapshots.primary_artist_id,
        snapshots.primary_artist_name,
        snapshots.artist_count,
        snapshots.album_name,
        true as is_in_catalogue,
        newest_snapshots.first_snapshot_date,
        newest_snapshots.last_snapshot_date
    from snapshots
    inner join newest_snapshots
        on
            snapshots.track_id = newest_snapshots.track_id
            and snapshots.snapshot_date = newest_snapshots.last_snapshot_date

),

played_outside_catalogue as (

    select played.*
    from {{ ref('stg_played_tracks') }} as played
    left join newest_snapshots
        on played.track_key = newest_snapshots.track_id
    where newest_snapshots.track_id is null

),

-- one day gives all the names, so that a renamed track does not mix two of them
played_tracks as (

    select
        track_key as track_id,
        arg_max(
            {
                'content_type': content_type,
                'track_name': track_name,
                'artist_name': artist_name,
                'album_name': album_name
            },
            (track_name is not null and artist_name is not null, track_name is not null, event_date)
        ) as named
    from played_outside_catalogue
    group by track_key

),

tracks_outside_catalogue as (

    select
        played_tracks.track_id,
        recordings.catalogue_track_id,
        struct_extract(played_tracks.named, 'content_type') as content_type,
        coalesce(struct_extract(played_tracks.named, 'track_name'), 'Unknown track') as track_name,
        coalesce(struct_extract(played_tracks.named, 'artist_name'), 'Unknown artist') as artist_names,
        coalesce(
            {{ artist_id("struct_extract(played_tracks.named, 'artist_name')") }},
            {{ unknown_member() }}
        ) as primary_artist_id,
        coalesce(struct_extract(played_tracks.named, 'artist_name'), 'Unknown artist') as primary_artist_name,
        1 as artist_count,
        struct_extract(played_tracks.named, 'album_name') as album_name,
        false as is_in_catalogue
    from played_tracks
    left join recordings
        on played_tracks.track_id = recordings.track_key

),

unknown_track as (

    select
        {{ unknown_member() }} as track_id,
        'unknown' as content_type,
        'Unknown track' as track_name,
        'Unknown artist' as artist_names,
        {{ unknown_member() }} as primary_artist_id,
        'Unknown artist' as primary_artist_name,
        1 as artist_count,
        false as is_in_catalogue

),

play_counts as (

    select
        track_key,
        sum(playbacks) as playbacks
    from {{ ref('stg_played_tracks') }}
    group by track_key

),

tracks as (

    select *
    from catalogue_tracks
    union all by name
    select *
    from tracks_outside_catalogue
    union all by name
    select *
    from unknown_track

),

-- a track that the catalogue has under another id is described by that one
final as (

    select
        tracks.track_id,
        coalesce(recordings.recording_id, tracks.track_id) as recording_id,
        first_value(tracks.track_id) over (
            partition by coalesce(recordings.recording_id, tracks.track_id)
            order by
                coalesce(play_counts.playbacks, 0) desc,
                coalesce(described.popularity, -1) desc,
                tracks.is_in_catalogue desc,
                tracks.track_id asc
        ) as recording_track_id,
        tracks.catalogue_track_id,
        tracks.content_type,
        tracks.track_name,
        tracks.artist_names,
        tracks.primary_artist_id,
        tracks.primary_artist_name,
        tracks.artist_count,
        coalesce({{ album_id('tracks.primary_artist_id', 'tracks.album_name') }}, {{ unknown_member() }})
            as album_id,
        tracks.album_name,
        described.release_date,
        described.release_precision,
        described.isrc,
        described.popularity,
        described.duration_ms,
        described.is_explicit,
        described.danceability,
        described.energy,
        described.key,
        described.loudness,
        described.mode,
        described.speechiness,
        described.acousticness,
        described.instrumentalness,
        described.liveness,
        described.valence,
        described.tempo,
        described.time_signature,
        described.primary_genre,
        coalesce(described.genre_count, 0) as genre_count,
        tracks.is_in_catalogue,
        tracks.first_snapshot_date,
        tracks.last_snapshot_date
    from tracks
    left join recordings
        on tracks.track_id = recordings.track_key
    left join play_counts
        on tracks.track_id = play_counts.track_key
    left join newest_snapshots
        on tracks.catalogue_track_id = newest_snapshots.track_id
    left join snapshots as described
        on
            newest_snapshots.track_id = described.track_id
            and newest_snapshots.last_snapshot_date = described.snapshot_date

)

select *
from final
