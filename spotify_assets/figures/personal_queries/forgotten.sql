with favourites as (
    select
        streamed.id as track_id,
        max(streamed.artist_name) as artist_name,
        cast(sum(streamed.streams) as bigint) as streams,
        min(streamed.local_date) as first_streamed,
        max(streamed.local_date) as last_streamed
    from streamed
    where streamed.kind = 'track'
    group by streamed.id
    having sum(streamed.streams) >= $favourite_streams
),

months as (
    select
        id as track_id,
        cast(date_trunc('month', local_date) as date) as month,
        sum(streams) as streams
    from streamed
    where kind = 'track'
    group by all
),

best as (
    select
        track_id,
        arg_min(month, (-streams, month)) as best_month
    from months
    group by track_id
)

select
    favourites.track_id,
    shown.track_name,
    favourites.artist_name,
    favourites.streams,
    favourites.first_streamed,
    favourites.last_streamed,
    best.best_month,
    told_until.last_date - favourites.last_streamed as days_since
from favourites
cross join told_until
inner join best on favourites.track_id = best.track_id
inner join marts.dim_track as shown on favourites.track_id = shown.track_id
where told_until.last_date - favourites.last_streamed >= $forgotten_days
order by favourites.streams desc, favourites.last_streamed desc, favourites.track_id asc
