with listening_events as (

    select *
    from {{ source('core', 'listening_events') }}

),

renamed as (

    select
        event_id,
        user_id,
        track_id,
        started_at,
        ended_at,
        reported_at,
        event_date,
        action,
        ms_played,
        skipped as is_marked_skipped,
        reason_start,
        reason_end,
        device,
        country,
        shuffle as is_shuffle,
        session_id,
        source,
        content_type,
        track_name,
        artist_name,
        album_name,
        extra,
        filled_from,
        track_key,
        session_position,
        track_duration_ms,
        known_duration_ms,
        outcome,
        is_stream
    from listening_events

)

select *
from renamed
