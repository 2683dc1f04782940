-- Since when does each listener listen, with which streaks, and how much of it is repeated?

with parameters as (

    select
        coalesce(getvariable('listener'), '%') as listener, -- user_id; % stands for any text
        coalesce(getvariable('top'), 50) as row_count -- how many listeners, those with the longest streaks

),

ranked as (

    select
        lifetimes.*,
        row_number() over (
            order by
                lifetimes.longest_streak_days desc,
                lifetimes.streams desc,
                lifetimes.user_id asc
        ) as rank
    from {{ ref('user_lifetimes') }} as lifetimes
    cross join parameters
    where {{ is_like('lifetimes.user_id', 'parameters.listener') }}

),

final as (

    select
        ranked.rank,
        ranked.user_id,
        ranked.first_listen_date,
        ranked.last_listen_date,
        ranked.active_days,
        ranked.longest_streak_days,
        ranked.last_streak_days,
        ranked.streams,
        round(ranked.skip_rate, 3) as skip_rate,
        ranked.tracks_streamed,
        round(ranked.repeat_share, 3) as repeat_share,
        round(ranked.ms_played / 3600000, 1) as hours
    from ranked
    cross join parameters
    where ranked.rank <= parameters.row_count

)

select *
from final
order by rank
