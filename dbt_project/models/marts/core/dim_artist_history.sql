{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    unique_key='artist_id',
    meta={'made_from': ['valid_from', 'last_snapshot_date']},
    on_schema_change='fail'
) }}

-- Built after its dimensions, so that every row finds its dimension row:
-- depends_on: {{ ref('dim_artist') }}

with
{% if is_window_run() %}
    changed_artists as (

        select artist_id
        from {{ ref('stg_artists') }}
        where {{ in_event_window('snapshot_date') }}
        union
        select artist_id
        from {{ this }}
        where {{ meets_event_window('valid_from', 'last_snapshot_date') }}

    ),
{% endif %}
snapshots as (

    select
        snapshot_date,
        artist_id,
        {
            'artist_name': artist_name,
            'track_count': track_count,
            'mean_popularity': mean_popularity
        } as described
    from {{ ref('stg_artists') }}
    {% if is_window_run() %}
        where artist_id in (select changed_artists.artist_id from changed_artists)
    {% endif %}

),

with_previous as (

    select
        *,
        lag(described) over (
            partition by artist_id
            order by snapshot_date
        ) as previous
    from snapshots

),

with_changes as (

    select
        *,
        coalesce(described <> previous, true) as is_change
    from with_previous

),

with_versions as (

    select
        *,
        count(*) filter (where is_change) over (
            partition by artist_id
            order by snapshot_date
        ) as version
    from with_changes

),

versions as (

    select
        artist_id,
        version,
        any_value(described) as described,
        min(snapshot_date) as valid_from,
        max(snapshot_date) as last_snapshot_date,
        count(*) as snapshots
    from with_versions
    group by
        artist_id,
        version

),

with_ends as (

    select
        *,
        lead(valid_from) over (
            partition by artist_id
            order by version
        ) as valid_to
    from versions

),

final as (

    select
        artist_id,
        version,
        valid_from,
        valid_to,
        valid_to is null as is_current,
        struct_extract(described, 'artist_name') as artist_name,
        struct_extract(described, 'track_count') as track_count,
        struct_extract(described, 'mean_popularity') as mean_popularity,
        snapshots,
        last_snapshot_date
    from with_ends

)

select *
from final
