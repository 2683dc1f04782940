{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    unique_key=['user_id', 'local_date'],
    meta={'made_from': ['first_event_date', 'last_event_date']},
    on_schema_change='fail'
) }}

-- Built after its dimensions, so that every row finds its dimension row:
-- depends_on: {{ ref('dim_country') }}
-- depends_on: {{ ref('dim_date') }}

with
{% if is_window_run() %}
    {{ rewritten_rows(
        keys=['user_id', 'local_date'],
        sources=[ref('int_local_events'), ref('stg_listening_hours')]
    ) }}
{% endif %}
events as (

    select *
    from {{ ref('int_local_events') }}
    {% if is_window_run() %}
        where {{ of_rewritten_rows(['user_id', 'local_date']) }}
    {% endif %}

),

hours as (

    select *
    from {{ ref('stg_listening_hours') }}
    {% if is_window_run() %}
        where {{ of_rewritten_rows(['user_id', 'local_date']) }}
    {% endif %}

),

tracks as (

    select
        track_id,
        recording_track_id,
        primary_artist_id
    from {{ ref('dim_track') }}

),

classified as (

    select
        events.*,
        tracks.recording_track_id,
        tracks.primary_artist_id,
        events.action in ('play', 'skip') as is_playback,
        events.action in ('play', 'skip') and events.content_type = 'music' as is_play
    from events
    left join tracks
        on events.track_key = tracks.track_id

),

counted as (

    select
        user_id,
        local_date,
        count(*) filter (where is_play) as plays,
        count(*) filter (where is_play and is_stream) as streams,
        count(*) filter (where is_play and outcome = 'skip') as skips,
        count(*) filter (where is_play and outcome = 'complete') as completes,
        count(*) filter (where is_play and outcome = 'abandoned') as abandons,
        count(*) filter (where is_play and outcome = 'unknown') as unknowns,
        count(distinct recording_track_id) filter (where is_play) as tracks,
        count(distinct primary_artist_id) filter (
            where is_play and primary_artist_id <> {{ unknown_member() }}
        ) as artists,
        coalesce(sum(ms_played) filter (where is_play), 0) as ms_played,
        count(*) filter (where is_playback) as playbacks,
        count(distinct session_id) filter (where is_playback) as sessions,
        count(*) filter (where action = 'add_to_playlist') as playlist_adds,
        min(event_date) as first_event_date,
        max(event_date) as last_event_date
    from classified
    group by
        user_id,
        local_date

),

-- the listener's country of the day is where most playbacks were, of equals the last by its code
playbacks_by_country as (

    select
        user_id,
        local_date,
        country,
        count(*) as playbacks
    from classified
    where
        is_playback
        and country <> {{ unknown_country() }}
    group by
        user_id,
        local_date,
        country

),

main_countries as (

    select
        user_id,
        local_date,
        arg_max(country, (playbacks, country)) as country
    from playbacks_by_country
    group by
        user_id,
        local_date

),

listened as (

    select
        user_id,
        local_date,
        sum(ms_listened) as ms_listened,
        min(event_date) as first_event_date,
        max(event_date) as last_event_date
    from hours
    group by
        user_id,
        local_date

),

-- a playback that runs past midnight adds time to a day on which nothing was started
user_days as (

    select
        coalesce(counted.user_id, listened.user_id) as user_id,
        coalesce(counted.local_date, listened.local_date) as local_date,
        coalesce(main_countries.country, {{ unknown_country() }}) as country,
        coalesce(counted.playbacks, 0) as playbacks,
        coalesce(counted.plays, 0) as plays,
        coalesce(counted.streams, 0) as streams,
        coalesce(counted.skips, 0) as skips,
        coalesce(counted.completes, 0) as completes,
        coalesce(counted.abandons, 0) as abandons,
        coalesce(counted.unknowns, 0) as unknowns,
        {{ skip_rate('counted') }} as skip_rate,
        coalesce(counted.playlist_adds, 0) as playlist_adds,
        coalesce(counted.sessions, 0) as sessions,
        coalesce(counted.tracks, 0) as tracks,
        coalesce(counted.artists, 0) as artists,
        cast(coalesce(counted.ms_played, 0) as bigint) as ms_played,
        cast(coalesce(listened.ms_listened, 0) as bigint) as ms_listened,
        coalesce(listened.ms_listened, 0) / 60000 as minutes_listened,
        least(counted.first_event_date, listened.first_event_date) as first_event_date,
        greatest(counted.last_event_date, listened.last_event_date) as last_event_date
    from counted
    full outer join listened
        on
            counted.user_id = listened.user_id
            and counted.local_date = listened.local_date
    left join main_countries
        on
            counted.user_id = main_countries.user_id
            and counted.local_date = main_countries.local_date

),

final as (

    select
        *,
        {{ engagement_score('streams', 'completes', 'skips', 'playlist_adds') }} as engagement_score
    from user_days

)

select *
from final
