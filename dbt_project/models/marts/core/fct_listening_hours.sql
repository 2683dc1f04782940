{{ config(materialized='view') }}

select
    user_id,
    hour_starts_at,
    time_zone,
    local_date,
    local_hour,
    local_weekday,
    ms_listened,
    ms_overlapping,
    first_event_date,
    last_event_date
from {{ ref('fact_listening_hours').include(database=false) }}
