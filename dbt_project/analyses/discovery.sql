-- How much of what is streamed is new to the listener, month by month?

with final as (

    select
        event_month,
        streams,
        first_listens,
        round(discovery_share, 3) as discovery_share,
        round(1 - discovery_share, 3) as repeat_share,
        tracks
    from {{ ref('monthly_taste') }}

)

select *
from final
order by event_month
