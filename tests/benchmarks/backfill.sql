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
    case
        when track_id is not null then track_id
        when coalesce(artist_name, track_name) is not null
            then 'name-' || sha256(
                nfc_normalize(trim(coalesce(artist_name, ''))) || chr(31) || nfc_normalize(trim(coalesce(track_name, '')))
            )[:16]
    end as track_key,
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

create schema if not exists ml;

create or replace temp table playbacks as
select
    events.* exclude (track_id),
    events.track_id,
    events.started_at::date as start_day,
    coalesce(tracks.primary_artist_id, events.artist_name) as artist,
    events.content_type = 'music' and events.track_id is not null as is_music
from core.listening_events as events
left join core.tracks as tracks using (track_id)
where events.action in ('play', 'skip');

create or replace temp macro history_of(keyed) as table
with
asked as (
    select
        event_id,
        key,
        start_day,
        started_at
    from query_table(keyed)
    where key is not null
),
days as (
    select
        key,
        day,
        sum(plays) as plays,
        sum(skips) as skips
    from (
        select key, event_date as day, count(*) as plays, count(*) filter (outcome = 'skip') as skips
        from query_table(keyed)
        where key is not null
        group by key, event_date
        union all
        select distinct key, start_day as day, 0 as plays, 0 as skips
        from asked
    )
    group by key, day
),
earlier_days as (
    select
        key,
        day,
        coalesce(sum(plays) over before_the_day, 0) as plays,
        coalesce(sum(skips) over before_the_day, 0) as skips
    from days
    window before_the_day as (
        partition by key order by day
        range between interval 28 days preceding and interval 1 day preceding
    )
),
moments as (
    select key, start_day as day, started_at as moment, 0 as is_end, 0 as is_skip, event_id
    from asked
    union all
    select key, event_date, ended_at, 1, (outcome = 'skip')::int, null
    from query_table(keyed)
    where key is not null
),
on_the_day as (
    select
        event_id,
        key,
        day,
        sum(is_end) over so_far as plays,
        sum(is_skip) over so_far as skips
    from moments
    window so_far as (partition by key, day order by moment, is_end rows between unbounded preceding and current row)
)
select
    on_the_day.event_id,
    (on_the_day.plays + earlier_days.plays)::bigint as plays,
    (on_the_day.skips + earlier_days.skips) / nullif(on_the_day.plays + earlier_days.plays, 0) as skip_rate
from on_the_day
inner join earlier_days on on_the_day.key = earlier_days.key and on_the_day.day = earlier_days.day
where on_the_day.event_id is not null;

create or replace temp view by_user as
select event_id, user_id as key, start_day, started_at, event_date, ended_at, outcome from playbacks where is_music;
create or replace temp view by_user_track as
select event_id, hash(user_id, track_id) as key, start_day, started_at, event_date, ended_at, outcome from playbacks where is_music;
create or replace temp view by_user_artist as
select
    event_id,
    case when artist is not null then hash(user_id, artist) end as key,
    start_day, started_at, event_date, ended_at, outcome
from playbacks
where is_music;
create or replace temp table user_history as from history_of('by_user');
create or replace temp table user_track_history as from history_of('by_user_track');
create or replace temp table user_artist_history as from history_of('by_user_artist');

create or replace table ml.model_features as
with with_earlier as (
    select
        *,
        case when lag(session_position, 1) over so_far = session_position - 1
            and lag(ended_at, 1) over so_far <= started_at + interval 1 second
            then (lag(outcome, 1) over so_far = 'skip')::int end as was_skip_1,
        case when lag(session_position, 2) over so_far = session_position - 2
            and lag(ended_at, 2) over so_far <= started_at + interval 1 second
            then (lag(outcome, 2) over so_far = 'skip')::int end as was_skip_2,
        case when lag(session_position, 3) over so_far = session_position - 3
            and lag(ended_at, 3) over so_far <= started_at + interval 1 second
            then (lag(outcome, 3) over so_far = 'skip')::int end as was_skip_3,
        case when lag(session_position, 4) over so_far = session_position - 4
            and lag(ended_at, 4) over so_far <= started_at + interval 1 second
            then (lag(outcome, 4) over so_far = 'skip')::int end as was_skip_4,
        case when lag(session_position, 5) over so_far = session_position - 5
            and lag(ended_at, 5) over so_far <= started_at + interval 1 second
            then (lag(outcome, 5) over so_far = 'skip')::int end as was_skip_5,
        greatest(epoch_ms(started_at - lag(ended_at) over so_far) / 1000, 0) as seconds_since
    from playbacks
    window so_far as (partition by user_id, session_id order by session_position, started_at, event_id)
)
select
    e.event_id, e.event_date, e.user_id, e.track_id, e.started_at, e.outcome = 'skip' as is_skip,
    t.danceability, t.energy, t.key, t.loudness, t.mode, t.speechiness, t.acousticness, t.instrumentalness,
    t.liveness, t.valence, t.tempo, t.time_signature, t.popularity, t.duration_ms, t.explicit,
    hour(e.started_at) as hour_utc, isodow(e.started_at) as weekday, e.device, e.shuffle, e.reason_start,
    e.session_position,
    e.was_skip_1::boolean as previous_is_skip,
    list_avg([e.was_skip_1, e.was_skip_2, e.was_skip_3, e.was_skip_4, e.was_skip_5]) as recent_skip_rate,
    case when e.was_skip_1 is not null then e.seconds_since end as gap_seconds,
    of_user.plays as user_plays, of_user.skip_rate as user_skip_rate,
    of_track.plays as user_track_plays, of_track.skip_rate as user_track_skip_rate,
    of_artist.plays as user_artist_plays, of_artist.skip_rate as user_artist_skip_rate
from with_earlier as e
left join core.tracks as t using (track_id)
left join user_history as of_user using (event_id)
left join user_track_history as of_track using (event_id)
left join user_artist_history as of_artist using (event_id)
where e.is_music;
