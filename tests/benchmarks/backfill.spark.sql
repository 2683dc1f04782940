-- The steps of backfill.sql in Spark SQL, one statement for each table. Of an event without a track id the
-- names are hashed as they are: Spark has no function for Unicode's normal forms.
with
numbered_rows as (
    select *, row_number() over (partition by event_id order by source_file, source_row) as repeat
    from raw_events
    where
        trim(coalesce(user_id, '')) <> ''
        and started_at is not null
        and ended_at >= started_at
        and event_date = cast(ended_at as date)
        and action in ('play', 'skip', 'pause', 'add_to_playlist')
        and (ms_played is not null or action not in ('play', 'skip'))
        and coalesce(ms_played, 0) >= 0
        and (track_id is null or rlike(track_id, '^[0-9A-Za-z]{22}$'))
        and (content_type is null or content_type in ('music', 'podcast', 'audiobook', 'video', 'unknown'))
),
with_lengths as (
    select
        events.* except (user_id, country, ms_played, content_type, source, repeat),
        trim(events.user_id) as user_id,
        case
            when events.country is null or rlike(upper(trim(events.country)), '^[A-Z]{2}$')
                then upper(trim(events.country))
            else 'ZZ'
        end as country,
        case when events.action in ('play', 'skip') then events.ms_played else 0 end as ms_played,
        coalesce(events.content_type, 'unknown') as content_type,
        coalesce(events.source, 'unknown') as source,
        tracks.duration_ms as track_duration_ms,
        events.action in ('play', 'skip') as is_playback
    from numbered_rows as events
    left join tracks on events.track_id = tracks.track_id
    where events.repeat = 1
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
        * except (next_start, heard_until),
        coalesce(started_at - heard_until > interval '30' minute, true) as starts_session,
        case
            when not is_playback then null
            when reason_end = 'trackdone' or coalesce(ms_played >= 0.95D * track_duration_ms, false)
                or (coalesce(reason_end, '') = '' and not (action = 'skip' or coalesce(skipped, false)) and track_duration_ms is null)
                then 'complete'
            when reason_end in ('fwdbtn', 'backbtn', 'clickrow', 'playbtn', 'clickside', 'uriopen')
                or (reason_end = 'endplay' and coalesce(next_start - ended_at <= interval '10' second, false))
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
        sum(int(starts_session)) over (
            partition by user_id order by event_date, started_at, ended_at, event_id
            rows between unbounded preceding and current row
        ) as session_number
    from with_outcomes
)
select
    event_id, user_id, track_id, started_at, ended_at, event_date, action, ms_played, skipped, reason_start,
    reason_end, device, country, shuffle,
    user_id || '-' || date_format(first_value(started_at) over session_so_far, "yyyyMMdd'T'HHmmssSSS") as session_id,
    source, content_type, track_name, artist_name, album_name, extra,
    case
        when track_id is not null then track_id
        when coalesce(artist_name, track_name) is not null
            then 'name-' || substr(
                sha2(trim(coalesce(artist_name, '')) || char(31) || trim(coalesce(track_name, '')), 256), 1, 16
            )
    end as track_key,
    case when is_playback then sum(int(is_playback)) over session_so_far end as session_position,
    track_duration_ms, outcome, is_stream
from numbered
window
    session_so_far as (
        partition by user_id, session_number order by event_date, started_at, ended_at, event_id
        rows between unbounded preceding and current row
    );

with counted as (
    select
        event_date,
        track_id,
        count_if(action in ('play', 'skip')) as plays,
        count_if(is_stream) as streams,
        count_if(outcome = 'skip') as skips,
        count_if(outcome = 'complete') as completes,
        count_if(outcome = 'abandoned') as abandons,
        count(distinct case when action in ('play', 'skip') then user_id end) as listeners,
        coalesce(sum(case when action in ('play', 'skip') then ms_played end), 0) as ms_played,
        count_if(action = 'add_to_playlist') as playlist_adds,
        count_if(action = 'pause') as pauses
    from listening_events
    where content_type = 'music' and track_id is not null
    group by event_date, track_id
)
select *, try_divide(skips, plays) as skip_rate
from counted;

