{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    unique_key=['user_id', 'hour_starts_at'],
    meta={'made_from': ['first_event_date', 'last_event_date']},
    on_schema_change='fail'
) }}

-- Built after its dimensions, so that every row finds its dimension row:
-- depends_on: {{ ref('dim_date') }}

with
{% if is_window_run() %}
    {{ rewritten_rows(keys=['user_id', 'hour_starts_at'], sources=[ref('stg_listening_hours')]) }}
{% endif %}
hours as (

    select *
    from {{ ref('stg_listening_hours') }}
    {% if is_window_run() %}
        where {{ of_rewritten_rows(['user_id', 'hour_starts_at']) }}
    {% endif %}

),

-- a traveller's hour is of the zone that the last of its dates gives it
final as (

    select
        user_id,
        hour_starts_at,
        arg_max(time_zone, event_date) as time_zone,
        arg_max(local_date, event_date) as local_date,
        arg_max(local_hour, event_date) as local_hour,
        isodow(arg_max(local_date, event_date)) as local_weekday,
        cast(sum(ms_listened) as bigint) as ms_listened,
        cast(sum(ms_overlapping) as bigint) as ms_overlapping,
        min(event_date) as first_event_date,
        max(event_date) as last_event_date
    from hours
    group by
        user_id,
        hour_starts_at

)

select *
from final
