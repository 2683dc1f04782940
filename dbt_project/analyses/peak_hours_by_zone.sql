-- At which hours of the week do listeners of each time zone play most, by their own clocks?
-- The share is of the zone's plays; rank 1 is the peak.

with parameters as (

    select
        coalesce(getvariable('days'), 28) as day_count, -- how many days, up to the newest
        coalesce(getvariable('zone'), '%') as zone_pattern, -- IANA zone; % stands for any text
        coalesce(getvariable('top'), 3) as row_count -- how many hours of each zone

),

newest_day as (

    select max(event_date) as event_date
    from {{ ref('daily_aggregates') }}

),

hours as (

    select
        daily.time_zone,
        daily.local_weekday,
        daily.local_hour,
        sum(daily.plays) as plays,
        sum(daily.streams) as streams
    from {{ ref('daily_hour_metrics') }} as daily
    cross join newest_day
    cross join parameters
    where
        daily.event_date > newest_day.event_date - parameters.day_count
        and {{ is_like('daily.time_zone', 'parameters.zone_pattern') }}
    group by
        daily.time_zone,
        daily.local_weekday,
        daily.local_hour

),

ranked as (

    select
        *,
        plays / sum(plays) over (partition by time_zone) as play_share,
        row_number() over (
            partition by time_zone
            order by
                plays desc,
                local_weekday asc,
                local_hour asc
        ) as rank
    from hours

),

final as (

    select
        ranked.time_zone,
        ranked.rank,
        ranked.local_weekday,
        ranked.local_hour,
        ranked.plays,
        ranked.streams,
        round(ranked.play_share, 4) as play_share
    from ranked
    cross join parameters
    where ranked.rank <= parameters.row_count

)

select *
from final
order by
    time_zone,
    rank
