-- Where is listening going on?

with parameters as (

    select coalesce(getvariable('days'), 30) as day_count -- how many days, up to the newest

),

newest_day as (

    select max(event_date) as event_date
    from {{ ref('daily_aggregates') }}

),

totals as (

    select
        daily.country,
        sum(daily.plays) as plays,
        sum(daily.streams) as streams,
        sum(daily.skips) as skips,
        sum(daily.unknowns) as unknowns,
        sum(daily.ms_played) as ms_played
    from {{ ref('daily_location_metrics') }} as daily
    cross join newest_day
    cross join parameters
    where daily.event_date > newest_day.event_date - parameters.day_count
    group by daily.country

),

final as (

    select
        totals.country,
        countries.country_name,
        countries.region,
        totals.streams,
        round(totals.streams / nullif(sum(totals.streams) over (), 0), 4) as stream_share,
        totals.plays,
        round(totals.skips / nullif(totals.plays - totals.unknowns, 0), 3) as skip_rate,
        round(totals.ms_played / 3600000, 1) as hours
    from totals
    left join {{ ref('dim_country') }} as countries
        on totals.country = countries.country

)

select *
from final
order by
    streams desc,
    country asc
