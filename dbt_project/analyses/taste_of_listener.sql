-- Which genres does one listener stream, and how did that change from the weeks before?
-- In percent of the listener's streams that have a genre.

with parameters as (

    select
        coalesce(getvariable('listener'), '%') as listener, -- user_id; by default the one with most streams
        coalesce(getvariable('days'), 28) as day_count -- length of the compared stretches of time

),

listener as (

    select arg_max(lifetimes.user_id, lifetimes.streams) as user_id
    from {{ ref('user_lifetimes') }} as lifetimes
    cross join parameters
    where {{ is_like('lifetimes.user_id', 'parameters.listener') }}

),

newest_day as (

    select max(event_date) as event_date
    from {{ ref('daily_aggregates') }}

),

streams as (

    select
        listens.user_id,
        genres.genre,
        genres.weight,
        listens.event_date > newest_day.event_date - parameters.day_count as is_recent
    from {{ ref('fact_listens') }} as listens
    inner join listener
        on listens.user_id = listener.user_id
    inner join {{ ref('bridge_track_genre') }} as genres
        on listens.track_id = genres.track_id
    cross join newest_day
    cross join parameters
    where
        listens.is_music
        and listens.is_stream
        and genres.genre <> {{ unknown_member() }}
        and listens.event_date > newest_day.event_date - 2 * parameters.day_count

),

counted as (

    select
        user_id,
        genre,
        coalesce(sum(weight) filter (where is_recent), 0) as streams_now,
        coalesce(sum(weight) filter (where not is_recent), 0) as streams_before
    from streams
    group by
        user_id,
        genre

),

final as (

    select
        user_id,
        genre,
        round(streams_before, 1) as streams_before,
        round(streams_now, 1) as streams_now,
        round(100 * streams_before / nullif(sum(streams_before) over (), 0), 1) as percent_before,
        round(100 * streams_now / nullif(sum(streams_now) over (), 0), 1) as percent_now
    from counted

)

select *
from final
order by
    streams_now desc,
    streams_before desc,
    genre asc
