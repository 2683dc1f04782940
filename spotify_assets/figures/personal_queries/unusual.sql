-- Listening of the period that is probably not the listener's own, or nobody's.
select
    unusual.kind,
    unusual.event_date,
    unusual.started_at,
    unusual.playbacks,
    unusual.ms_played / 60000 as minutes
from ml.unusual_listening as unusual
inner join
    periods
    on periods.period = 'asked' and unusual.event_date between periods.first_date and periods.last_date
where unusual.user_id = $user_id
order by minutes desc, unusual.started_at asc
