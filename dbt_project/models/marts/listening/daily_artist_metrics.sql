{{ config(materialized='view') }}

-- A view, because the artist of a track follows the dimensions of today: a table would have to be made anew.

with music_playbacks as (

    select *
    from {{ ref('fact_listens') }}
    where is_music

),

tracks as (

    select *
    from {{ ref('dim_track') }}

),

final as (

    select
        music_playbacks.event_date,
        tracks.primary_artist_id as artist_id,
        max(tracks.primary_artist_name) as artist_name,
        count(*) as plays,
        count(*) filter (where music_playbacks.is_stream) as streams,
        count(*) filter (where music_playbacks.is_skip) as skips,
        count(*) filter (where music_playbacks.is_outcome_unknown) as unknowns,
        {{ skip_rate() }} as skip_rate,
        count(distinct music_playbacks.user_id) as listeners,
        cast(sum(music_playbacks.ms_played) as bigint) as ms_played
    from music_playbacks
    inner join tracks
        on music_playbacks.track_id = tracks.track_id
    group by
        music_playbacks.event_date,
        tracks.primary_artist_id

)

select *
from final
