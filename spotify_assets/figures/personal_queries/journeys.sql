-- Streams of the artists of the top in each quarter or month of all that is known, those without any too.
with tops as (
    select
        id as artist_id,
        artist_name,
        rank_by_streams as rank
    from rankings
    where kind = 'artist' and rank_by_streams <= $journeys
),

reach as (
    select
        min(local_date) as first_date,
        max(local_date) as last_date,
        if(max(local_date) - min(local_date) > $months_up_to_days, 'quarter', 'month') as bucket
    from history
),

steps as (
    select
        cast(unnest(generate_series(
            date_trunc(reach.bucket, reach.first_date),
            reach.last_date,
            if(reach.bucket = 'quarter', interval 3 month, interval 1 month)
        )) as date) as starts_on
    from reach
),

counted as (
    select
        streamed.id as artist_id,
        cast(date_trunc((select reach.bucket from reach), streamed.local_date) as date) as starts_on,
        sum(streamed.streams) as streams
    from streamed
    where streamed.kind = 'artist'
    group by all
)

select
    tops.rank,
    tops.artist_id,
    tops.artist_name,
    steps.starts_on,
    (select reach.bucket from reach) as bucket,
    cast(coalesce(counted.streams, 0) as bigint) as streams
from tops
cross join steps
left join counted on tops.artist_id = counted.artist_id and steps.starts_on = counted.starts_on
order by tops.rank, steps.starts_on
