-- Which artists are skipped most?

with parameters as (

    select
        coalesce(getvariable('least_plays'), 100) as least_plays, -- plays of known outcome needed
        coalesce(getvariable('top'), 50) as row_count -- how many artists

),

ranked as (

    select
        totals.*,
        row_number() over (
            order by
                totals.skip_rate desc,
                totals.plays desc,
                totals.artist_id asc
        ) as rank
    from {{ ref('artist_totals') }} as totals
    cross join parameters
    where
        totals.plays - totals.unknowns >= parameters.least_plays
        and totals.artist_rank is not null

),

final as (

    select
        ranked.rank,
        ranked.artist_name,
        ranked.plays,
        round(ranked.skip_rate, 3) as skip_rate,
        round(ranked.unknowns / ranked.plays, 3) as unknown_share,
        ranked.streams,
        ranked.tracks_played
    from ranked
    cross join parameters
    where ranked.rank <= parameters.row_count

)

select *
from final
order by rank
