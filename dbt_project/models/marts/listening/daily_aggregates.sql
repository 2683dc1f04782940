{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    event_time='event_date',
    on_schema_change='fail'
) }}

with music_playbacks as (

    select
        listens.*,
        tracks.recording_track_id
    from {{ ref('fact_listens') }} as listens
    left join {{ ref('dim_track') }} as tracks
        on listens.track_id = tracks.track_id
    where
        listens.is_music
        and {{ in_event_window('listens.event_date') }}

),

final as (

    select
        event_date,
        count(*) as plays,
        count(*) filter (where is_stream) as streams,
        count(*) filter (where is_stream and is_skip) as skipped_streams,
        count(*) filter (where is_skip) as skips,
        count(*) filter (where is_complete) as completes,
        count(*) filter (where is_abandoned) as abandons,
        count(*) filter (where is_outcome_unknown) as unknowns,
        {{ skip_rate() }} as skip_rate,
        count(distinct user_id) as listeners,
        count(distinct recording_track_id) filter (where recording_track_id <> {{ unknown_member() }})
            as tracks,
        cast(sum(ms_played) as bigint) as ms_played
    from music_playbacks
    group by event_date

)

select *
from final
