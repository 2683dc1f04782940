-- How long are sessions, and how much is in them?

with parameters as (

    select coalesce(getvariable('days'), 30) as day_count -- how many days, up to the newest

),

newest_day as (

    select max(local_date) as local_date
    from {{ ref('daily_session_metrics') }}

),

final as (

    select
        daily.local_date,
        daily.sessions,
        daily.listeners,
        round(daily.sessions / daily.listeners, 2) as sessions_per_listener,
        round(daily.mean_duration_ms / 60000, 1) as mean_minutes,
        round(daily.median_duration_ms / 60000, 1) as median_minutes,
        round(daily.mean_plays, 1) as mean_plays,
        round(daily.skips / nullif(daily.plays - daily.unknowns, 0), 3) as skip_rate
    from {{ ref('daily_session_metrics') }} as daily
    cross join newest_day
    cross join parameters
    where daily.local_date > newest_day.local_date - parameters.day_count

)

select *
from final
order by local_date desc
