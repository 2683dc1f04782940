{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    event_time='event_date',
    on_schema_change='fail'
) }}

{#- As in ml.skip_survival: playbacks that ended later are counted in the last second. -#}
{% set last_second = 300 %}

with music_playbacks as (

    select
        *,
        least(cast(ceil(ms_played / 1000) as bigint), {{ last_second }}) as second
    from {{ ref('fact_listens') }}
    where
        is_music
        and not is_outcome_unknown
        and {{ in_event_window('event_date') }}

),

final as (

    select
        event_date,
        second,
        count(*) as plays,
        count(*) filter (where is_skip) as skips,
        count(*) filter (where is_complete) as completes,
        count(*) filter (where is_abandoned) as abandons
    from music_playbacks
    group by
        event_date,
        second

)

select *
from final
