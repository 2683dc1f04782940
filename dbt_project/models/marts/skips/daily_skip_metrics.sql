{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    event_time='event_date',
    on_schema_change='fail'
) }}

{#- Positions are told apart as in the published figures of the MSSD (arXiv:1904.10273, table 3). -#}
{% set last_position = 20 %}
{% set groupings = {
    'device': 'device',
    'position': "lpad(cast(least(session_position, " ~ (last_position + 1) ~ ") as varchar), 2, '0')",
    'hour': "lpad(cast(local_hour as varchar), 2, '0')",
    'shuffle': "case is_shuffle when true then 'on' when false then 'off' else 'unknown' end",
    'reason_start': "coalesce(nullif(reason_start, ''), 'unknown')",
} %}

with music_playbacks as (

    select *
    from {{ ref('fact_listens') }}
    where
        is_music
        and {{ in_event_window('event_date') }}

),

in_groups as (

    {% for dimension, value in groupings.items() %}
    select
        event_date,
        '{{ dimension }}' as dimension,
        {{ value }} as value,
        count(*) as plays,
        count(*) filter (where is_stream) as streams,
        count(*) filter (where is_skip) as skips,
        count(*) filter (where is_complete) as completes,
        count(*) filter (where is_abandoned) as abandons,
        count(*) filter (where is_outcome_unknown) as unknowns,
        cast(sum(ms_played) as bigint) as ms_played
    from music_playbacks
    group by
        event_date,
        {{ value }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

final as (

    select
        event_date,
        dimension,
        value,
        plays,
        streams,
        skips,
        completes,
        abandons,
        unknowns,
        skips / nullif(plays - unknowns, 0) as skip_rate,
        ms_played
    from in_groups

)

select *
from final
