-- The main figures of both listeners, where two stand side by side.
with both_of_them as (
    select
        false as is_other,
        *
    from figure_totals
    union all by name
    select
        true as is_other,
        *
    from other_totals
)

select
    is_other,
    minutes_listened,
    streams,
    plays,
    skip_rate,
    tracks,
    artists,
    new_artists,
    active_days,
    longest_streak_days
from both_of_them
where period = 'asked' and exists (select other_totals.period from other_totals)
order by is_other
