-- Which new releases are on the rise?
-- Releases of the past 90 days; the score is explained at new_release_trends.

with parameters as (

    select coalesce(getvariable('top'), 20) as row_count -- how many tracks

),

ranked as (

    select
        *,
        row_number() over (
            order by
                trending_score desc,
                recent_streams desc,
                track_id asc
        ) as rank
    from {{ ref('new_release_trends') }}

),

final as (

    select
        ranked.rank,
        ranked.track_name,
        ranked.primary_artist_name,
        ranked.release_date,
        ranked.days_since_release,
        ranked.recent_streams,
        ranked.previous_streams,
        round(ranked.recent_skip_rate, 3) as recent_skip_rate,
        round(ranked.trending_score, 2) as trending_score,
        ranked.track_id
    from ranked
    cross join parameters
    where ranked.rank <= parameters.row_count

)

select *
from final
order by rank
