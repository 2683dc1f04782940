-- Which artists did listeners hear for the first time lately?

with parameters as (

    select
        coalesce(getvariable('days'), 28) as day_count, -- how many days, up to the newest
        coalesce(getvariable('listener'), '%') as listener, -- user_id; % stands for any text
        coalesce(getvariable('top'), 30) as row_count -- how many artists

),

newest_day as (

    select max(event_date) as event_date
    from {{ ref('daily_aggregates') }}

),

first_by_artist as (

    select
        firsts.user_id,
        tracks.primary_artist_id,
        min(tracks.primary_artist_name) as artist_name,
        min(firsts.event_date) as event_date
    from {{ ref('first_listens') }} as firsts
    inner join {{ ref('dim_track') }} as tracks
        on firsts.track_id = tracks.track_id
    cross join parameters
    where
        {{ is_like('firsts.user_id', 'parameters.listener') }}
        and tracks.primary_artist_id <> {{ unknown_member() }}
    group by
        firsts.user_id,
        tracks.primary_artist_id

),

counted as (

    select
        first_by_artist.primary_artist_id,
        min(first_by_artist.artist_name) as artist_name,
        count(*) as new_listeners,
        min(first_by_artist.event_date) as first_date
    from first_by_artist
    cross join newest_day
    cross join parameters
    where first_by_artist.event_date > newest_day.event_date - parameters.day_count
    group by first_by_artist.primary_artist_id

),

ranked as (

    select
        *,
        row_number() over (
            order by
                new_listeners desc,
                first_date asc,
                primary_artist_id asc
        ) as rank
    from counted

),

final as (

    select
        ranked.rank,
        ranked.artist_name,
        ranked.new_listeners,
        ranked.first_date
    from ranked
    cross join parameters
    where ranked.rank <= parameters.row_count

)

select *
from final
order by rank
