with kinds as (
    select distinct content_type from listens
),

counted as (
    select
        periods.period,
        kinds.content_type,
        list_position($kinds, kinds.content_type) as position,
        count(listens.event_id) as playbacks,
        coalesce(sum(listens.ms_played), 0) / 60000 as minutes,
        count(distinct listens.artist_id) filter (where listens.artist_id <> 'unknown') as names,
        count(distinct listens.track_id) filter (where listens.track_id <> 'unknown') as titles,
        count(distinct listens.local_date) as days
    from periods
    cross join kinds
    left join listens
        on periods.period = listens.period and kinds.content_type = listens.content_type
    group by all
)

select
    period,
    content_type,
    playbacks,
    minutes,
    minutes / nullif(sum(minutes) over (partition by period), 0) as minutes_share,
    names,
    titles,
    days
from counted
order by period, position nulls last, content_type
