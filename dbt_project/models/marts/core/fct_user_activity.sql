{{ config(materialized='view') }}

select
    user_id,
    local_date,
    country,
    playbacks,
    plays,
    streams,
    skips,
    completes,
    abandons,
    unknowns,
    skip_rate,
    playlist_adds,
    sessions,
    tracks,
    artists,
    ms_played,
    ms_listened,
    minutes_listened,
    first_event_date,
    last_event_date,
    engagement_score
from {{ ref('fact_user_activity').include(database=false) }}
