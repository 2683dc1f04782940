{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    event_time='event_date',
    on_schema_change='fail'
) }}

with music_playbacks as (

    select
        *,
        case
            when is_marked_skipped then 'skipped'
            when not is_marked_skipped then 'not skipped'
            else 'says nothing'
        end as flag
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
        outcome,
        flag,
        count(*) as plays
    from music_playbacks
    group by
        event_date,
        country,
        device,
        outcome,
        flag

)

select *
from final
