{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    event_time='event_date',
    on_schema_change='fail'
) }}

-- A genre or an artist is added up from here, because which tracks they have follows the dimensions of today.

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
        track_id,
        {{ outcome_counts() }},
        cast(sum(ms_played) as bigint) as ms_played
    from music_playbacks
    group by
        event_date,
        track_id

)

select *
from final
