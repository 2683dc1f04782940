{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    event_time='snapshot_date',
    on_schema_change='fail'
) }}

with snapshots as (

    select
        *,
        cast(least(popularity // 10, 9) * 10 as bigint) as popularity_from
    from {{ ref('fact_track_popularity') }}
    where
        popularity is not null
        and {{ in_event_window('snapshot_date') }}

),

counted as (

    select
        snapshot_date,
        popularity_from,
        count(*) as tracks,
        avg(popularity) as mean_popularity
    from snapshots
    group by
        snapshot_date,
        popularity_from

),

final as (

    select
        snapshot_date,
        popularity_from,
        tracks,
        tracks / sum(tracks) over (partition by snapshot_date) as track_share,
        mean_popularity
    from counted

)

select *
from final
