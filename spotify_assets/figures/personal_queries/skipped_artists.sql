select
    artist_id,
    max(artist_name) as artist_name,
    count(*) as plays,
    count(*) filter (where is_skip) as skips,
    skips / count(*) filter (where not is_outcome_unknown) as skip_rate
from listens
where is_music and period = 'asked' and artist_id <> 'unknown'
group by artist_id
having count(*) filter (where not is_outcome_unknown) >= $least_plays
order by skip_rate desc, plays desc, artist_id asc
