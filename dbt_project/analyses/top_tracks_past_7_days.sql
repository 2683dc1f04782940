-- Top 10 tracks of the last seven days that have data, by streams.
-- The window ends on the newest day of the marts, whatever today is. A skip before 30 s is no stream.

with newest_day as (

    select max(event_date) as event_date
    from {{ ref('fact_listens') }}
    where is_music

),

past_week as (

    select
        listens.track_id,
        count(*) filter (where listens.is_stream) as streams,
        count(*) as plays,
        count(*) filter (where listens.is_skip) / count(*) as skip_rate,
        count(distinct listens.user_id) as listeners
    from {{ ref('fact_listens') }} as listens
    inner join newest_day
        on
            listens.event_date > newest_day.event_date - interval 7 day
            and listens.event_date <= newest_day.event_date
    where
        listens.is_music
        and listens.track_id <> {{ unknown_member() }}
    group by listens.track_id

),

final as (

    select
        row_number() over (
            order by
                past_week.streams desc,
                past_week.plays desc,
                past_week.track_id asc
        ) as rank,
        tracks.track_name,
        tracks.primary_artist_name,
        past_week.streams,
        past_week.plays,
        round(past_week.skip_rate, 3) as skip_rate,
        past_week.listeners,
        past_week.track_id
    from past_week
    inner join {{ ref('dim_track') }} as tracks
        on past_week.track_id = tracks.track_id

)

select *
from final
where rank <= 10
order by rank
