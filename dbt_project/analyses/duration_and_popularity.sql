-- Are longer tracks more or less popular, streamed and skipped?
-- Correlation is Spearman's, over the tracks of all lengths.

with parameters as (

    select coalesce(getvariable('seconds'), 60) as seconds -- width of a band of lengths

),

tracks as (

    select
        totals.*,
        cast(floor(totals.duration_ms / 1000 / parameters.seconds) * parameters.seconds as bigint)
            as seconds_from
    from {{ ref('recording_totals') }} as totals
    cross join parameters
    where
        totals.duration_ms is not null
        and totals.popularity is not null

),

ranks as (

    select
        rank() over (order by duration_ms)
        + (count(*) over (partition by duration_ms) - 1) / 2 as duration_rank,
        rank() over (order by popularity)
        + (count(*) over (partition by popularity) - 1) / 2 as popularity_rank
    from tracks

),

correlation as (

    select corr(duration_rank, popularity_rank) as spearman
    from ranks

),

bands as (

    select
        seconds_from,
        count(*) as tracks,
        avg(popularity) as mean_popularity,
        sum(streams) as streams,
        sum(skips) / nullif(sum(plays - unknowns), 0) as skip_rate
    from tracks
    group by seconds_from

),

final as (

    select
        bands.seconds_from,
        bands.tracks,
        round(bands.mean_popularity, 1) as mean_popularity,
        bands.streams,
        round(bands.skip_rate, 3) as skip_rate,
        round(correlation.spearman, 3) as spearman_of_all
    from bands
    cross join correlation

)

select *
from final
order by seconds_from
