select
    listens.track_id,
    shown.track_name,
    shown.primary_artist_name as artist_name,
    count(*) as plays,
    count(*) filter (where listens.is_skip) as skips,
    count(*) filter (where listens.is_skip) / count(*) as skip_rate
from listens
inner join marts.dim_track as shown on listens.track_id = shown.track_id
where
    listens.is_music
    and listens.period = 'asked'
    and listens.track_id <> 'unknown'
    and not listens.is_outcome_unknown
group by listens.track_id, shown.track_name, shown.primary_artist_name
having count(*) >= $habit_plays
order by skip_rate desc, plays desc, listens.track_id asc
