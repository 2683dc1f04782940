with covered_days as (

    select
        min(event_date) as first_day,
        max(event_date) as last_day
    from {{ ref('stg_listening_events') }}
    union all
    select
        min(snapshot_date) as first_day,
        max(snapshot_date) as last_day
    from {{ ref('stg_tracks') }}
    union all
    select
        min(local_date) as first_day,
        max(local_date) as last_day
    from {{ ref('stg_listening_hours') }}

),

-- whole years, and at least a day beyond what is covered, because local dates differ from those in UTC
calendar as (

    select
        unnest(
            generate_series(
                date_trunc('year', min(first_day) - 1),
                date_trunc('year', max(last_day) + 1) + interval 1 year - interval 1 day,
                interval 1 day
            )
        ) as day_start
    from covered_days

),

days as (

    select cast(day_start as date) as date_day
    from calendar

),

final as (

    select
        date_day,
        year(date_day) as year,
        quarter(date_day) as quarter,
        month(date_day) as month,
        monthname(date_day) as month_name,
        day(date_day) as day_of_month,
        dayofyear(date_day) as day_of_year,
        isoyear(date_day) as iso_year,
        week(date_day) as iso_week,
        isodow(date_day) as weekday,
        dayname(date_day) as weekday_name,
        isodow(date_day) > 5 as is_weekend,
        cast(date_trunc('week', date_day) as date) as week_starts_on,
        cast(date_trunc('month', date_day) as date) as month_starts_on,
        cast(date_trunc('quarter', date_day) as date) as quarter_starts_on,
        cast(date_trunc('year', date_day) as date) as year_starts_on
    from days

)

select *
from final
