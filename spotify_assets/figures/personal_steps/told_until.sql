select least(periods.last_date, listener.last_listen_date) as last_date
from periods
cross join listener
where periods.period = 'asked'
