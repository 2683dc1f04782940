with dates as (
    select
        min(event_date) as first_date,
        max(event_date) as last_date
    from listens
    where period = 'asked'
)

select
    event_id,
    extra
from core.listening_events
where
    user_id = $user_id
    and extra is not null
    and event_date >= (select dates.first_date from dates)
    and event_date <= (select dates.last_date from dates)
