-- Is mainstream or niche music listened to, month by month?
-- Mainstream is a popularity of 60 or more, niche one below 30, as it was in the month.

with final as (

    select
        event_month,
        streams,
        round(mean_popularity, 1) as mean_popularity,
        round(mainstream_share, 3) as mainstream_share,
        round(niche_share, 3) as niche_share,
        round(mean_release_year, 1) as mean_release_year
    from {{ ref('monthly_taste') }}

)

select *
from final
order by event_month
