-- All playbacks up to the end of the asked period, with no more than what looks back needs.
select
    tracks.recording_track_id as track_id,
    tracks.primary_artist_id as artist_id,
    tracks.primary_artist_name as artist_name,
    facts.ended_at,
    facts.event_id,
    facts.local_date,
    facts.ms_played,
    facts.is_stream,
    facts.is_skip,
    facts.is_outcome_unknown,
    facts.is_music
from marts.fact_listens as facts
inner join marts.dim_track as tracks on facts.track_id = tracks.track_id
where
    facts.user_id = $user_id
    and facts.local_date <= (
        select max(periods.last_date) from periods
        where periods.period = 'asked'
    )
