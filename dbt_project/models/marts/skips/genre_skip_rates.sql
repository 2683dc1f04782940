with months as (

    select *
    from {{ ref('monthly_genre_metrics') }}

),

totals as (

    select
        genre,
        sum(weighted_plays) as weighted_plays,
        sum(weighted_streams) as weighted_streams,
        sum(weighted_skips) as weighted_skips,
        sum(weighted_unknowns) as weighted_unknowns,
        sum(weighted_skips)
        / sum(weighted_plays - weighted_unknowns) filter (where skip_rate is not null) as skip_rate,
        min(first_event_date) as first_event_date,
        max(last_event_date) as last_event_date
    from months
    group by genre

),

final as (

    select
        genre,
        weighted_plays,
        weighted_streams,
        weighted_streams / nullif(sum(weighted_streams) over (), 0) as stream_share,
        weighted_skips,
        weighted_unknowns,
        skip_rate,
        first_event_date,
        last_event_date
    from totals

)

select *
from final
