with of_day as (
    select
        history.*,
        year(told_until.last_date) - year(history.local_date) as years_ago
    from history
    cross join told_until
    where
        month(history.local_date) = month(told_until.last_date)
        and day(history.local_date) = day(told_until.last_date)
        and history.local_date < told_until.last_date
        and history.is_music
),

tracks as (
    select
        years_ago,
        track_id,
        max(artist_name) as artist_name,
        count(*) filter (where is_stream) as streams,
        sum(ms_played) as ms_played
    from of_day
    where track_id <> 'unknown'
    group by years_ago, track_id
),

tops as (
    select *
    from tracks
    qualify row_number() over (
        partition by years_ago
        order by streams desc, ms_played desc, track_id asc
    ) = 1
),

days as (
    select
        years_ago,
        min(local_date) as local_date,
        count(*) as plays,
        count(*) filter (where is_stream) as streams,
        sum(ms_played) / 60000 as minutes
    from of_day
    group by years_ago
)

select
    days.local_date,
    days.years_ago,
    days.plays,
    days.streams,
    days.minutes,
    tops.track_id,
    shown.track_name,
    tops.artist_name,
    tops.streams as streams_of_track
from days
left join tops on days.years_ago = tops.years_ago
left join marts.dim_track as shown on tops.track_id = shown.track_id
order by days.years_ago
