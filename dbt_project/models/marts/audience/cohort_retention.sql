with periods as (

    select
        period,
        period_start,
        min(period_start) over (
            partition by
                period,
                user_id
        ) as cohort_start
    from {{ ref('user_activity_periods') }}

),

counted as (

    select
        period,
        cohort_start,
        date_diff(period, cohort_start, period_start) as periods_since_start,
        count(*) as users
    from periods
    group by
        period,
        cohort_start,
        period_start

),

sized as (

    select
        *,
        first_value(users) over (
            partition by
                period,
                cohort_start
            order by periods_since_start
        ) as cohort_users
    from counted

),

final as (

    select
        period,
        cohort_start,
        periods_since_start,
        cohort_users,
        users,
        users / cohort_users as retention
    from sized

)

select *
from final
