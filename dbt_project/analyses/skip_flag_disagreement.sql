-- Where does the source's own skip flag disagree with how playbacks ended?
-- In share of the plays of a source; a flag that is missing says nothing and so disagrees with nothing.

with parameters as (

    select
        coalesce(getvariable('listener'), '%') as listener, -- user_id; % stands for any text
        coalesce(getvariable('days'), 365) as day_count -- how many days, up to the newest

),

newest_day as (

    select max(event_date) as event_date
    from {{ ref('daily_aggregates') }}

),

counted as (

    select
        listens.source,
        coalesce(listens.reason_end, {{ unknown_member() }}) as reason_end,
        listens.outcome,
        case
            when listens.is_marked_skipped then 'skipped'
            when not listens.is_marked_skipped then 'not skipped'
            else 'missing'
        end as flag,
        coalesce(
            listens.is_marked_skipped <> listens.is_skip and not listens.is_outcome_unknown, false
        ) as is_disagreeing,
        count(*) as plays
    from {{ ref('fact_listens') }} as listens
    cross join newest_day
    cross join parameters
    where
        listens.is_music
        and listens.event_date > newest_day.event_date - parameters.day_count
        and {{ is_like('listens.user_id', 'parameters.listener') }}
    group by all

),

final as (

    select
        source,
        reason_end,
        outcome,
        flag,
        is_disagreeing,
        plays,
        round(plays / sum(plays) over (partition by source), 4) as share_of_source
    from counted

)

select *
from final
order by
    is_disagreeing desc,
    plays desc,
    source asc,
    reason_end asc,
    outcome asc,
    flag asc
