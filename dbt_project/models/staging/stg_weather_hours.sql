with weather_hours as (

    select *
    from {{ source('core', 'weather_hours') }}

),

renamed as (

    select
        place_id,
        place_name,
        is_of_country,
        latitude,
        longitude,
        hour_starts_at,
        event_date,
        temperature_c,
        rain_mm,
        cloud_cover,
        is_daylight
    from weather_hours

)

select *
from renamed
