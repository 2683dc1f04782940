{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    event_time='event_date',
    on_schema_change='fail'
) }}

-- Built after its dimensions, so that every row finds its dimension row, and the metrics it is checked with:
-- depends_on: {{ ref('dim_country') }}
-- depends_on: {{ ref('dim_device') }}
-- depends_on: {{ ref('dim_track') }}
-- depends_on: {{ ref('stg_daily_track_metrics') }}

with playbacks as (

    select *
    from {{ ref('int_local_events') }}
    where
        action in ('play', 'skip')
        and {{ in_event_window('event_date') }}

),

final as (

    select
        event_id,
        event_date,
        user_id,
        coalesce(track_key, {{ unknown_member() }}) as track_id,
        session_id,
        session_position,
        started_at,
        ended_at,
        time_zone,
        local_started_at,
        local_date,
        local_hour,
        local_weekday,
        ms_played,
        track_duration_ms,
        known_duration_ms,
        outcome,
        is_stream,
        coalesce(outcome = 'skip', false) as is_skip,
        coalesce(outcome = 'complete', false) as is_complete,
        coalesce(outcome = 'abandoned', false) as is_abandoned,
        coalesce(outcome = 'unknown', false) as is_outcome_unknown,
        is_marked_skipped,
        content_type,
        content_type = 'music' as is_music,
        device,
        country,
        is_shuffle,
        reason_start,
        reason_end,
        source
    from playbacks

)

select *
from final
