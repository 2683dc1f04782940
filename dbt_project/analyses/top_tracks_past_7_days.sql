-- Which tracks were streamed most in the past week, and how often are they skipped?
-- The days end with the newest one that has data, whatever today is. A skip before 30 s is no stream.

with parameters as (

    select
        coalesce(getvariable('days'), 7) as day_count, -- how many days
        coalesce(getvariable('top'), 10) as row_count, -- how many tracks
        coalesce(getvariable('by'), 'recording') as counted_by -- recording or id

),

newest_day as (

    select max(event_date) as event_date
    from {{ ref('daily_aggregates') }}

),

past_days as (

    select daily.event_date
    from {{ ref('daily_aggregates') }} as daily
    cross join newest_day
    cross join parameters
    where daily.event_date > newest_day.event_date - parameters.day_count

),

counted as (

    select
        if(parameters.counted_by = 'id', tracks.track_id, tracks.recording_track_id) as track_id,
        count(distinct tracks.track_id) as track_ids,
        count(*) filter (where listens.is_stream) as streams,
        count(*) as plays,
        count(*) filter (where listens.is_skip)
        / nullif(count(*) filter (where not listens.is_outcome_unknown), 0) as skip_rate,
        count(distinct listens.user_id) as listeners
    from {{ ref('fact_listens') }} as listens
    inner join past_days
        on listens.event_date = past_days.event_date
    inner join {{ ref('dim_track') }} as tracks
        on listens.track_id = tracks.track_id
    cross join parameters
    where
        listens.is_music
        and listens.track_id <> {{ unknown_member() }}
        and parameters.counted_by in ('recording', 'id')
    group by if(parameters.counted_by = 'id', tracks.track_id, tracks.recording_track_id)

),

ranked as (

    select
        *,
        row_number() over (
            order by
                streams desc,
                plays desc,
                track_id asc
        ) as rank
    from counted

),

final as (

    select
        ranked.rank,
        tracks.track_name,
        tracks.primary_artist_name,
        ranked.streams,
        ranked.plays,
        round(ranked.skip_rate, 3) as skip_rate,
        ranked.listeners,
        ranked.track_id,
        ranked.track_ids
    from ranked
    inner join {{ ref('dim_track') }} as tracks
        on ranked.track_id = tracks.track_id
    cross join parameters
    where ranked.rank <= parameters.row_count

)

select *
from final
order by rank
