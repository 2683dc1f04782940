{{ config(alias='daily_locations', event_time='event_date') }}

select
    days.event_date,
    countries.country_name as country,
    days.country as country_code,
    countries.region,
    devices.device_name as device,
    days.listeners,
    days.plays,
    days.streams,
    days.skips,
    days.unknowns,
    days.skip_rate,
    {{ minutes('days.ms_played') }} as minutes_played
from {{ ref('daily_location_metrics').include(database=false) }} as days
left join {{ ref('dim_country').include(database=false) }} as countries
    on days.country = countries.country
left join {{ ref('dim_device').include(database=false) }} as devices
    on days.device = devices.device
