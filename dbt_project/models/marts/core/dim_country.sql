with countries as (

    select
        country,
        country_name,
        region,
        time_zone,
        time_zone_count
    from {{ ref('stg_countries') }}

),

unknown_country as (

    select
        {{ unknown_country() }} as country,
        'Unknown' as country_name,
        'Unknown' as region,
        cast(null as varchar) as time_zone,
        cast(null as bigint) as time_zone_count

),

final as (

    select *
    from countries
    union all by name
    select *
    from unknown_country

)

select *
from final
