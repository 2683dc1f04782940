-- Are artists whom more people follow more popular, and streamed more?
-- Correlation is Spearman's, over the artists of whom both are told. The row without `followers_from` is of
-- those of whom followers are not told: apps in development mode are told of nobody.

with artists as (

    select
        totals.streams,
        artists.followers,
        artists.popularity,
        case
            when artists.followers is not null
                then cast(pow(10, floor(log10(greatest(artists.followers, 1)))) as bigint)
        end as followers_from
    from {{ ref('artist_totals') }} as totals
    inner join {{ ref('dim_artist') }} as artists on totals.artist_id = artists.artist_id
    where totals.artist_id <> {{ unknown_member() }}

),

ranks as (

    select
        rank() over (order by followers)
        + (count(*) over (partition by followers) - 1) / 2 as followers_rank,
        rank() over (order by popularity)
        + (count(*) over (partition by popularity) - 1) / 2 as popularity_rank
    from artists
    where
        followers is not null
        and popularity is not null

),

correlation as (

    select corr(followers_rank, popularity_rank) as spearman
    from ranks

),

bands as (

    select
        followers_from,
        count(*) as artists,
        avg(popularity) as mean_popularity,
        cast(sum(streams) as bigint) as streams
    from artists
    group by followers_from

),

final as (

    select
        bands.followers_from,
        bands.artists,
        round(bands.mean_popularity, 1) as mean_popularity,
        bands.streams,
        round(correlation.spearman, 3) as spearman_of_all
    from bands
    cross join correlation

)

select *
from final
order by followers_from nulls last
