-- Streams of music of each date: one row per kind (track, artist), recording or artist, and local date.
with streams as (
    select
        local_date,
        track_id,
        artist_id,
        artist_name
    from history
    where is_music and is_stream
),

of_each as (
    select
        'track' as kind,
        track_id as id,
        max(artist_name) as artist_name,
        local_date,
        count(*) as streams
    from streams
    where track_id <> 'unknown'
    group by track_id, local_date
    union all
    select
        'artist' as kind,
        artist_id as id,
        max(artist_name) as artist_name,
        local_date,
        count(*) as streams
    from streams
    where artist_id <> 'unknown'
    group by artist_id, local_date
)

select
    kind,
    id,
    artist_name,
    local_date,
    streams,
    sum(streams) over (partition by kind, local_date) as streams_of_date
from of_each
