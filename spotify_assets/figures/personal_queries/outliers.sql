-- How far each measure of each stretch of time lies from the same measure of those before it.
with plays as (
    select
        stretches.kind,
        stretches.first_date,
        stretches.last_date,
        stretches.is_asked,
        history.artist_id,
        count(*) filter (where history.is_stream) as streams,
        count(*) filter (where history.is_skip) as skips,
        count(*) filter (where not history.is_outcome_unknown) as known_plays
    from stretches
    inner join history
        on
            history.is_music
            and history.local_date between stretches.first_date and stretches.last_date
    group by stretches.kind, stretches.first_date, stretches.last_date, stretches.is_asked, history.artist_id
),

firsts as (
    select
        id as artist_id,
        min(local_date) as first_date
    from streamed
    where kind = 'artist'
    group by id
),

of_music as (
    select
        plays.kind,
        plays.first_date,
        sum(plays.streams) as streams,
        sum(plays.skips) / nullif(sum(plays.known_plays), 0) as skip_rate,
        sum(plays.known_plays) as known_plays,
        max(plays.streams) filter (where plays.artist_id <> 'unknown') as top_streams,
        arg_max(plays.artist_id, (plays.streams, plays.artist_id)) filter (
            where plays.artist_id <> 'unknown'
        ) as top_artist_id,
        count(*) filter (
            where firsts.first_date between plays.first_date and plays.last_date
        ) as new_artists
    from plays
    left join firsts on plays.artist_id = firsts.artist_id
    group by plays.kind, plays.first_date
),

dates as (
    select
        local_date,
        ms_played,
        is_music,
        false as is_night,
        0 as ms_listened
    from history
    union all
    select
        local_date,
        0 as ms_played,
        true as is_music,
        local_hour < $night_ends as is_night,
        ms_listened
    from marts.fact_listening_hours
    where user_id = $user_id
),

of_date as (
    select
        local_date,
        sum(ms_listened) as ms_listened,
        sum(ms_listened) filter (where is_night) as ms_at_night,
        sum(ms_played) as ms_played,
        sum(ms_played) filter (where not is_music) as ms_of_other
    from dates
    group by local_date
),

of_time as (
    select
        stretches.kind,
        stretches.first_date,
        stretches.last_date,
        stretches.is_asked,
        stretches.last_date - stretches.first_date + 1 as days,
        coalesce(sum(of_date.ms_listened), 0) as ms_listened,
        coalesce(sum(of_date.ms_at_night), 0) as ms_at_night,
        coalesce(sum(of_date.ms_played), 0) as ms_played,
        coalesce(sum(of_date.ms_of_other), 0) as ms_of_other
    from stretches
    left join of_date on of_date.local_date between stretches.first_date and stretches.last_date
    group by stretches.kind, stretches.first_date, stretches.last_date, stretches.is_asked
),

measured as (
    select
        of_time.kind,
        of_time.first_date,
        of_time.last_date,
        of_time.is_asked,
        of_music.top_artist_id,
        unnest([
            {
                'measure': 'minutes a day',
                'value': of_time.ms_listened / 60000 / of_time.days,
                'least_spread': 2
            },
            {
                'measure': 'share of the top artist',
                'value': if(of_music.streams >= $least_plays, of_music.top_streams / of_music.streams, null),
                'least_spread': 0.02
            },
            {
                'measure': 'new artists a week',
                'value': if(of_music.streams >= $least_plays, 7 * of_music.new_artists / of_time.days, null),
                'least_spread': 0.5
            },
            {
                'measure': 'share at night',
                'value': if(
                    of_time.ms_listened >= $least_minutes * 60000,
                    of_time.ms_at_night / of_time.ms_listened,
                    null
                ),
                'least_spread': 0.02
            },
            {
                'measure': 'share of other content',
                'value': if(
                    of_time.ms_played >= $least_minutes * 60000,
                    of_time.ms_of_other / of_time.ms_played,
                    null
                ),
                'least_spread': 0.02
            },
            {
                'measure': 'skip rate',
                'value': if(of_music.known_plays >= $least_plays, of_music.skip_rate, null),
                'least_spread': 0.02
            }
        ]) as told
    from of_time
    left join of_music on of_time.kind = of_music.kind and of_time.first_date = of_music.first_date
),

names as (
    select
        artist_id,
        max(artist_name) as artist_name
    from history
    group by artist_id
),

unfolded as (
    select
        measured.kind,
        measured.first_date,
        measured.last_date,
        measured.is_asked,
        measured.top_artist_id,
        measured.told.measure,
        measured.told.value,
        measured.told.least_spread
    from measured
),

compared as (
    select
        *,
        count(value) over earlier as stretches_before,
        median(value) over earlier as median_before,
        mad(value) over earlier as deviation_before,
        max(value) over earlier as most_before,
        min(value) over earlier as least_before
    from unfolded
    window earlier as (
        partition by kind, measure
        order by first_date
        rows between $stretches_before preceding and 1 preceding
    )
)

select
    compared.kind,
    compared.measure,
    compared.first_date,
    compared.last_date,
    compared.is_asked,
    compared.value,
    compared.stretches_before,
    compared.median_before,
    compared.deviation_before,
    compared.value > compared.most_before as is_most,
    compared.value < compared.least_before as is_least,
    if(
        compared.stretches_before >= $least_stretches
        and (compared.measure <> 'minutes a day' or compared.median_before > 0),
        (compared.value - compared.median_before)
        / greatest(1.4826 * compared.deviation_before, compared.least_spread),
        null
    ) as robust_z,
    compared.top_artist_id,
    names.artist_name as top_artist_name
from compared
left join names on compared.top_artist_id = names.artist_id
order by compared.kind, compared.measure, compared.first_date
