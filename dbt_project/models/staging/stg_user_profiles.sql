with user_profiles as (

    select *
    from {{ source('core', 'user_profiles') }}

),

renamed as (

    select
        user_id,
        time_zone,
        follows_country as is_following_country
    from user_profiles

)

select *
from renamed
