-- Genres by skip rate. A track of several genres counts for each by its weight, so plays add up to the total.
-- Genres with fewer than 50 plays say little and are left out; the interval is Wilson's 95 % one.

with genres as (

    select
        genre,
        weighted_plays as plays,
        skip_rate
    from {{ ref('genre_skip_rates') }}
    where weighted_plays >= 50

),

intervals as (

    select
        genre,
        plays,
        skip_rate,
        (skip_rate + pow(1.96, 2) / (2 * plays)) / (1 + pow(1.96, 2) / plays) as centre,
        1.96
        * sqrt(skip_rate * (1 - skip_rate) / plays + pow(1.96, 2) / (4 * pow(plays, 2)))
        / (1 + pow(1.96, 2) / plays) as half_width
    from genres

),

final as (

    select
        genre,
        round(plays, 1) as plays,
        round(skip_rate, 3) as skip_rate,
        round(greatest(centre - half_width, 0), 3) as skip_rate_low,
        round(least(centre + half_width, 1), 3) as skip_rate_high
    from intervals

)

select *
from final
order by
    skip_rate desc,
    genre asc
