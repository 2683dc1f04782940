-- Streams of each track and artist with enough of them in each month or year with any.
with reach as (
    select if(max(local_date) - min(local_date) > $months_up_to_days, 'year', 'month') as bucket
    from history
),

often as (
    select
        kind,
        id
    from figure_lives
    where streams >= $life_streams
)

select
    streamed.kind,
    streamed.id,
    cast(date_trunc(reach.bucket, streamed.local_date) as date) as starts_on,
    reach.bucket,
    cast(sum(streamed.streams) as bigint) as streams
from streamed
cross join reach
inner join often on streamed.kind = often.kind and streamed.id = often.id
group by all
order by streamed.kind, streamed.id, starts_on
