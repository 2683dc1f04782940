{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    event_time='event_date',
    on_schema_change='fail'
) }}

with music_playbacks as (

    select *
    from {{ ref('fact_listens') }}
    where
        is_music
        and {{ in_event_window('event_date') }}

),

final as (

    select
        event_date,
        country,
        device,
        count(*) as plays,
        count(*) filter (where is_stream) as streams,
        count(*) filter (where is_skip) as skips,
        count(*) filter (where is_outcome_unknown) as unknowns,
        {{ skip_rate() }} as skip_rate,
        count(distinct user_id) as listeners,
        cast(sum(ms_played) as bigint) as ms_played
    from music_playbacks
    group by
        event_date,
        country,
        device

)

select *
from final
