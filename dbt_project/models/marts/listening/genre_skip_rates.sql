with daily as (

    select *
    from {{ ref('daily_genre_metrics') }}

),

final as (

    select
        genre,
        sum(weighted_plays) as weighted_plays,
        sum(weighted_streams) as weighted_streams,
        sum(weighted_skips) as weighted_skips,
        sum(weighted_skips) / sum(weighted_plays) as skip_rate,
        min(event_date) as first_event_date,
        max(event_date) as last_event_date
    from daily
    group by genre

)

select *
from final
