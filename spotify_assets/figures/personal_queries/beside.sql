-- The main figures of both listeners, where two stand side by side.
select
    false as is_other,
    minutes_listened,
    streams,
    plays,
    skip_rate,
    tracks,
    artists,
    new_artists,
    active_days,
    longest_streak_days
from figure_totals
where period = 'asked' and exists (select other_totals.period from other_totals)
union all by name
select
    true as is_other,
    minutes_listened,
    streams,
    plays,
    skip_rate,
    tracks,
    artists,
    new_artists,
    active_days,
    longest_streak_days
from other_totals
where period = 'asked'
order by is_other
