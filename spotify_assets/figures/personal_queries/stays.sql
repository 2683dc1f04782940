-- Dates in a row by the country of most listening of each; a date of none ends nothing.
with of_date as (
    select
        local_date,
        country,
        sum(ms_played) as ms_played
    from listens
    where period = 'asked' and country <> 'ZZ'
    group by local_date, country
),

main as (
    select *
    from of_date
    qualify row_number() over (partition by local_date order by ms_played desc, country asc) = 1
),

numbered as (
    select
        *,
        row_number() over (order by local_date)
        - row_number() over (partition by country order by local_date) as stay
    from main
),

stays as (
    select
        country,
        min(local_date) as first_date,
        max(local_date) as last_date,
        count(*) as days
    from numbered
    group by country, stay
),

artists as (
    select
        stays.country,
        stays.first_date,
        listens.artist_id,
        max(listens.artist_name) as artist_name,
        count(*) as streams
    from stays
    inner join listens on listens.local_date between stays.first_date and stays.last_date
    where
        listens.period = 'asked' and listens.is_music and listens.is_stream and listens.artist_id <> 'unknown'
    group by stays.country, stays.first_date, listens.artist_id
),

tops as (
    select *
    from artists
    qualify row_number() over (partition by first_date order by streams desc, artist_id asc) = 1
)

select
    stays.country,
    coalesce(countries.country_name, stays.country) as country_name,
    stays.first_date,
    stays.last_date,
    stays.days,
    tops.artist_name,
    tops.streams as streams_of_artist
from stays
left join tops on stays.first_date = tops.first_date
left join marts.dim_country as countries on stays.country = countries.country
order by stays.first_date
