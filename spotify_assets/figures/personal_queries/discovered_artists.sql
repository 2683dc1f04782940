select
    first_streams.id as artist_id,
    max(listens.artist_name) as artist_name,
    first_streams.local_date as first_date,
    count(*) as streams,
    sum(listens.ms_played) / 60000 as minutes
from first_streams
inner join listens on first_streams.period = listens.period and first_streams.id = listens.artist_id
where
    first_streams.kind = 'artist'
    and first_streams.period = 'asked'
    and listens.is_music
    and listens.is_stream
group by first_streams.id, first_streams.local_date
order by streams desc, minutes desc, artist_id asc
