{{ config(alias='tracks') }}

select
    totals.track_id,
    totals.track_ids,
    totals.track_rank,
    totals.track_name as track,
    totals.primary_artist_name as artist,
    totals.album_name as album,
    totals.primary_genre as genre,
    totals.release_date,
    totals.popularity,
    {{ minutes('totals.duration_ms') }} as length_minutes,
    totals.listeners,
    totals.plays,
    totals.streams,
    totals.skips,
    totals.unknowns,
    totals.skip_rate,
    {{ minutes('totals.ms_played') }} as minutes_played,
    tracks.danceability,
    tracks.energy,
    tracks.valence,
    tracks.acousticness,
    tracks.tempo,
    totals.first_event_date as first_played,
    totals.last_event_date as last_played
from {{ ref('recording_totals').include(database=false) }} as totals
inner join {{ ref('dim_track').include(database=false) }} as tracks
    on totals.track_id = tracks.track_id
