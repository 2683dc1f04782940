with plays as (
    select
        session_id,
        artist_id,
        max(artist_name) as artist_name,
        count(*) as plays
    from listens
    where period = 'asked' and artist_id <> 'unknown'
    group by session_id, artist_id
),

of_session as (
    select
        session_id,
        arg_max(artist_name, (plays, artist_id)) as artist_name
    from plays
    group by session_id
)

select
    sessions.local_date,
    sessions.local_started_at,
    sessions.duration_ms / 60000 as minutes,
    sessions.ms_played / 60000 as minutes_played,
    sessions.playbacks,
    sessions.plays,
    sessions.streams,
    sessions.skips,
    of_session.artist_name
from marts.fact_sessions as sessions
inner join periods
    on periods.period = 'asked' and sessions.local_date between periods.first_date and periods.last_date
left join of_session on sessions.session_id = of_session.session_id
where sessions.user_id = $user_id
order by sessions.ms_played desc, sessions.started_at asc
