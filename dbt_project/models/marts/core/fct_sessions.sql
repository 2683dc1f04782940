{{ config(materialized='view') }}

select
    session_id,
    user_id,
    started_at,
    ended_at,
    duration_ms,
    time_zone,
    local_started_at,
    local_date,
    local_hour,
    device,
    country,
    playbacks,
    plays,
    streams,
    skips,
    completes,
    abandons,
    unknowns,
    tracks,
    ms_played,
    first_event_date,
    last_event_date
from {{ ref('fact_sessions').include(database=false) }}
