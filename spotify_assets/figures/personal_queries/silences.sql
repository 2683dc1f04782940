-- Dates in a row without any playback, between two that have some.
with heard as (
    select distinct local_date from history
),

gaps as (
    select
        local_date as last_heard,
        lead(local_date) over (order by local_date) as heard_again
    from heard
),

long_gaps as (
    select
        gaps.last_heard + 1 as first_date,
        gaps.heard_again - 1 as last_date,
        gaps.heard_again - gaps.last_heard - 1 as days,
        gaps.heard_again
    from gaps
    inner join periods on periods.period = 'asked' and gaps.heard_again > periods.first_date
    where gaps.heard_again - gaps.last_heard - 1 >= $silence_days
),

returns as (
    select
        local_date,
        arg_min(track_id, (ended_at, event_id)) as track_id,
        arg_min(artist_name, (ended_at, event_id)) as artist_name
    from history
    group by local_date
)

select
    long_gaps.first_date,
    long_gaps.last_date,
    long_gaps.days,
    shown.track_name as ended_by_track_name,
    returns.artist_name as ended_by_artist_name
from long_gaps
inner join returns on long_gaps.heard_again = returns.local_date
left join marts.dim_track as shown on returns.track_id = shown.track_id
order by long_gaps.days desc, long_gaps.first_date asc
