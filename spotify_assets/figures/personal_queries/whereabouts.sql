with heard as (
    select
        'device' as kind,
        device as code,
        local_date,
        ms_played
    from listens
    where period = 'asked' and device <> 'unknown'
    union all
    select
        'country' as kind,
        country as code,
        local_date,
        ms_played
    from listens
    where period = 'asked' and country <> 'ZZ'
)

select
    heard.kind,
    heard.code,
    coalesce(devices.device_name, countries.country_name, heard.code) as name,
    count(*) as playbacks,
    sum(heard.ms_played) / 60000 as minutes,
    sum(heard.ms_played) / nullif(sum(sum(heard.ms_played)) over (partition by heard.kind), 0)
        as minutes_share,
    count(distinct heard.local_date) as days,
    min(heard.local_date) as first_date,
    max(heard.local_date) as last_date
from heard
left join marts.dim_device as devices on heard.kind = 'device' and heard.code = devices.device
left join marts.dim_country as countries on heard.kind = 'country' and heard.code = countries.country
group by heard.kind, heard.code, devices.device_name, countries.country_name
order by heard.kind asc, minutes desc, heard.code asc
