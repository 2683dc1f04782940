-- How does skipping depend on the position in the session, the local hour, the device, shuffle or the start?

with parameters as (

    select
        coalesce(getvariable('dimension'), 'position') as dimension, -- position, hour, device …
        coalesce(getvariable('days'), 28) as day_count -- how many days, up to the newest

),

newest_day as (

    select max(event_date) as event_date
    from {{ ref('daily_aggregates') }}

),

totals as (

    select
        daily.dimension,
        daily.value,
        sum(daily.plays) as plays,
        sum(daily.streams) as streams,
        sum(daily.skips) as skips,
        sum(daily.unknowns) as unknowns
    from {{ ref('daily_skip_metrics') }} as daily
    cross join newest_day
    inner join parameters
        on daily.dimension = parameters.dimension
    where daily.event_date > newest_day.event_date - parameters.day_count
    group by
        daily.dimension,
        daily.value

),

final as (

    select
        dimension,
        value,
        plays,
        streams,
        skips,
        round(skips / nullif(plays - unknowns, 0), 3) as skip_rate,
        round(unknowns / plays, 3) as unknown_share
    from totals

)

select *
from final
order by value
