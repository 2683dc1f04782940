with days as (
    select
        period,
        cast(unnest(generate_series(first_date, last_date, interval 1 day)) as date) as local_date
    from periods
)

select
    days.period,
    days.local_date,
    coalesce(activity.plays, 0) as plays,
    coalesce(activity.streams, 0) as streams,
    coalesce(activity.skips, 0) as skips,
    coalesce(activity.ms_played, 0) as ms_played,
    coalesce(activity.ms_listened, 0) as ms_listened,
    activity.first_event_date,
    activity.last_event_date
from days
left join marts.fact_user_activity as activity
    on days.local_date = activity.local_date and activity.user_id = $user_id
