with weather_effects as (

    select *
    from {{ source('core', 'weather_effects') }}

),

renamed as (

    select
        user_id,
        condition,
        measure,
        compares,
        hours,
        blocks,
        mean,
        estimate,
        ci_low,
        ci_high,
        p_value,
        adjusted_p_value,
        is_positive,
        rule_version
    from weather_effects

)

select *
from renamed
