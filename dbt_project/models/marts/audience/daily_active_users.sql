{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    unique_key='local_date',
    meta={'made_from': ['first_event_date', 'last_event_date']},
    on_schema_change='fail'
) }}

{% if is_window_run() %}
{% set is_rewritten = 'days.local_date >= (select rewritten_days.first_day from rewritten_days)' %}
{% set looked_back_on = 'local_date >= (select rewritten_days.first_day - 29 from rewritten_days)'
        ~ ' and local_date <= (select rewritten_days.last_day from rewritten_days)' %}
{% else %}
{% set is_rewritten = 'true' %}
{% set looked_back_on = 'true' %}
{% endif %}

with
{% if is_window_run() %}
    changed_days as (

        select local_date
        from {{ ref('fact_user_activity') }}
        where {{ meets_event_window('first_event_date', 'last_event_date') }}
        union
        select local_date
        from {{ this }}
        where {{ meets_event_window('first_event_date', 'last_event_date') }}

    ),

    -- a changed day changes the 29 days that look back on it, which themselves look back on 29 days
    rewritten_days as (

        select
            min(local_date) as first_day,
            max(local_date) + 29 as last_day
        from changed_days

    ),
{% endif %}
activity as (

    select *
    from {{ ref('fact_user_activity') }}
    where
        plays > 0
        and {{ looked_back_on }}

),

-- A listener belongs to the seven (thirty) days up to each day from one active day until the next, or until
-- seven (thirty) days are over. Counting where that begins and ends takes one step for each active day, where
-- joining days with the days before them would take thirty.
stretches as (

    select
        user_id,
        local_date,
        lead(local_date, 1, date '9999-12-31') over (
            partition by user_id
            order by local_date
        ) as next_date
    from activity

),

changes as (

    select
        local_date,
        1 as weekly,
        1 as monthly
    from stretches
    union all
    select
        least(local_date + 7, next_date) as local_date,
        -1 as weekly,
        0 as monthly
    from stretches
    union all
    select
        least(local_date + 30, next_date) as local_date,
        0 as weekly,
        -1 as monthly
    from stretches

),

changes_per_day as (

    select
        local_date,
        sum(weekly) as weekly,
        sum(monthly) as monthly
    from changes
    group by local_date

),

rolling as (

    select
        local_date,
        cast(sum(weekly) over (order by local_date) as bigint) as weekly_active_users,
        cast(sum(monthly) over (order by local_date) as bigint) as monthly_active_users
    from changes_per_day

),

days as (

    select
        local_date,
        count(*) as daily_active_users,
        cast(sum(plays) as bigint) as plays,
        cast(sum(streams) as bigint) as streams,
        cast(sum(skips) as bigint) as skips,
        cast(sum(unknowns) as bigint) as unknowns,
        cast(sum(ms_played) as bigint) as ms_played,
        min(first_event_date) as first_event_date,
        max(last_event_date) as last_event_date
    from activity
    group by local_date

),

final as (

    select
        days.local_date,
        days.daily_active_users,
        rolling.weekly_active_users,
        rolling.monthly_active_users,
        days.daily_active_users / rolling.monthly_active_users as stickiness,
        days.plays,
        days.streams,
        days.skips,
        days.unknowns,
        days.ms_played,
        days.plays / days.daily_active_users as plays_per_active_user,
        days.streams / days.daily_active_users as streams_per_active_user,
        days.first_event_date,
        days.last_event_date
    from days
    inner join rolling
        on days.local_date = rolling.local_date
    where {{ is_rewritten }}

)

select *
from final
