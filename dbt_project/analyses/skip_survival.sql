-- When do listeners skip: what share of playbacks is not skipped by each second?

with parameters as (

    select coalesce(getvariable('step'), 5) as step -- seconds from one row to the next

),

final as (

    select
        survival.second,
        survival.playing,
        survival.skips,
        round(survival.hazard, 4) as hazard,
        round(survival.survival, 4) as survival
    from {{ ref('skip_survival_by_second') }} as survival
    cross join parameters
    where survival.second % parameters.step = 0

)

select *
from final
order by second
