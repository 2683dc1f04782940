-- Dates in a row are the same date once their number is taken off.
with numbered as (
    select
        period,
        local_date,
        local_date - cast(
            row_number() over (partition by period order by local_date) as integer
        ) as streak
    from calendar
    where plays > 0
)

select
    period,
    min(local_date) as first_date,
    max(local_date) as last_date,
    count(*) as days
from numbered
group by period, streak
