-- How much was played at the same time as something else of the same listener?
-- An account that several people or devices use, or offline playbacks with one time stamp.

with parameters as (

    select
        coalesce(getvariable('listener'), '%') as listener, -- user_id; % stands for any text
        coalesce(getvariable('top'), 30) as row_count -- how many listeners, the largest share first

),

listeners as (

    select
        hours.user_id,
        sum(hours.ms_listened) / 60000 as minutes_listened,
        sum(hours.ms_overlapping) / 60000 as minutes_overlapping,
        count(*) filter (where hours.ms_overlapping > 0) as hours_with_overlap,
        arg_max(hours.local_date, hours.ms_overlapping) filter (where hours.ms_overlapping > 0) as worst_date
    from {{ ref('fact_listening_hours') }} as hours
    cross join parameters
    where {{ is_like('hours.user_id', 'parameters.listener') }}
    group by hours.user_id

),

shares as (

    select
        *,
        minutes_overlapping / nullif(minutes_listened + minutes_overlapping, 0) as overlapping_share
    from listeners

),

ranked as (

    select
        *,
        row_number() over (
            order by
                overlapping_share desc,
                user_id asc
        ) as rank
    from shares

),

final as (

    select
        ranked.user_id,
        round(ranked.minutes_listened, 1) as minutes_listened,
        round(ranked.minutes_overlapping, 1) as minutes_overlapping,
        round(ranked.overlapping_share, 4) as overlapping_share,
        ranked.hours_with_overlap,
        ranked.worst_date
    from ranked
    cross join parameters
    where ranked.rank <= parameters.row_count

)

select *
from final
order by
    minutes_overlapping / nullif(minutes_listened + minutes_overlapping, 0) desc,
    user_id asc
