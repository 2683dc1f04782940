-- Which days have far more playbacks than the listener's others, or many that ended at one moment?
-- What was played offline comes with the moment of its synchronisation, which then ends many playbacks.

with parameters as (

    select
        coalesce(getvariable('listener'), '%') as listener, -- user_id; % stands for any text
        coalesce(getvariable('days'), 365) as day_count, -- how many days, up to the newest
        coalesce(getvariable('times'), 2.0) as least_times, -- how many times the median day of the listener
        coalesce(getvariable('top'), 30) as row_count -- how many days, the most unusual first

),

newest_day as (

    select max(event_date) as event_date
    from {{ ref('daily_aggregates') }}

),

moments as (

    select
        listens.user_id,
        listens.local_date,
        listens.ended_at,
        count(*) as playbacks,
        sum(listens.ms_played) as ms_played
    from {{ ref('fact_listens') }} as listens
    cross join newest_day
    cross join parameters
    where
        listens.event_date > newest_day.event_date - parameters.day_count
        and {{ is_like('listens.user_id', 'parameters.listener') }}
    group by
        listens.user_id,
        listens.local_date,
        listens.ended_at

),

days as (

    select
        user_id,
        local_date,
        sum(playbacks) as playbacks,
        max(playbacks) as most_at_one_moment,
        round(sum(ms_played) / 3600000, 1) as hours_played
    from moments
    group by
        user_id,
        local_date

),

compared as (

    select
        *,
        median(playbacks) over (partition by user_id) as median_playbacks
    from days

),

ranked as (

    select
        compared.*,
        round(compared.playbacks / compared.median_playbacks, 1) as times_the_median,
        row_number() over (
            order by
                compared.playbacks / compared.median_playbacks desc,
                compared.user_id asc,
                compared.local_date asc
        ) as rank
    from compared
    cross join parameters
    where compared.playbacks >= parameters.least_times * compared.median_playbacks

),

final as (

    select
        ranked.user_id,
        ranked.local_date,
        ranked.playbacks,
        ranked.median_playbacks,
        ranked.times_the_median,
        ranked.most_at_one_moment,
        ranked.hours_played
    from ranked
    cross join parameters
    where ranked.rank <= parameters.row_count

)

select *
from final
order by
    playbacks / median_playbacks desc,
    user_id asc,
    local_date asc
