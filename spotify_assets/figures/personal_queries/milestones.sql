-- The plays of music and the hours of all content that are round numbers, where they fell in the period.
with counted as (
    select
        *,
        -- `count(*) filter (…)` over a window takes DuckDB sixty times as long.
        cast(sum(cast(is_music as integer)) over before as bigint) as plays,
        sum(ms_played) over before as ms_so_far
    from history
    window before as (order by ended_at, event_id rows between unbounded preceding and current row)
),

full_hours as (
    select *
    from counted
    where ms_so_far // 3600000 > (ms_so_far - ms_played) // 3600000
),

marks as (
    select
        'play' as kind,
        unnest([1, 100, 500] || [n * 1000 for n in range(1, 10)] || [n * 10000 for n in range(1, 101)])
            as number
    union all
    select
        'hour' as kind,
        unnest([1, 24, 100, 250, 500] || [n * 1000 for n in range(1, 101)]) as number
),

reached as (
    select
        marks.kind,
        marks.number,
        counted.*
    from marks
    inner join counted on marks.number = counted.plays
    where marks.kind = 'play' and counted.is_music
    union all
    select
        marks.kind,
        marks.number,
        full_hours.*
    from marks
    inner join full_hours
        on
            marks.number > (full_hours.ms_so_far - full_hours.ms_played) // 3600000
            and marks.number <= full_hours.ms_so_far // 3600000
    where marks.kind = 'hour'
)

select
    reached.kind,
    reached.number,
    reached.local_date,
    reached.track_id,
    shown.track_name,
    reached.artist_name
from reached
inner join periods on periods.period = 'asked' and reached.local_date >= periods.first_date
left join marts.dim_track as shown on reached.track_id = shown.track_id
order by reached.local_date asc, reached.kind desc, reached.number asc
