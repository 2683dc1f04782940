{{ config(materialized='view') }}

-- A view, because a streak may go back to any day.

with days as (

    select *
    from {{ ref('fact_user_activity') }}
    where plays > 0

),

totals as (

    select
        user_id,
        min(local_date) as first_listen_date,
        max(local_date) as last_listen_date,
        count(*) as active_days,
        cast(sum(sessions) as bigint) as sessions,
        cast(sum(plays) as bigint) as plays,
        cast(sum(streams) as bigint) as streams,
        cast(sum(skips) as bigint) as skips,
        cast(sum(unknowns) as bigint) as unknowns,
        cast(sum(ms_played) as bigint) as ms_played
    from days
    group by user_id

),

-- days in a row have the same date once their number is taken off
streak_days as (

    select
        user_id,
        local_date,
        local_date - cast(row_number() over (
            partition by user_id
            order by local_date
        ) as integer) as streak
    from days

),

streaks as (

    select
        user_id,
        max(local_date) as last_date,
        count(*) as streak_days
    from streak_days
    group by
        user_id,
        streak

),

user_streaks as (

    select
        user_id,
        max(streak_days) as longest_streak_days,
        arg_max(streak_days, last_date) as last_streak_days
    from streaks
    group by user_id

),

discovered as (

    select
        firsts.user_id,
        count(distinct tracks.recording_track_id) as tracks_streamed
    from {{ ref('first_listens') }} as firsts
    inner join {{ ref('dim_track') }} as tracks
        on firsts.track_id = tracks.track_id
    group by firsts.user_id

),

final as (

    select
        totals.user_id,
        totals.first_listen_date,
        totals.last_listen_date,
        totals.active_days,
        user_streaks.longest_streak_days,
        user_streaks.last_streak_days,
        totals.sessions,
        totals.plays,
        totals.streams,
        totals.skips,
        totals.unknowns,
        {{ skip_rate('totals') }} as skip_rate,
        totals.ms_played,
        coalesce(discovered.tracks_streamed, 0) as tracks_streamed,
        1 - coalesce(discovered.tracks_streamed, 0) / nullif(totals.streams, 0) as repeat_share
    from totals
    inner join user_streaks
        on totals.user_id = user_streaks.user_id
    left join discovered
        on totals.user_id = discovered.user_id

)

select *
from final
