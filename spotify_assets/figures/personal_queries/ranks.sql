-- The ranks of the artists of the top in each step of the period.
with steps as (
    select
        case
            when last_date - first_date > $months_up_to_days then 'year'
            when last_date - first_date > $weeks_up_to_days then 'month'
            else 'week'
        end as bucket,
        first_date,
        last_date
    from periods
    where period = 'asked'
),

counted as (
    select
        steps.bucket,
        cast(date_trunc(steps.bucket, streamed.local_date) as date) as starts_on,
        streamed.id as artist_id,
        max(streamed.artist_name) as artist_name,
        sum(streamed.streams) as streams
    from streamed
    inner join steps on streamed.local_date between steps.first_date and steps.last_date
    where streamed.kind = 'artist'
    group by all
),

ranked as (
    select
        *,
        row_number() over (partition by starts_on order by streams desc, artist_id asc) as rank
    from counted
)

select
    ranked.bucket,
    ranked.starts_on,
    ranked.artist_id,
    ranked.artist_name,
    ranked.rank,
    cast(ranked.streams as bigint) as streams
from ranked
inner join rankings on rankings.kind = 'artist' and ranked.artist_id = rankings.id
where rankings.rank_by_streams <= $ranked_artists
order by rankings.rank_by_streams, ranked.starts_on
