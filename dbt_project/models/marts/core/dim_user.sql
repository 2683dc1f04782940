with user_days as (

    select *
    from {{ ref('fact_user_activity') }}

),

profiles as (

    select *
    from {{ ref('stg_user_profiles') }}

),

countries as (

    select *
    from {{ ref('dim_country') }}

),

days_by_country as (

    select
        user_id,
        country,
        count(*) as listening_days,
        sum(playbacks) as playbacks
    from user_days
    where country <> {{ unknown_country() }}
    group by
        user_id,
        country

),

home_countries as (

    select
        user_id,
        arg_max(country, (listening_days, playbacks, country)) as home_country
    from days_by_country
    group by user_id

),

listened as (

    select
        user_id,
        min(local_date) filter (where playbacks > 0) as first_listen_date,
        max(local_date) filter (where playbacks > 0) as last_listen_date,
        count(*) filter (where playbacks > 0) as listening_days
    from user_days
    group by user_id

),

final as (

    select
        coalesce(listened.user_id, profiles.user_id) as user_id,
        coalesce(home_countries.home_country, {{ unknown_country() }}) as home_country,
        {{ time_zone_of('profiles', 'countries') }} as time_zone,
        case
            when profiles.time_zone is not null and not profiles.is_following_country then 'declared'
            when countries.time_zone is not null then 'country'
            when profiles.time_zone is not null then 'declared'
            else 'default'
        end as time_zone_source,
        coalesce(profiles.is_following_country, false) as is_following_country,
        listened.first_listen_date,
        listened.last_listen_date,
        coalesce(listened.listening_days, 0) as listening_days
    from listened
    full outer join profiles
        on listened.user_id = profiles.user_id
    left join home_countries
        on listened.user_id = home_countries.user_id
    left join countries
        on home_countries.home_country = countries.country

)

select *
from final
