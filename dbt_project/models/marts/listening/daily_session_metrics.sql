{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    unique_key='local_date',
    meta={'made_from': ['first_event_date', 'last_event_date']},
    on_schema_change='fail'
) }}

{% set is_changed = 'true' %}
{% if is_window_run() %}
{% set is_changed = 'local_date in (select changed_days.local_date from changed_days)' %}
{% endif %}

with
{% if is_window_run() %}
    -- a session of the window may have started on any day before
    changed_days as (

        select local_date
        from {{ ref('fact_sessions') }}
        where {{ meets_event_window('first_event_date', 'last_event_date') }}
        union
        select local_date
        from {{ this }}
        where {{ meets_event_window('first_event_date', 'last_event_date') }}

    ),
{% endif %}
sessions as (

    select *
    from {{ ref('fact_sessions') }}
    where
        plays > 0
        and {{ is_changed }}

),

final as (

    select
        local_date,
        count(*) as sessions,
        count(distinct user_id) as listeners,
        cast(sum(plays) as bigint) as plays,
        cast(sum(streams) as bigint) as streams,
        cast(sum(skips) as bigint) as skips,
        cast(sum(unknowns) as bigint) as unknowns,
        avg(duration_ms) as mean_duration_ms,
        median(duration_ms) as median_duration_ms,
        avg(plays) as mean_plays,
        min(first_event_date) as first_event_date,
        max(last_event_date) as last_event_date
    from sessions
    group by local_date

)

select *
from final
