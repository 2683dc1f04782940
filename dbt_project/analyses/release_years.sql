-- From which years is the music that is listened to?

with parameters as (

    select coalesce(getvariable('years'), 10) as years -- width of a band of years; 1 for single years

),

bands as (

    select
        cast(floor(year(totals.release_date) / parameters.years) * any_value(parameters.years) as bigint)
            as year_from,
        count(*) as tracks,
        sum(totals.streams) as streams,
        sum(totals.plays) as plays,
        sum(totals.skips) as skips,
        sum(totals.unknowns) as unknowns,
        avg(totals.popularity) as mean_popularity
    from {{ ref('recording_totals') }} as totals
    cross join parameters
    group by floor(year(totals.release_date) / parameters.years)

),

final as (

    select
        year_from,
        tracks,
        streams,
        round(streams / nullif(sum(streams) over (), 0), 4) as stream_share,
        round(skips / nullif(plays - unknowns, 0), 3) as skip_rate,
        round(mean_popularity, 1) as mean_popularity
    from bands

)

select *
from final
order by year_from nulls last
