-- What listening is unusual, and which part of a listener's is it?
-- Sleep loops, borrowed accounts, somebody else's taste, machines; silences and bursts of the source itself.

with parameters as (

    select
        coalesce(getvariable('listener'), '%') as listener, -- user_id; % stands for any text
        coalesce(getvariable('kind'), '%') as kind, -- a kind of docs/definitions.md, such as sleep_loop
        coalesce(getvariable('days'), 365) as day_count, -- how many days, up to the newest
        coalesce(getvariable('top'), 50) as row_count -- how many episodes, the longest first

),

newest_day as (

    select max(event_date) as event_date
    from {{ ref('daily_aggregates') }}

),

listened as (

    select
        user_id,
        sum(ms_played) as ms_played
    from {{ ref('fact_listens') }}
    group by user_id

),

found as (

    select
        unusual_id,
        kind,
        coalesce(user_id, 'all') as user_id,
        event_date,
        playbacks,
        ms_played,
        says
    from ml.unusual_listening

),

ranked as (

    select
        found.*,
        found.ms_played / listened.ms_played as share_of_listening,
        row_number() over (
            order by
                found.ms_played desc,
                found.event_date desc,
                found.unusual_id asc
        ) as rank
    from found
    left join listened
        on found.user_id = listened.user_id
    cross join newest_day
    cross join parameters
    where
        found.event_date > newest_day.event_date - parameters.day_count
        and {{ is_like('found.user_id', 'parameters.listener') }}
        and {{ is_like('found.kind', 'parameters.kind') }}

),

final as (

    select
        ranked.unusual_id,
        ranked.kind,
        ranked.user_id,
        ranked.event_date,
        ranked.playbacks,
        round(ranked.ms_played / 3600000, 1) as hours_played,
        round(ranked.share_of_listening, 4) as share_of_listening,
        ranked.says
    from ranked
    cross join parameters
    where ranked.rank <= parameters.row_count

)

select *
from final
order by
    hours_played desc,
    event_date desc,
    unusual_id asc
