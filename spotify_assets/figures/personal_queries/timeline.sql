with buckets as (
    select
        calendar.period,
        periods.bucket,
        cast(date_trunc(periods.bucket, calendar.local_date) as date) as starts_on,
        sum(calendar.ms_listened) / 60000 as minutes_listened,
        sum(calendar.ms_played) / 60000 as minutes_played,
        cast(sum(calendar.plays) as bigint) as plays,
        cast(sum(calendar.streams) as bigint) as streams,
        cast(sum(calendar.skips) as bigint) as skips
    from calendar
    inner join periods on calendar.period = periods.period
    group by all
),

discovered as (
    select
        first_streams.period,
        cast(date_trunc(periods.bucket, first_streams.local_date) as date) as starts_on,
        count(*) filter (where first_streams.kind = 'track') as new_tracks,
        count(*) filter (where first_streams.kind = 'artist') as new_artists
    from first_streams
    inner join periods on first_streams.period = periods.period
    group by all
)

select
    buckets.*,
    row_number() over (partition by buckets.period order by buckets.starts_on) as position,
    coalesce(discovered.new_tracks, 0) as new_tracks,
    coalesce(discovered.new_artists, 0) as new_artists
from buckets
left join discovered on buckets.period = discovered.period and buckets.starts_on = discovered.starts_on
order by buckets.period, buckets.starts_on
