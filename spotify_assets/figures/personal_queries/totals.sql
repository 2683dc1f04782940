with counted as (
    select
        period,
        count(*) as playbacks,
        count(*) filter (where is_music) as plays,
        count(*) filter (where is_music and is_stream) as streams,
        count(*) filter (where is_music and is_skip) as skips,
        count(*) filter (where is_music and is_complete) as completes,
        count(*) filter (where is_music and is_abandoned) as abandons,
        count(*) filter (where is_music and is_outcome_unknown) as unknowns,
        coalesce(sum(ms_played) filter (where is_music), 0) / 60000 as minutes_played,
        coalesce(sum(ms_played) filter (where not is_music), 0) / 60000
            as minutes_of_other_content,
        count(distinct track_id) filter (where is_music and track_id <> 'unknown') as tracks,
        count(distinct artist_id) filter (where is_music and artist_id <> 'unknown') as artists,
        count(distinct album_id) filter (where is_music and album_id <> 'unknown') as albums,
        count(distinct session_id) as sessions
    from listens
    group by period
),

on_the_clock as (
    select
        period,
        sum(ms_listened) / 60000 as minutes_listened,
        sum(ms_overlapping) / 60000 as minutes_overlapping
    from hours
    group by period
),

by_day as (
    select
        period,
        count(*) filter (where plays > 0) as active_days
    from calendar
    group by period
),

longest as (
    select
        period,
        max(days) as longest_streak_days
    from streaks
    group by period
),

new_tracks as (
    select
        period,
        count(*) as new_tracks
    from first_streams
    where kind = 'track'
    group by period
),

new_artists as (
    select
        period,
        count(*) as new_artists
    from first_streams
    where kind = 'artist'
    group by period
)

select
    periods.period,
    periods.first_date,
    periods.last_date,
    periods.last_date - periods.first_date + 1 as days,
    coalesce(by_day.active_days, 0) as active_days,
    coalesce(longest.longest_streak_days, 0) as longest_streak_days,
    coalesce(on_the_clock.minutes_listened, 0) as minutes_listened,
    coalesce(on_the_clock.minutes_overlapping, 0) as minutes_overlapping,
    coalesce(counted.minutes_played, 0) as minutes_played,
    coalesce(counted.minutes_of_other_content, 0) as minutes_of_other_content,
    coalesce(counted.playbacks, 0) as playbacks,
    coalesce(counted.plays, 0) as plays,
    coalesce(counted.streams, 0) as streams,
    coalesce(counted.skips, 0) as skips,
    coalesce(counted.completes, 0) as completes,
    coalesce(counted.abandons, 0) as abandons,
    coalesce(counted.unknowns, 0) as unknowns,
    counted.skips / nullif(counted.plays - counted.unknowns, 0) as skip_rate,
    coalesce(counted.sessions, 0) as sessions,
    coalesce(counted.tracks, 0) as tracks,
    coalesce(counted.artists, 0) as artists,
    coalesce(counted.albums, 0) as albums,
    coalesce(new_tracks.new_tracks, 0) as new_tracks,
    coalesce(new_artists.new_artists, 0) as new_artists
from periods
left join counted on periods.period = counted.period
left join on_the_clock on periods.period = on_the_clock.period
left join by_day on periods.period = by_day.period
left join longest on periods.period = longest.period
left join new_tracks on periods.period = new_tracks.period
left join new_artists on periods.period = new_artists.period
order by periods.period
