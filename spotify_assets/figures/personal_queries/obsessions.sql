-- Dates that a track or artist filled, those close to each other taken together.
with filled as (
    select
        *,
        local_date - lag(local_date) over (partition by kind, id order by local_date) as days_since
    from streamed
    where
        streams >= if(kind = 'track', $filled_by_track, $filled_by_artist)
        and streams >= streams_of_date * if(kind = 'track', $filled_share_of_track, $filled_share_of_artist)
),

numbered as (
    select
        *,
        count(*) filter (where days_since is null or days_since > $obsession_pause) over (
            partition by kind, id
            order by local_date
        ) as obsession
    from filled
),

obsessions as (
    select
        kind,
        id,
        max(artist_name) as artist_name,
        min(local_date) as first_date,
        max(local_date) as last_date,
        count(*) as days
    from numbered
    group by kind, id, obsession
    having count(*) >= $obsession_days
),

asked as (
    select
        first_date as asked_first,
        last_date as asked_last
    from periods
    where period = 'asked'
),

told as (
    select
        obsessions.kind,
        obsessions.id,
        obsessions.artist_name,
        obsessions.first_date,
        obsessions.last_date,
        obsessions.days,
        asked.asked_last - obsessions.last_date as days_since,
        cast(sum(streamed.streams) filter (
            where streamed.local_date between obsessions.first_date and obsessions.last_date
        ) as bigint) as streams,
        cast(coalesce(sum(streamed.streams) filter (
            where
            streamed.local_date > obsessions.last_date
            and streamed.local_date <= obsessions.last_date + $obsession_after
        ), 0) as bigint) as streams_after,
        max(streamed.local_date) as last_streamed
    from obsessions
    cross join asked
    inner join streamed on obsessions.kind = streamed.kind and obsessions.id = streamed.id
    where obsessions.last_date >= asked.asked_first
    group by all
)

select
    told.kind,
    told.id,
    shown.track_name,
    told.artist_name,
    told.first_date,
    told.last_date,
    told.days,
    told.streams,
    told.streams_after,
    told.last_streamed,
    case
        when told.days_since <= $obsession_pause then 'goes on'
        when told.last_streamed = told.last_date then 'never streamed again'
        when told.streams_after = 0 then 'left alone'
        when told.streams_after * 4 >= told.streams then 'became a favourite'
        else 'faded'
    end as ending
from told
left join marts.dim_track as shown on told.kind = 'track' and told.id = shown.track_id
order by told.streams desc, told.first_date asc, told.kind asc, told.id asc
