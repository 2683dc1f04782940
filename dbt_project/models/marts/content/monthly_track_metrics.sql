{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    meta={'made_from': ['event_month', 'last_day(event_month)']},
    on_schema_change='fail'
) }}

-- Totals of any longer time are added up from here, so that their cost does not follow the number of events.

{% set window = event_window() %}
{% set in_months_of_window = "event_date between date_trunc('month', date '" ~ window.start ~ "')"
    ~ " and last_day(date '" ~ window.end ~ "' - 1)" if window else 'true' %}

with music_playbacks as (

    select
        *,
        cast(date_trunc('month', event_date) as date) as event_month
    from {{ ref('fact_listens') }}
    where
        is_music
        and {{ in_months_of_window }}

),

final as (

    select
        event_month,
        track_id,
        {{ outcome_counts() }},
        count(distinct user_id) as listeners,
        cast(sum(ms_played) as bigint) as ms_played,
        min(event_date) as first_event_date,
        max(event_date) as last_event_date
    from music_playbacks
    group by
        event_month,
        track_id

)

select *
from final
