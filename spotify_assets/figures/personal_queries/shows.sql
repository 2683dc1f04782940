select
    row_number() over (
        partition by content_type order by sum(ms_played) desc, count(*) desc, artist_id
    ) as rank,
    content_type,
    artist_id as show_id,
    max(artist_name) as show_name,
    count(distinct track_id) filter (where track_id <> 'unknown') as titles,
    count(*) as playbacks,
    sum(ms_played) / 60000 as minutes,
    min(local_date) as first_date,
    max(local_date) as last_date
from listens
where period = 'asked' and list_contains($named, content_type) and artist_id <> 'unknown'
group by content_type, artist_id
order by content_type desc, rank asc
