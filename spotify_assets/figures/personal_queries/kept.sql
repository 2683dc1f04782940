-- What was streamed for the first time in the period, and whether it was streamed again after a while.
with firsts as (
    select
        kind,
        id,
        max(artist_name) as artist_name,
        min(local_date) as first_date,
        max(local_date) as last_date,
        sum(streams) as streams
    from streamed
    group by kind, id
)

select
    firsts.kind,
    firsts.id,
    shown.track_name,
    firsts.artist_name,
    firsts.first_date,
    firsts.last_date,
    cast(firsts.streams as bigint) as streams,
    told_until.last_date - firsts.first_date >= $stay_days as is_old_enough,
    firsts.last_date - firsts.first_date >= $stay_days as has_stayed
from firsts
cross join told_until
inner join periods on periods.period = 'asked' and firsts.first_date >= periods.first_date
left join marts.dim_track as shown on firsts.kind = 'track' and firsts.id = shown.track_id
order by firsts.kind asc, firsts.streams desc, firsts.first_date asc, firsts.id asc
