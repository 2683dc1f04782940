{% set released_within_days = 90 %}
{% set days_of_week = 7 %}

with newest_day as (

    select max(event_date) as event_date
    from {{ ref('daily_aggregates') }}

),

releases as (

    select
        tracks.track_id,
        tracks.track_name,
        tracks.primary_artist_id,
        tracks.primary_artist_name,
        tracks.release_date,
        newest_day.event_date as newest_event_date,
        newest_day.event_date - tracks.release_date as days_since_release
    from {{ ref('dim_track') }} as tracks
    inner join newest_day
        on
            tracks.release_date > newest_day.event_date - {{ released_within_days }}
            and tracks.release_date <= newest_day.event_date
    -- a track known by its year may be eleven months younger than the date says
    where
        tracks.release_precision in ('day', 'month')
        and tracks.track_id = tracks.recording_track_id

),

compared_days as (

    select
        daily.event_date,
        daily.event_date > newest_day.event_date - {{ days_of_week }} as is_recent
    from {{ ref('daily_aggregates') }} as daily
    inner join newest_day
        on daily.event_date > newest_day.event_date - {{ 2 * days_of_week }}

),

counted as (

    select
        tracks.recording_track_id as track_id,
        count(*) filter (where listens.is_stream and compared_days.is_recent) as recent_streams,
        count(*) filter (where listens.is_stream and not compared_days.is_recent) as previous_streams,
        count(*) filter (
            where compared_days.is_recent and not listens.is_outcome_unknown
        ) as recent_plays_of_known_outcome,
        count(*) filter (where listens.is_skip and compared_days.is_recent) as recent_skips
    from {{ ref('fact_listens') }} as listens
    inner join compared_days
        on listens.event_date = compared_days.event_date
    inner join {{ ref('dim_track') }} as tracks
        on listens.track_id = tracks.track_id
    where listens.is_music
    group by tracks.recording_track_id

),

final as (

    select
        releases.track_id,
        releases.track_name,
        releases.primary_artist_id,
        releases.primary_artist_name,
        releases.release_date,
        releases.newest_event_date,
        releases.days_since_release,
        counted.recent_streams,
        counted.previous_streams,
        counted.recent_skips / nullif(counted.recent_plays_of_known_outcome, 0) as recent_skip_rate,
        coalesce(
            (counted.recent_streams - counted.previous_streams)
            / sqrt(nullif(counted.recent_streams + counted.previous_streams, 0)),
            0
        ) as trending_score
    from releases
    inner join counted
        on releases.track_id = counted.track_id

)

select *
from final
