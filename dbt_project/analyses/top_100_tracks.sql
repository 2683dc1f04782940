-- Which tracks were streamed most of all?

with parameters as (

    select
        coalesce(getvariable('top'), 100) as row_count, -- how many tracks
        coalesce(getvariable('by'), 'recording') as counted_by -- recording or id

),

final as (

    select
        totals.track_rank,
        totals.track_name,
        totals.primary_artist_name,
        totals.streams,
        totals.plays,
        round(totals.skip_rate, 3) as skip_rate,
        totals.listeners,
        round(totals.ms_played / 3600000, 1) as hours,
        totals.track_id,
        totals.track_ids
    from {{ ref('ranked_tracks') }} as totals
    inner join parameters
        on totals.counted_by = parameters.counted_by
    where totals.track_rank <= parameters.row_count

)

select *
from final
order by track_rank
