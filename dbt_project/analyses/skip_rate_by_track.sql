-- Which tracks are skipped most?

with parameters as (

    select
        coalesce(getvariable('least_plays'), 50) as least_plays, -- plays of known outcome needed
        coalesce(getvariable('top'), 50) as row_count, -- how many tracks
        coalesce(getvariable('by'), 'recording') as counted_by -- recording or id

),

ranked as (

    select
        totals.*,
        row_number() over (
            order by
                totals.skip_rate desc,
                totals.plays desc,
                totals.track_id asc
        ) as rank
    from {{ ref('ranked_tracks') }} as totals
    inner join parameters
        on totals.counted_by = parameters.counted_by
    where
        totals.plays - totals.unknowns >= parameters.least_plays
        and totals.track_rank is not null

),

final as (

    select
        ranked.rank,
        ranked.track_name,
        ranked.primary_artist_name,
        ranked.plays,
        round(ranked.skip_rate, 3) as skip_rate,
        round(ranked.unknowns / ranked.plays, 3) as unknown_share,
        ranked.streams,
        ranked.track_id,
        ranked.track_ids
    from ranked
    cross join parameters
    where ranked.rank <= parameters.row_count

)

select *
from final
order by rank
