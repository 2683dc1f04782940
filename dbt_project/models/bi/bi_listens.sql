{{ config(alias='listens', event_time='event_date') }}

select
    listens.event_id,
    listens.event_date,
    listens.started_at,
    listens.local_started_at,
    listens.local_date,
    dates.weekday_name as local_weekday,
    listens.local_hour,
    listens.user_id as listener,
    listens.session_id,
    listens.track_id,
    tracks.recording_track_id as recording_id,
    tracks.track_name as track,
    tracks.primary_artist_name as artist,
    tracks.album_name as album,
    tracks.primary_genre as genre,
    year(tracks.release_date) as release_year,
    tracks.popularity,
    listens.content_type as content,  -- noqa: RF04
    devices.device_name as device,
    countries.country_name as country,
    listens.country as country_code,
    countries.region,
    {{ minutes('listens.ms_played') }} as minutes_played,
    listens.outcome,
    listens.is_stream,
    listens.is_skip,
    listens.is_shuffle,
    listens.source
from {{ ref('fact_listens').include(database=false) }} as listens
left join {{ ref('dim_track').include(database=false) }} as tracks
    on listens.track_id = tracks.track_id
left join {{ ref('dim_device').include(database=false) }} as devices
    on listens.device = devices.device
left join {{ ref('dim_country').include(database=false) }} as countries
    on listens.country = countries.country
left join {{ ref('dim_date').include(database=false) }} as dates
    on listens.local_date = dates.date_day
