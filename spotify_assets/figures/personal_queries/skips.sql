-- How a playback of music ended; the grades of skips are those of P. Lamere, "The Skip" (2014).
with ended as (
    select
        period,
        case
            when is_complete then 'heard to the end'
            when is_outcome_unknown then 'unknown'
            when not is_skip then 'abandoned'
            when ms_played < 5000 then 'skipped within 5 s'
            when ms_played < 10000 then 'skipped after 5 to 10 s'
            when ms_played < 30000 then 'skipped after 10 to 30 s'
            else 'skipped after 30 s or more'
        end as ending
    from listens
    where is_music
),

-- From most to least heard, the unknown last.
possible as (
    select
        periods.period,
        endings.ending,
        endings.position
    from periods
    cross join (
        values
        ('heard to the end', 1),
        ('skipped after 30 s or more', 2),
        ('skipped after 10 to 30 s', 3),
        ('skipped after 5 to 10 s', 4),
        ('skipped within 5 s', 5),
        ('abandoned', 6),
        ('unknown', 7)
    ) as endings (ending, position)
)

select
    possible.period,
    possible.ending,
    count(ended.ending) as plays,
    plays / nullif(sum(plays) over (partition by possible.period), 0) as share
from possible
left join ended on possible.period = ended.period and possible.ending = ended.ending
group by possible.period, possible.ending, possible.position
order by possible.period, possible.position
