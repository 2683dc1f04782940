select
    period,
    first_date,
    last_date,
    days
from streaks
order by period asc, days desc, first_date asc
