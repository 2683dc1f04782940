-- What is listened to, by genre?

with parameters as (

    select coalesce(getvariable('top'), 30) as row_count -- how many genres

),

ranked as (

    select
        *,
        row_number() over (
            order by
                weighted_streams desc,
                genre asc
        ) as rank
    from {{ ref('genre_skip_rates') }}

),

final as (

    select
        ranked.rank,
        ranked.genre,
        round(ranked.weighted_streams, 1) as streams,
        round(ranked.stream_share, 4) as stream_share,
        round(ranked.skip_rate, 3) as skip_rate
    from ranked
    cross join parameters
    where ranked.rank <= parameters.row_count

)

select *
from final
order by rank
