select
    period,
    local_date,
    ms_listened / 60000 as minutes_listened,
    ms_played / 60000 as minutes_played,
    plays,
    streams,
    skips
from calendar
order by all
