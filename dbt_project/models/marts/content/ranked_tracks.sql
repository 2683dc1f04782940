{{ config(materialized='view') }}

-- For questions that are asked by recording, and on demand by track id.

with by_recording as (

    select
        *,
        'recording' as counted_by,
        track_id as recording_track_id
    from {{ ref('recording_totals') }}

),

by_id as (

    select
        *,
        'id' as counted_by,
        1 as track_ids
    from {{ ref('track_totals') }}

),

both_ways as (

    select *
    from by_recording
    union all by name
    select *
    from by_id

),

final as (

    select
        counted_by,
        track_id,
        recording_track_id,
        track_ids,
        track_name,
        primary_artist_id,
        primary_artist_name,
        album_id,
        album_name,
        primary_genre,
        release_date,
        duration_ms,
        popularity,
        plays,
        streams,
        skips,
        completes,
        abandons,
        unknowns,
        skip_rate,
        listeners,
        ms_played,
        first_event_date,
        last_event_date,
        track_rank,
        rank_in_artist
    from both_ways

)

select *
from final
