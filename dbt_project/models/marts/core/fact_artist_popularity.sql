{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    event_time='snapshot_date',
    unique_key=['snapshot_date', 'artist_id'],
    on_schema_change='fail'
) }}

-- Built after its dimensions, so that every row finds its dimension row:
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_artist') }}

with final as (

    select
        snapshot_date,
        artist_id,
        popularity,
        followers
    from {{ ref('stg_artists') }}
    where
        (popularity is not null or followers is not null)
        and {{ in_event_window('snapshot_date') }}

)

select *
from final
