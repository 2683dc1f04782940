with hours as (

    select unnest(range(24)) as hour

),

final as (

    select
        hour,
        format('{:02d}:00', hour) as hour_name,
        case
            when hour < 6 then 'night'
            when hour < 12 then 'morning'
            when hour < 18 then 'afternoon'
            else 'evening'
        end as part_of_day,
        hour // 6 + 1 as part_of_day_number
    from hours

)

select *
from final
