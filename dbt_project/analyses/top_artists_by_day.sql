-- Which artists were streamed most on each of the past days?

with parameters as (

    select
        coalesce(getvariable('days'), 7) as day_count, -- how many days
        coalesce(getvariable('top'), 3) as row_count -- how many artists a day

),

newest_day as (

    select max(event_date) as event_date
    from {{ ref('daily_aggregates') }}

),

ranked as (

    select
        daily.*,
        row_number() over (
            partition by daily.event_date
            order by
                daily.streams desc,
                daily.plays desc,
                daily.artist_id asc
        ) as rank
    from {{ ref('daily_artist_metrics') }} as daily
    cross join newest_day
    cross join parameters
    where
        daily.event_date > newest_day.event_date - parameters.day_count
        and daily.artist_id <> {{ unknown_member() }}

),

final as (

    select
        ranked.event_date,
        ranked.rank,
        ranked.artist_name,
        ranked.streams,
        ranked.plays,
        round(ranked.skip_rate, 3) as skip_rate,
        ranked.listeners
    from ranked
    cross join parameters
    where ranked.rank <= parameters.row_count

)

select *
from final
order by
    event_date desc,
    rank asc