with
playbacks as (
    select
        events.*,
        cast(events.started_at as date) as start_day,
        coalesce(tracks.primary_artist_id, events.artist_name) as artist,
        events.content_type = 'music' and events.track_id is not null as is_music
    from listening_events as events
    left join tracks on events.track_id = tracks.track_id
    where events.action in ('play', 'skip')
),
keyed as (
    select 'user' as kind, user_id as key, * from playbacks where is_music
    union all
    select 'track', concat_ws('|', user_id, track_id), * from playbacks where is_music
    union all
    select 'artist', concat_ws('|', user_id, artist), * from playbacks where is_music and artist is not null
),
days as (
    select kind, key, day, sum(plays) as plays, sum(skips) as skips
    from (
        select kind, key, event_date as day, 1 as plays, int(outcome = 'skip') as skips from keyed
        union all
        select distinct kind, key, start_day, 0, 0 from keyed
    )
    group by kind, key, day
),
earlier_days as (
    select
        kind,
        key,
        day,
        coalesce(sum(plays) over before_the_day, 0) as plays,
        coalesce(sum(skips) over before_the_day, 0) as skips
    from days
    window before_the_day as (
        partition by kind, key order by day
        range between interval '28' day preceding and interval '1' day preceding
    )
),
moments as (
    select kind, key, start_day as day, started_at as moment, 0 as is_end, 0 as is_skip, event_id from keyed
    union all
    select kind, key, event_date, ended_at, 1, int(outcome = 'skip'), null from keyed
),
on_the_day as (
    select
        event_id,
        kind,
        key,
        day,
        sum(is_end) over so_far as plays,
        sum(is_skip) over so_far as skips
    from moments
    window so_far as (
        partition by kind, key, day order by moment, is_end rows between unbounded preceding and current row
    )
),
histories as (
    select
        today.event_id,
        today.kind,
        today.plays + earlier.plays as plays,
        try_divide(today.skips + earlier.skips, today.plays + earlier.plays) as skip_rate
    from on_the_day as today
    inner join earlier_days as earlier
        on today.kind = earlier.kind and today.key = earlier.key and today.day = earlier.day
    where today.event_id is not null
),
of_event as (
    select
        event_id,
        max(case when kind = 'user' then plays end) as user_plays,
        max(case when kind = 'user' then skip_rate end) as user_skip_rate,
        max(case when kind = 'track' then plays end) as user_track_plays,
        max(case when kind = 'track' then skip_rate end) as user_track_skip_rate,
        max(case when kind = 'artist' then plays end) as user_artist_plays,
        max(case when kind = 'artist' then skip_rate end) as user_artist_skip_rate
    from histories
    group by event_id
),
with_earlier as (
    select
        *,
        case when lag(session_position, 1) over so_far = session_position - 1
            and lag(ended_at, 1) over so_far <= started_at + interval '1' second
            then int(lag(outcome, 1) over so_far = 'skip') end as was_skip_1,
        case when lag(session_position, 2) over so_far = session_position - 2
            and lag(ended_at, 2) over so_far <= started_at + interval '1' second
            then int(lag(outcome, 2) over so_far = 'skip') end as was_skip_2,
        case when lag(session_position, 3) over so_far = session_position - 3
            and lag(ended_at, 3) over so_far <= started_at + interval '1' second
            then int(lag(outcome, 3) over so_far = 'skip') end as was_skip_3,
        case when lag(session_position, 4) over so_far = session_position - 4
            and lag(ended_at, 4) over so_far <= started_at + interval '1' second
            then int(lag(outcome, 4) over so_far = 'skip') end as was_skip_4,
        case when lag(session_position, 5) over so_far = session_position - 5
            and lag(ended_at, 5) over so_far <= started_at + interval '1' second
            then int(lag(outcome, 5) over so_far = 'skip') end as was_skip_5,
        greatest(timestampdiff(millisecond, lag(ended_at) over so_far, started_at) / 1000, 0) as seconds_since
    from playbacks
    window so_far as (partition by user_id, session_id order by session_position, started_at, event_id)
)
select
    e.event_id, e.event_date, e.user_id, e.track_id, e.started_at, e.outcome = 'skip' as is_skip,
    t.danceability, t.energy, t.key, t.loudness, t.mode, t.speechiness, t.acousticness, t.instrumentalness,
    t.liveness, t.valence, t.tempo, t.time_signature, t.popularity, t.duration_ms, t.explicit,
    hour(e.started_at) as hour_utc, weekday(e.started_at) + 1 as weekday, e.device, e.shuffle, e.reason_start,
    e.session_position,
    boolean(e.was_skip_1) as previous_is_skip,
    try_divide(
        coalesce(e.was_skip_1, 0) + coalesce(e.was_skip_2, 0) + coalesce(e.was_skip_3, 0)
        + coalesce(e.was_skip_4, 0) + coalesce(e.was_skip_5, 0),
        int(e.was_skip_1 is not null) + int(e.was_skip_2 is not null) + int(e.was_skip_3 is not null)
        + int(e.was_skip_4 is not null) + int(e.was_skip_5 is not null)
    ) as recent_skip_rate,
    case when e.was_skip_1 is not null then e.seconds_since end as gap_seconds,
    h.user_plays, h.user_skip_rate, h.user_track_plays, h.user_track_skip_rate, h.user_artist_plays,
    h.user_artist_skip_rate
from with_earlier as e
left join tracks as t on e.track_id = t.track_id
left join of_event as h on e.event_id = h.event_id
where e.is_music
