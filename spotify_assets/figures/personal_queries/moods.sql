-- The middle of the scales of valence and energy divides the plane into four moods.
with judged as (
    select
        period,
        case
            when valence is null or energy is null then 'unknown'
            when valence >= 0.5 and energy >= 0.5 then 'happy'
            when energy >= 0.5 then 'tense'
            when valence < 0.5 then 'sad'
            else 'calm'
        end as mood
    from listens
    where is_music and is_stream
),

possible as (
    select
        periods.period,
        moods.mood,
        moods.position
    from periods
    cross join (
        values ('happy', 1), ('tense', 2), ('sad', 3), ('calm', 4), ('unknown', 5)
    ) as moods (mood, position)
)

select
    possible.period,
    possible.mood,
    count(judged.mood) as streams,
    if(
        possible.mood = 'unknown',
        null,
        streams / nullif(
            sum(streams) filter (where possible.mood <> 'unknown') over (partition by possible.period), 0
        )
    ) as stream_share
from possible
left join judged on possible.period = judged.period and possible.mood = judged.mood
group by possible.period, possible.mood, possible.position
order by possible.period, possible.position
