with events as (

    select *
    from {{ ref('stg_listening_events') }}

),

profiles as (

    select *
    from {{ ref('stg_user_profiles') }}

),

countries as (

    select *
    from {{ ref('stg_countries') }}

),

in_zones as (

    select
        events.event_id,
        events.user_id,
        events.track_id,
        events.started_at,
        events.ended_at,
        events.event_date,
        events.action,
        events.ms_played,
        events.is_marked_skipped,
        events.reason_start,
        events.reason_end,
        coalesce(events.device, {{ unknown_member() }}) as device,
        coalesce(countries.country, {{ unknown_country() }}) as country,
        events.is_shuffle,
        events.session_id,
        events.source,
        events.content_type,
        events.track_name,
        events.artist_name,
        events.album_name,
        events.extra,
        events.track_key,
        events.session_position,
        events.track_duration_ms,
        events.known_duration_ms,
        events.outcome,
        events.is_stream,
        {{ time_zone_of('profiles', 'countries') }} as time_zone
    from events
    left join profiles
        on events.user_id = profiles.user_id
    left join countries
        on events.country = countries.country

),

on_local_clocks as (

    select
        *,
        {{ in_time_zone('started_at', 'time_zone') }} as local_started_at
    from in_zones

),

final as (

    select
        *,
        cast(local_started_at as date) as local_date,
        hour(local_started_at) as local_hour,
        isodow(local_started_at) as local_weekday
    from on_local_clocks

)

select *
from final
