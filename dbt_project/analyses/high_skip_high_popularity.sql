-- Which tracks are popular by the catalogue and yet skipped more often than most?
-- Both among the top quarter of the tracks with enough plays.

with parameters as (

    select
        coalesce(getvariable('least_plays'), 20) as least_plays, -- plays of known outcome needed
        coalesce(getvariable('top'), 50) as row_count, -- how many tracks
        coalesce(getvariable('by'), 'recording') as counted_by -- recording or id

),

judged_tracks as (

    select totals.*
    from {{ ref('ranked_tracks') }} as totals
    inner join parameters
        on totals.counted_by = parameters.counted_by
    where
        totals.plays - totals.unknowns >= parameters.least_plays
        and totals.popularity is not null

),

thresholds as (

    select
        quantile_cont(skip_rate, 0.75) as skip_rate,
        quantile_cont(popularity, 0.75) as popularity
    from judged_tracks

),

ranked as (

    select
        judged_tracks.*,
        row_number() over (
            order by
                judged_tracks.skip_rate desc,
                judged_tracks.popularity desc,
                judged_tracks.track_id asc
        ) as rank
    from judged_tracks
    inner join thresholds
        on
            judged_tracks.skip_rate >= thresholds.skip_rate
            and judged_tracks.popularity >= thresholds.popularity

),

final as (

    select
        ranked.rank,
        ranked.track_name,
        ranked.primary_artist_name,
        ranked.popularity,
        round(ranked.skip_rate, 3) as skip_rate,
        ranked.plays,
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
