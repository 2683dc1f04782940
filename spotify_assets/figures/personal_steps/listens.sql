-- The playbacks of one period; only the part of the facts in which they ended is read.
with genres as (
    select distinct track_id
    from marts.bridge_track_genre
    where genre <> 'unknown'
)

select
    periods.period,
    facts.event_id,
    facts.event_date,
    tracks.recording_track_id as track_id,
    facts.track_id as heard_track_id,
    facts.session_id,
    facts.ended_at,
    facts.local_date,
    facts.ms_played,
    facts.track_duration_ms,
    facts.is_stream,
    facts.is_skip,
    facts.is_complete,
    facts.is_abandoned,
    facts.is_outcome_unknown,
    facts.is_music,
    facts.content_type,
    facts.device,
    facts.country,
    facts.reason_end,
    tracks.track_name,
    tracks.primary_artist_id as artist_id,
    tracks.primary_artist_name as artist_name,
    tracks.album_id,
    tracks.album_name,
    tracks.catalogue_track_id,
    tracks.release_date,
    tracks.danceability,
    tracks.energy,
    tracks.valence,
    tracks.acousticness,
    tracks.instrumentalness,
    tracks.speechiness,
    tracks.tempo,
    genres.track_id is not null as has_genre
from marts.fact_listens as facts
inner join marts.dim_track as tracks on facts.track_id = tracks.track_id
inner join periods on periods.period = $period
left join genres on facts.track_id = genres.track_id
where
    facts.user_id = $user_id
    and facts.event_date between $first_event and $last_event
    and facts.local_date between periods.first_date and periods.last_date
