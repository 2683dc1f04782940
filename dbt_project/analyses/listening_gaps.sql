-- For how many days in a row did listeners play nothing, which may be silence or missing data?

with parameters as (

    select
        coalesce(getvariable('listener'), '%') as listener, -- user_id; % stands for any text
        coalesce(getvariable('least_days'), 3) as least_days, -- days from which on silence is shown
        coalesce(getvariable('top'), 30) as row_count -- how many gaps, the longest first

),

active_days as (

    select
        activity.user_id,
        activity.local_date,
        activity.playbacks,
        lag(activity.local_date) over (
            partition by activity.user_id
            order by activity.local_date
        ) as local_date_before
    from {{ ref('fact_user_activity') }} as activity
    cross join parameters
    where
        activity.playbacks > 0
        and {{ is_like('activity.user_id', 'parameters.listener') }}

),

gaps as (

    select
        active_days.user_id,
        active_days.local_date_before as last_date_before,
        active_days.local_date as first_date_after,
        active_days.local_date - active_days.local_date_before - 1 as silent_days
    from active_days
    cross join parameters
    where active_days.local_date - active_days.local_date_before > parameters.least_days

),

ranked as (

    select
        *,
        row_number() over (
            order by
                silent_days desc,
                user_id asc,
                first_date_after asc
        ) as rank
    from gaps

),

final as (

    select
        ranked.user_id,
        ranked.last_date_before,
        ranked.first_date_after,
        ranked.silent_days
    from ranked
    cross join parameters
    where ranked.rank <= parameters.row_count

)

select *
from final
order by
    silent_days desc,
    user_id asc,
    first_date_after asc
