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
        {{ outcome_counts() }},
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
        {{ skip_rate() }} as skip_rate,
        ms_played
    from in_groups

)

select *
from final
