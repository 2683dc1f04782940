{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    unique_key='session_id',
    meta={'made_from': ['first_event_date', 'last_event_date']},
    on_schema_change='fail'
) }}

-- Built after its dimensions, so that every row finds its dimension row:
-- depends_on: {{ ref('dim_date') }}

with
{% if is_window_run() %}
    {{ rewritten_rows(
        keys=['session_id'],
        sources=[ref('fact_listens')],
        known_by="known.last_event_date >= date '" ~ event_window().start ~ "' - " ~ longest_session_days()
    ) }}
{% endif %}
playbacks as (

    select
        listens.*,
        tracks.recording_track_id
    from {{ ref('fact_listens') }} as listens
    left join {{ ref('dim_track') }} as tracks
        on listens.track_id = tracks.track_id
    {% if is_window_run() %}
        where {{ of_rewritten_rows(['session_id'], 'listens') }}
    {% endif %}

),

final as (

    select
        session_id,
        min(user_id) as user_id,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        date_diff('millisecond', min(started_at), max(ended_at)) as duration_ms,
        arg_min(time_zone, session_position) as time_zone,
        arg_min(local_started_at, session_position) as local_started_at,
        arg_min(local_date, session_position) as local_date,
        arg_min(local_hour, session_position) as local_hour,
        arg_min(device, session_position) as device,
        arg_min(country, session_position) as country,
        count(*) as playbacks,
        count(*) filter (where is_music) as plays,
        count(*) filter (where is_music and is_stream) as streams,
        count(*) filter (where is_music and is_skip) as skips,
        count(*) filter (where is_music and is_complete) as completes,
        count(*) filter (where is_music and is_abandoned) as abandons,
        count(*) filter (where is_music and is_outcome_unknown) as unknowns,
        count(distinct recording_track_id) filter (
            where is_music and recording_track_id <> {{ unknown_member() }}
        ) as tracks,
        cast(sum(ms_played) as bigint) as ms_played,
        min(event_date) as first_event_date,
        max(event_date) as last_event_date
    from playbacks
    group by session_id

)

select *
from final
