-- Which genres are skipped most?
-- A track of several genres counts for each by its weight, so plays add up to the total. Genres with few
-- plays say little and are left out; the interval is Wilson's 95 % one.

with parameters as (

    select coalesce(getvariable('least_plays'), 50) as least_plays -- plays of known outcome needed

),

genres as (

    select
        rates.genre,
        rates.weighted_plays as plays,
        rates.weighted_plays - rates.weighted_unknowns as known_plays,
        rates.skip_rate
    from {{ ref('genre_skip_rates') }} as rates
    cross join parameters
    where rates.weighted_plays - rates.weighted_unknowns >= parameters.least_plays

),

intervals as (

    select
        genre,
        plays,
        known_plays,
        skip_rate,
        (skip_rate + pow(1.96, 2) / (2 * known_plays)) / (1 + pow(1.96, 2) / known_plays) as centre,
        1.96
        * sqrt(skip_rate * (1 - skip_rate) / known_plays + pow(1.96, 2) / (4 * pow(known_plays, 2)))
        / (1 + pow(1.96, 2) / known_plays) as half_width
    from genres

),

final as (

    select
        genre,
        round(plays, 1) as plays,
        round(skip_rate, 3) as skip_rate,
        round(greatest(centre - half_width, 0), 3) as skip_rate_low,
        round(least(centre + half_width, 1), 3) as skip_rate_high,
        round(1 - known_plays / plays, 3) as unknown_share
    from intervals

)

select *
from final
order by
    skip_rate desc,
    genre asc
