-- Which artists were streamed most of all?

with parameters as (

    select coalesce(getvariable('top'), 50) as row_count -- how many artists

),

final as (

    select
        totals.artist_rank,
        totals.artist_name,
        totals.streams,
        round(totals.stream_share, 4) as stream_share,
        totals.plays,
        round(totals.skip_rate, 3) as skip_rate,
        totals.tracks_played,
        round(totals.ms_played / 3600000, 1) as hours
    from {{ ref('artist_totals') }} as totals
    cross join parameters
    where totals.artist_rank <= parameters.row_count

)

select *
from final
order by artist_rank
