with countries as (

    select *
    from {{ source('core', 'countries') }}

),

renamed as (

    select
        country,
        country_name,
        region,
        time_zone,
        time_zone_count
    from countries

)

select *
from renamed
