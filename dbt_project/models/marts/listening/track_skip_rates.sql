with music_playbacks as (

    select *
    from {{ ref('fact_listens') }}
    where is_music

),

tracks as (

    select *
    from {{ ref('dim_track') }}

),

totals as (

    select
        track_id,
        count(*) as plays,
        count(*) filter (where is_stream) as streams,
        count(*) filter (where is_skip) as skips,
        count(*) filter (where is_skip) / count(*) as skip_rate,
        count(distinct user_id) as listeners,
        cast(sum(ms_played) as bigint) as ms_played,
        min(event_date) as first_event_date,
        max(event_date) as last_event_date
    from music_playbacks
    group by track_id

),

final as (

    select
        totals.track_id,
        tracks.track_name,
        tracks.primary_artist_id,
        tracks.primary_artist_name,
        tracks.popularity,
        totals.plays,
        totals.streams,
        totals.skips,
        totals.skip_rate,
        totals.listeners,
        totals.ms_played,
        totals.first_event_date,
        totals.last_event_date
    from totals
    inner join tracks
        on totals.track_id = tracks.track_id

)

select *
from final
