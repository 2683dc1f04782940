{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    event_time='snapshot_date',
    unique_key=['snapshot_date', 'track_id'],
    on_schema_change='fail'
) }}

-- Built after its dimensions, so that every row finds its dimension row:
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_track') }}

with
{% if is_window_run() %}
    changed_tracks as (

        select track_id
        from {{ ref('stg_tracks') }}
        where {{ in_event_window('snapshot_date') }}
        union
        select track_id
        from {{ this }}
        where {{ in_event_window('snapshot_date') }}

    ),
{% endif %}
snapshots as (

    select
        snapshot_date,
        track_id,
        popularity
    from {{ ref('stg_tracks') }}
    {% if is_window_run() %}
        where track_id in (select changed_tracks.track_id from changed_tracks)
    {% endif %}

),

with_previous as (

    select
        snapshot_date,
        track_id,
        popularity,
        lag(snapshot_date) over snapshots_of_track as previous_snapshot_date,
        lag(popularity) over snapshots_of_track as previous_popularity
    from snapshots
    window
        snapshots_of_track as (
            partition by track_id
            order by snapshot_date
        )

),

final as (

    select
        snapshot_date,
        track_id,
        popularity,
        previous_snapshot_date,
        previous_popularity,
        popularity - previous_popularity as popularity_change,
        snapshot_date - previous_snapshot_date as days_since_previous
    from with_previous
    {% if is_window_run() %}
        -- the window, and of each track the first snapshot after it, whose previous one may be another now
        where
            {{ in_event_window('snapshot_date') }}
            or (
                snapshot_date >= date '{{ event_window().end }}'
                and coalesce(previous_snapshot_date < date '{{ event_window().end }}', true)
            )
    {% endif %}

)

select *
from final
