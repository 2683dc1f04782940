-- How does listening go with rain, temperature, daylight and season?
-- For listeners who declared a place; the first rows are the surest.

with parameters as (

    select
        coalesce(getvariable('listener'), '%') as listener, -- user_id; % stands for any text
        coalesce(getvariable('top'), 50) as row_count -- how many answers, the surest first

),

ranked as (

    select
        weather.*,
        row_number() over (
            order by
                weather.adjusted_p_value asc nulls last,
                weather.user_id asc,
                weather.condition asc,
                weather.measure asc
        ) as rank
    from {{ ref('listening_by_weather') }} as weather
    cross join parameters
    where {{ is_like('weather.user_id', 'parameters.listener') }}

),

final as (

    select
        ranked.user_id,
        ranked.condition,
        ranked.measure,
        ranked.compares,
        ranked.answer,
        round(ranked.estimate, 4) as difference,
        round(ranked.ci_low, 4) as difference_low,
        round(ranked.ci_high, 4) as difference_high,
        round(ranked.mean, 4) as mean,
        round(ranked.adjusted_p_value, 4) as adjusted_p_value
    from ranked
    cross join parameters
    where ranked.rank <= parameters.row_count

)

select *
from final
order by
    adjusted_p_value asc nulls last,
    user_id asc,
    condition asc,
    measure asc
