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

{{ versions_of_snapshots('artist_id') }},

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
