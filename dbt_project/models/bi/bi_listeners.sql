{{ config(alias='listeners') }}

select
    totals.user_id as listener,
    countries.country_name as home_country,
    users.time_zone,
    totals.first_listen_date as first_listen,
    totals.last_listen_date as last_listen,
    totals.active_days,
    totals.longest_streak_days,
    totals.sessions,
    totals.plays,
    totals.streams,
    totals.skips,
    totals.unknowns,
    totals.skip_rate,
    {{ minutes('totals.ms_played') }} as minutes_played,
    totals.tracks_streamed,
    totals.repeat_share
from {{ ref('user_lifetimes').include(database=false) }} as totals
left join {{ ref('dim_user').include(database=false) }} as users
    on totals.user_id = users.user_id
left join {{ ref('dim_country').include(database=false) }} as countries
    on users.home_country = countries.country
