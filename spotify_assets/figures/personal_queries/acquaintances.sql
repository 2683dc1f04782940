-- The artists of the top: since when they are known, by which track, and what became of it.
with tops as (
    select
        id as artist_id,
        artist_name,
        rank_by_streams as rank
    from rankings
    where kind = 'artist' and rank_by_streams <= $journeys
),

firsts as (
    select
        history.artist_id,
        arg_min(history.track_id, (history.ended_at, history.event_id)) as first_track_id,
        min(history.local_date) as first_date,
        max(history.local_date) as last_date,
        count(*) as streams
    from history
    where history.is_music and history.is_stream
    group by history.artist_id
)

select
    tops.rank,
    tops.artist_id,
    tops.artist_name,
    firsts.first_date,
    firsts.first_track_id,
    shown.track_name as first_track_name,
    firsts.last_date,
    firsts.streams,
    firsts.last_date - firsts.first_date as days_known
from tops
inner join firsts on tops.artist_id = firsts.artist_id
inner join marts.dim_track as shown on firsts.first_track_id = shown.track_id
order by tops.rank
