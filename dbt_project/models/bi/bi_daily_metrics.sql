{{ config(alias='daily_metrics') }}

select
    days.local_date,
    days.daily_active_users,
    days.weekly_active_users,
    days.monthly_active_users,
    days.stickiness,
    days.plays,
    days.streams,
    days.skips,
    days.unknowns,
    {{ skip_rate('days') }} as skip_rate,
    {{ minutes('days.ms_played') }} as minutes_played,
    sessions.sessions,
    {{ minutes('sessions.mean_duration_ms') }} as mean_session_minutes,
    {{ minutes('sessions.median_duration_ms') }} as median_session_minutes
from {{ ref('daily_active_users').include(database=false) }} as days
left join {{ ref('daily_session_metrics').include(database=false) }} as sessions
    on days.local_date = sessions.local_date
