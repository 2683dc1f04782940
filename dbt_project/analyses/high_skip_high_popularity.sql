-- Tracks that are popular by the catalogue and yet skipped more often than most: both among the top quarter
-- of the tracks with at least 20 plays.

with judged_tracks as (

    select *
    from {{ ref('track_skip_rates') }}
    where
        plays >= 20
        and popularity is not null

),

thresholds as (

    select
        quantile_cont(skip_rate, 0.75) as skip_rate,
        quantile_cont(popularity, 0.75) as popularity
    from judged_tracks

),

final as (

    select
        judged_tracks.track_name,
        judged_tracks.primary_artist_name,
        judged_tracks.popularity,
        round(judged_tracks.skip_rate, 3) as skip_rate,
        judged_tracks.plays,
        judged_tracks.streams,
        judged_tracks.track_id
    from judged_tracks
    inner join thresholds
        on
            judged_tracks.skip_rate >= thresholds.skip_rate
            and judged_tracks.popularity >= thresholds.popularity

)

select *
from final
order by
    skip_rate desc,
    popularity desc,
    track_id asc
limit 50
