-- Each track and artist from the first to the last play that is known, whatever the period.
with plays as (
    select
        'track' as kind,
        track_id as id,
        artist_name,
        local_date,
        is_stream,
        is_skip,
        is_outcome_unknown
    from history
    where is_music and track_id <> 'unknown'
    union all
    select
        'artist' as kind,
        artist_id as id,
        artist_name,
        local_date,
        is_stream,
        is_skip,
        is_outcome_unknown
    from history
    where is_music and artist_id <> 'unknown'
),

dates as (
    select
        kind,
        id,
        local_date,
        max(artist_name) as artist_name,
        count(*) as plays,
        sum(cast(is_stream as integer)) as streams,
        sum(cast(is_skip as integer)) as skips,
        sum(cast(not is_outcome_unknown as integer)) as known_plays,
        lead(local_date) over (partition by kind, id order by local_date) - local_date as days_until_next
    from plays
    group by kind, id, local_date
),

months as (
    select
        kind,
        id,
        cast(date_trunc('month', local_date) as date) as month,
        sum(streams) as streams
    from dates
    group by all
),

best as (
    select
        kind,
        id,
        arg_min(month, (-streams, month)) as best_month,
        max(streams) as streams_of_best_month
    from months
    group by kind, id
    having max(streams) > 0
),

told as (
    select
        kind,
        id,
        max(artist_name) as artist_name,
        min(local_date) as first_played,
        max(local_date) as last_played,
        sum(plays) as plays,
        sum(streams) as streams,
        sum(skips) / nullif(sum(known_plays), 0) as skip_rate,
        max(days_until_next) as longest_pause_days
    from dates
    group by kind, id
)

select
    told.kind,
    told.id,
    shown.track_name,
    told.artist_name,
    told.first_played,
    told.last_played,
    cast(told.plays as bigint) as plays,
    cast(told.streams as bigint) as streams,
    told.skip_rate,
    best.best_month,
    cast(best.streams_of_best_month as bigint) as streams_of_best_month,
    told.longest_pause_days
from told
left join best on told.kind = best.kind and told.id = best.id
left join marts.dim_track as shown on told.kind = 'track' and told.id = shown.track_id
order by told.kind asc, told.plays desc, told.id asc
