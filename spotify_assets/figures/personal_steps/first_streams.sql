-- The first stream of a recording or artist is one of the period's where it is among them.
with firsts as (
    select
        tracks.recording_track_id as track_id,
        firsts.first_ended_at,
        tracks.primary_artist_id as artist_id
    from marts.first_listens as firsts
    inner join marts.dim_track as tracks on firsts.track_id = tracks.track_id
    where firsts.user_id = $user_id
),

first_of_each as (
    select
        'track' as kind,
        track_id as id,
        min(first_ended_at) as first_ended_at
    from firsts
    group by track_id
    union all
    select
        'artist' as kind,
        artist_id as id,
        min(first_ended_at) as first_ended_at
    from firsts
    where artist_id <> 'unknown'
    group by artist_id
)

select
    listens.period,
    first_of_each.kind,
    first_of_each.id,
    min(listens.local_date) as local_date
from listens
inner join first_of_each
    on
        listens.ended_at = first_of_each.first_ended_at
        and first_of_each.id = if(first_of_each.kind = 'track', listens.track_id, listens.artist_id)
where listens.is_music and listens.is_stream
group by all
