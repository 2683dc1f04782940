-- Which genres gained or lost most from one month to the next?
-- In percentage points of the month's streams, for the newest month that has one before it.

with parameters as (

    select coalesce(getvariable('top'), 20) as row_count -- how many genres

),

months as (

    select
        event_month,
        genre,
        stream_share
    from {{ ref('monthly_genre_metrics') }}

),

newest_month as (

    select max(months.event_month) as event_month
    from months
    inner join months as months_before
        on months.event_month = months_before.event_month + interval 1 month

),

compared as (

    select
        newest_month.event_month,
        months.genre,
        coalesce(sum(months.stream_share) filter (where months.event_month = newest_month.event_month), 0)
            as share_now,
        coalesce(sum(months.stream_share) filter (where months.event_month < newest_month.event_month), 0)
            as share_before
    from months
    inner join newest_month
        on
            months.event_month <= newest_month.event_month
            and months.event_month >= newest_month.event_month - interval 1 month
    group by
        newest_month.event_month,
        months.genre

),

ranked as (

    select
        *,
        share_now - share_before as share_change,
        row_number() over (
            order by
                abs(share_now - share_before) desc,
                genre asc
        ) as rank
    from compared

),

final as (

    select
        ranked.rank,
        ranked.event_month,
        ranked.genre,
        round(100 * ranked.share_before, 2) as percent_before,
        round(100 * ranked.share_now, 2) as percent_now,
        round(100 * ranked.share_change, 2) as percentage_points
    from ranked
    cross join parameters
    where ranked.rank <= parameters.row_count

)

select *
from final
order by rank
