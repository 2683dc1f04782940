{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    unique_key=['period', 'period_start', 'user_id'],
    meta={'made_from': ['first_event_date', 'last_event_date']},
    on_schema_change='fail'
) }}

{% if is_window_run() %}
{% set is_late_enough = 'local_date >= (select min(changed_periods.period_start) from changed_periods)' %}
{% set is_changed = '(period, period_start) in '
        ~ '(select (changed_periods.period, changed_periods.period_start) from changed_periods)' %}
{% else %}
{% set is_late_enough = 'true' %}
{% set is_changed = 'true' %}
{% endif %}

with
{% if is_window_run() %}
    changed_days as (

        select local_date
        from {{ ref('fact_user_activity') }}
        where {{ meets_event_window('first_event_date', 'last_event_date') }}
        union
        select period_start as local_date
        from {{ this }}
        where {{ meets_event_window('first_event_date', 'last_event_date') }}

    ),

    changed_periods as (

        select
            'week' as period,
            date_trunc('week', local_date) as period_start
        from changed_days
        union
        select
            'month' as period,
            date_trunc('month', local_date) as period_start
        from changed_days

    ),
{% endif %}
activity as (

    select *
    from {{ ref('fact_user_activity') }}
    where
        plays > 0
        and {{ is_late_enough }}

),

days as (

    select
        *,
        'week' as period,
        cast(date_trunc('week', local_date) as date) as period_start
    from activity
    union all
    select
        *,
        'month' as period,
        cast(date_trunc('month', local_date) as date) as period_start
    from activity

),

final as (

    select
        period,
        period_start,
        user_id,
        count(*) as active_days,
        cast(sum(plays) as bigint) as plays,
        cast(sum(streams) as bigint) as streams,
        min(first_event_date) as first_event_date,
        max(last_event_date) as last_event_date
    from days
    where {{ is_changed }}
    group by
        period,
        period_start,
        user_id

)

select *
from final
