with listening_hours as (

    select *
    from {{ source('core', 'listening_hours') }}

),

renamed as (

    select
        event_date,
        user_id,
        hour_starts_at,
        time_zone,
        local_date,
        local_hour,
        ms_listened,
        ms_overlapping
    from listening_hours

)

select *
from renamed
