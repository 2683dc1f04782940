-- How many users are active a day, a week, a month (DAU, WAU, MAU), and how much do they play?

with parameters as (

    select coalesce(getvariable('days'), 30) as day_count -- how many days, up to the newest

),

newest_day as (

    select max(local_date) as local_date
    from {{ ref('daily_active_users') }}

),

final as (

    select
        daily.local_date,
        daily.daily_active_users,
        daily.weekly_active_users,
        daily.monthly_active_users,
        round(daily.stickiness, 3) as stickiness,
        round(daily.plays_per_active_user, 1) as plays_per_active_user,
        round(daily.streams_per_active_user, 1) as streams_per_active_user
    from {{ ref('daily_active_users') }} as daily
    cross join newest_day
    cross join parameters
    where daily.local_date > newest_day.local_date - parameters.day_count

)

select *
from final
order by local_date desc
