-- The backfill as one hand-written script: raw files to listening events and daily metrics.
-- It makes the same rows as the assets; it checks nothing, keeps no books and cannot run for a part of the days.
set preserve_insertion_order = false;

create schema if not exists raw;
create schema if not exists core;

create or replace table raw.raw_events as
select * from read_parquet($events, hive_partitioning = false);

create or replace table core.listening_events as
with
valid as (
    select
        * replace (
            trim(user_id) as user_id,
            case
                when regexp_full_match(upper(trim(country)), '[A-Z]{2}') or country is null then upper(trim(country))
                else 'ZZ'
            end as country,
            coalesce(ms_played, 0) as ms_played,
            coalesce(content_type, 'unknown') as content_type,
            coalesce(source, 'unknown') as source
        )
    from raw.raw_events
    where
        trim(coalesce(user_id, '')) <> ''
        and started_at is not null
        and ended_at is not null
        and ended_at >= started_at
        and event_date = ended_at::date
        and action in ('play', 'skip', 'pause', 'add_to_playlist')
        and (ms_played is not null or action not in ('play', 'skip'))
        and coalesce(ms_played, 0) >= 0
        and (track_id is null or regexp_full_match(track_id, '[0-9A-Za-z]{22}'))
        and (content_type is null or content_type in ('music', 'podcast', 'audiobook', 'video', 'unknown'))
    qualify row_number() over (partition by event_id order by source_file, source_row) = 1
),
with_lengths as (
    select valid.*, tracks.duration_ms as track_duration_ms, action in ('play', 'skip') as is_playback
    from valid
    left join core.tracks as tracks using (track_id)
),
with_neighbours as (
    select
        *,
        lead(started_at) over (
            partition by user_id, event_date, is_playback order by started_at, ended_at, event_id
        ) as next_start,
        max(ended_at) over (
            partition by user_id order by event_date, started_at, ended_at, event_id
            rows between unbounded preceding and 1 preceding
        ) as heard_until
    from with_lengths
),
with_outcomes as (
    select
        * exclude (next_start, heard_until),
        coalesce(started_at - heard_until > interval 30 minutes, true) as starts_session,
        case
            when not is_playback then null
            when reason_end = 'trackdone' or coalesce(ms_played >= 0.95 * track_duration_ms, false)
                or (coalesce(reason_end, '') = '' and not (action = 'skip' or coalesce(skipped, false)) and track_duration_ms is null)
                then 'complete'
            when reason_end in ('fwdbtn', 'backbtn', 'clickrow', 'playbtn', 'clickside', 'uriopen')
                or (reason_end = 'endplay' and coalesce(next_start - ended_at <= interval 10 seconds, false))
                or (coalesce(reason_end, '') = '' and (action = 'skip' or coalesce(skipped, false)))
                then 'skip'
            else 'abandoned'
        end as outcome,
        is_playback and coalesce(
            ms_played >= 30000 or (track_duration_ms < 30000 and ms_played >= track_duration_ms), false
        ) as is_stream
    from with_neighbours
),
numbered as (
    select
        *,
        sum(starts_session::int) over (
            partition by user_id order by event_date, started_at, ended_at, event_id
        ) as session_number
    from with_outcomes
)
select
    event_id, user_id, track_id, started_at, ended_at, event_date, action, ms_played, skipped, reason_start,
    reason_end, device, country, shuffle,
    user_id || '-' || strftime(first_value(started_at) over session_so_far, '%Y%m%dT%H%M%S%g') as session_id,
    source, content_type, track_name, artist_name, album_name, extra,
    case when is_playback then count(*) filter (is_playback) over session_so_far end as session_position,
    track_duration_ms, outcome, is_stream
from numbered
window
    session_so_far as (
        partition by user_id, session_number order by event_date, started_at, ended_at, event_id
        rows between unbounded preceding and current row
    );

create or replace table core.daily_track_metrics as
select
    event_date,
    track_id,
    count(*) filter (action in ('play', 'skip')) as plays,
    count(*) filter (is_stream) as streams,
    count(*) filter (outcome = 'skip') as skips,
    count(*) filter (outcome = 'complete') as completes,
    count(*) filter (outcome = 'abandoned') as abandons,
    skips / nullif(plays, 0) as skip_rate,
    count(distinct user_id) filter (action in ('play', 'skip')) as listeners,
    coalesce(sum(ms_played) filter (action in ('play', 'skip')), 0)::bigint as ms_played,
    count(*) filter (action = 'add_to_playlist') as playlist_adds,
    count(*) filter (action = 'pause') as pauses
from core.listening_events
where content_type = 'music' and track_id is not null
group by event_date, track_id;
