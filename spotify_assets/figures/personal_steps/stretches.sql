-- The asked period, as long ones before it, and the months, weeks and days of all that is known by its end.
with asked as (
    select
        periods.first_date,
        periods.last_date,
        least(periods.last_date, listener.last_listen_date) as last_known,
        listener.first_listen_date as first_known,
        periods.last_date - periods.first_date + 1 as days,
        if(
            day(periods.first_date) = 1 and day(periods.last_date + 1) = 1,
            date_diff('month', periods.first_date, periods.last_date + 1),
            null
        ) as months
    from periods
    cross join listener
    where periods.period = 'asked'
),

back as (select unnest(range(0, $stretches_before + 1)) as number),

periods_before as (
    select
        'period' as kind,
        if(
            asked.months is null,
            asked.first_date - cast(back.number * asked.days as integer),
            cast(asked.first_date - to_months(cast(back.number * asked.months as integer)) as date)
        ) as first_date,
        if(
            asked.months is null,
            asked.last_date - cast(back.number * asked.days as integer),
            cast(
                asked.last_date + 1 - to_months(cast(back.number * asked.months as integer)) as date
            ) - 1
        ) as last_date
    from asked
    cross join back
),

steps as (
    select
        'month' as kind,
        cast(unnest(generate_series(
            date_trunc('month', asked.first_known), asked.last_known, interval 1 month
        )) as date) as first_date
    from asked
    where asked.days > $weeks_up_to_days
    union all
    select
        'week' as kind,
        cast(unnest(generate_series(
            date_trunc('week', asked.first_known), asked.last_known, interval 7 day
        )) as date) as first_date
    from asked
    where asked.days between $days_up_to_days + 1 and 2 * $weeks_up_to_days
    union all
    select
        'day' as kind,
        cast(unnest(generate_series(asked.first_known, asked.last_known, interval 1 day)) as date)
            as first_date
    from asked
    where asked.days <= $weeks_up_to_days
),

together as (
    select * from periods_before
    union all
    select
        kind,
        first_date,
        case kind
            when 'month' then cast(first_date + interval 1 month as date) - 1
            when 'week' then first_date + 6
            else first_date
        end as last_date
    from steps
)

select
    together.kind,
    together.first_date,
    together.last_date,
    together.first_date >= asked.first_date and together.last_date <= asked.last_date as is_asked
from together
cross join asked
where
    together.first_date >= asked.first_known
    and (together.last_date <= asked.last_known or together.kind = 'period')
    and together.last_date <= asked.last_date
