-- At which hours of the day is time spent listening, by the listeners' own clocks?
-- Wall-clock time: what was played at the same time counts once.

with parameters as (

    select
        coalesce(getvariable('days'), 28) as day_count, -- how many local dates, up to the newest
        coalesce(getvariable('listener'), '%') as listener -- user_id; % stands for any text

),

newest_day as (

    select max(local_date) as local_date
    from {{ ref('fact_listening_hours') }}

),

totals as (

    select
        hours.local_hour,
        count(distinct hours.user_id) as listeners,
        sum(hours.ms_listened) as ms_listened
    from {{ ref('fact_listening_hours') }} as hours
    cross join newest_day
    cross join parameters
    where
        hours.local_date > newest_day.local_date - parameters.day_count
        and {{ is_like('hours.user_id', 'parameters.listener') }}
    group by hours.local_hour

),

final as (

    select
        local_hour,
        listeners,
        round(ms_listened / 3600000, 2) as hours,
        round(ms_listened / nullif(sum(ms_listened) over (), 0), 4) as time_share
    from totals

)

select *
from final
order by local_hour
