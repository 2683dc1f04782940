{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    event_time='event_date',
    on_schema_change='fail'
) }}

-- Built after dim_track, so that every row finds its dimension row, and after the metrics it is checked with:
-- depends_on: {{ ref('dim_track') }}
-- depends_on: {{ ref('stg_daily_track_metrics') }}

with playbacks as (

    select *
    from {{ ref('stg_listening_events') }}
    where
        action in ('play', 'skip')
        and {{ in_event_window('event_date') }}

),

final as (

    select
        event_id,
        event_date,
        user_id,
        coalesce(track_id, {{ unknown_member() }}) as track_id,
        session_id,
        session_position,
        started_at,
        ended_at,
        ms_played,
        track_duration_ms,
        outcome,
        is_stream,
        coalesce(outcome = 'skip', false) as is_skip,
        coalesce(outcome = 'complete', false) as is_complete,
        coalesce(outcome = 'abandoned', false) as is_abandoned,
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
