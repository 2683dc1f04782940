{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    event_time='event_date',
    unique_key=['user_id', 'track_id'],
    on_schema_change='fail'
) }}

-- Not materialized: used twice, all playbacks would be read to keep those of the window.
with streams as not materialized (

    select
        user_id,
        track_id,
        event_date,
        ended_at
    from {{ ref('fact_listens') }}
    where
        is_music
        and is_stream
        and track_id <> {{ unknown_member() }}

),

in_window as (

    select
        user_id,
        track_id,
        min(event_date) as event_date,
        min(ended_at) as first_ended_at
    from streams
    where {{ in_event_window('event_date') }}
    group by
        user_id,
        track_id

),

{% if is_window_run() %}
known as (

    select
        user_id,
        track_id,
        event_date
    from {{ this }}

),

-- of all that is known only what the window has again, so that the larger side is read but not kept
known_before as (

    select
        known.user_id,
        known.track_id
    from known
    semi join in_window
        on
            known.user_id = in_window.user_id
            and known.track_id = in_window.track_id
    where known.event_date < date '{{ event_window().start }}'

),

-- first listens that the window held and holds no longer: the next one becomes the first
lost as (

    select
        known.user_id,
        known.track_id
    from known
    anti join in_window
        on
            known.user_id = in_window.user_id
            and known.track_id = in_window.track_id
    where {{ in_event_window('known.event_date') }}

),

after_window as (

    select
        streams.user_id,
        streams.track_id,
        min(streams.event_date) as event_date,
        min(streams.ended_at) as first_ended_at
    from streams
    inner join lost
        on
            streams.user_id = lost.user_id
            and streams.track_id = lost.track_id
    where streams.event_date >= date '{{ event_window().end }}'
    group by
        streams.user_id,
        streams.track_id

),

final as (

    select in_window.*
    from in_window
    anti join known_before
        on
            in_window.user_id = known_before.user_id
            and in_window.track_id = known_before.track_id
    union all
    select *
    from after_window

)
{% else %}
final as (

    select *
    from in_window

)
{% endif %}

select *
from final
