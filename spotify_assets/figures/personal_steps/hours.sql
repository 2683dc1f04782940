select
    periods.period,
    hours.local_weekday,
    hours.local_hour,
    hours.ms_listened,
    hours.ms_overlapping
from marts.fact_listening_hours as hours
inner join periods on hours.local_date between periods.first_date and periods.last_date
where hours.user_id = $user_id
