select
    time_zone_source,
    first_listen_date,
    last_listen_date
from marts.dim_user
where user_id = $user_id
