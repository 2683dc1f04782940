with effects as (

    select *
    from {{ ref('stg_weather_effects') }}

),

final as (

    select
        user_id,
        condition,
        measure,
        compares,
        hours,
        mean,
        estimate,
        ci_low,
        ci_high,
        estimate / nullif(abs(mean), 0) as relative_estimate,
        p_value,
        adjusted_p_value,
        is_positive,
        case
            when estimate is null then 'too little to compare'
            when not is_positive then 'no more than chance'
            when estimate > 0 then 'more'
            else 'less'
        end as answer
    from effects

)

select *
from final
