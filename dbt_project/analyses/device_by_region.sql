-- Which devices are used in which part of the world?

with parameters as (

    select coalesce(getvariable('days'), 30) as day_count -- how many days, up to the newest

),

newest_day as (

    select max(event_date) as event_date
    from {{ ref('daily_aggregates') }}

),

totals as (

    select
        coalesce(countries.region, 'Unknown') as region,
        daily.device,
        sum(daily.plays) as plays,
        sum(daily.streams) as streams,
        sum(daily.skips) as skips,
        sum(daily.unknowns) as unknowns
    from {{ ref('daily_location_metrics') }} as daily
    cross join newest_day
    cross join parameters
    left join {{ ref('dim_country') }} as countries
        on daily.country = countries.country
    where daily.event_date > newest_day.event_date - parameters.day_count
    group by
        coalesce(countries.region, 'Unknown'),
        daily.device

),

final as (

    select
        region,
        device,
        plays,
        round(plays / sum(plays) over (partition by region), 3) as share_of_region,
        streams,
        round(skips / nullif(plays - unknowns, 0), 3) as skip_rate
    from totals

)

select *
from final
order by
    region asc,
    plays desc,
    device asc
