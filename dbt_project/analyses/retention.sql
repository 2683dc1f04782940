-- Of the users who came in a week or month, how many come back later?

with parameters as (

    select
        coalesce(getvariable('period'), 'week') as period, -- week or month
        coalesce(getvariable('periods'), 8) as periods -- how many weeks or months after the first

),

final as (

    select
        cohorts.cohort_start,
        cohorts.cohort_users,
        cohorts.periods_since_start,
        cohorts.users,
        round(cohorts.retention, 3) as retention
    from {{ ref('cohort_retention') }} as cohorts
    inner join parameters
        on cohorts.period = parameters.period
    where cohorts.periods_since_start <= parameters.periods

)

select *
from final
order by
    cohort_start,
    periods_since_start
