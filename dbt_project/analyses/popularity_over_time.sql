-- How is popularity distributed over the tracks of each catalogue snapshot?

with final as (

    select
        snapshot_date,
        popularity_from,
        tracks,
        round(track_share, 4) as track_share,
        round(mean_popularity, 1) as mean_popularity
    from {{ ref('popularity_by_snapshot') }}

)

select *
from final
order by
    snapshot_date,
    popularity_from
