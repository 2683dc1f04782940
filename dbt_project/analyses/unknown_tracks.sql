-- How much of what is played does the catalogue lack, and how much has no name at all?

with parameters as (

    select
        coalesce(getvariable('listener'), '%') as listener, -- user_id; % stands for any text
        coalesce(getvariable('days'), 365) as day_count -- how many days, up to the newest

),

newest_day as (

    select max(event_date) as event_date
    from {{ ref('daily_aggregates') }}

),

played as (

    select
        listens.source,
        listens.content_type,
        listens.track_id,
        count(*) as playbacks
    from {{ ref('fact_listens') }} as listens
    cross join newest_day
    cross join parameters
    where
        listens.event_date > newest_day.event_date - parameters.day_count
        and {{ is_like('listens.user_id', 'parameters.listener') }}
    group by
        listens.source,
        listens.content_type,
        listens.track_id

),

counted as (

    select
        played.source,
        played.content_type,
        cast(sum(played.playbacks) as bigint) as playbacks,
        count(distinct tracks.recording_track_id) as tracks,
        coalesce(sum(played.playbacks) filter (where tracks.catalogue_track_id is null), 0)
            as playbacks_outside_catalogue,
        coalesce(sum(played.playbacks) filter (where played.track_id = {{ unknown_member() }}), 0)
            as playbacks_without_name
    from played
    inner join {{ ref('dim_track') }} as tracks
        on played.track_id = tracks.track_id
    group by
        played.source,
        played.content_type

),

final as (

    select
        source,
        content_type,
        playbacks,
        tracks,
        round(playbacks_outside_catalogue / playbacks, 4) as share_outside_catalogue,
        round(playbacks_without_name / playbacks, 4) as share_without_name
    from counted

)

select *
from final
order by
    playbacks desc,
    source asc,
    content_type asc
