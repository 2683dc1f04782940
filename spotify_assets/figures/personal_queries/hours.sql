with weekdays as (select unnest(range(1, 8)) as weekday),

of_day as (select unnest(range(0, 24)) as hour)

select
    periods.period,
    cast(weekdays.weekday as bigint) as local_weekday,
    cast(of_day.hour as bigint) as local_hour,
    coalesce(sum(hours.ms_listened), 0) / 60000 as minutes_listened
from periods
cross join weekdays
cross join of_day
left join hours
    on
        periods.period = hours.period
        and weekdays.weekday = hours.local_weekday
        and of_day.hour = hours.local_hour
group by all
order by all
