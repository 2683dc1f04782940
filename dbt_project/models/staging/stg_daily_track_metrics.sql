with daily_track_metrics as (

    select *
    from {{ source('core', 'daily_track_metrics') }}

),

renamed as (

    select
        event_date,
        track_id,
        plays,
        streams,
        skips,
        completes,
        abandons,
        coalesce(unknowns, 0) as unknowns,
        skip_rate,
        listeners,
        ms_played,
        playlist_adds,
        pauses
    from daily_track_metrics

)

select *
from renamed
