-- What was found about the listener and the weather, over all their days.
select
    condition,
    measure,
    answer,
    estimate,
    ci_low,
    ci_high,
    adjusted_p_value
from marts.listening_by_weather
where user_id = $user_id and estimate is not null
order by adjusted_p_value asc, condition asc, measure asc
