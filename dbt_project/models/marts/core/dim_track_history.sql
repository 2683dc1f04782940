{{ config(
    materialized='incremental',
    incremental_strategy='event_window',
    unique_key='track_id',
    meta={'made_from': ['valid_from', 'last_snapshot_date']},
    on_schema_change='fail'
) }}

-- Built after its dimensions, so that every row finds its dimension row:
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
        where {{ meets_event_window('valid_from', 'last_snapshot_date') }}

    ),
{% endif %}
genres as (

    select
        snapshot_date,
        track_id,
        string_agg(genre, '; ' order by genre) as genres
    from {{ ref('stg_track_genres') }}
    {% if is_window_run() %}
        where track_id in (select changed_tracks.track_id from changed_tracks)
    {% endif %}
    group by
        snapshot_date,
        track_id

),

snapshots as (

    select
        tracks.snapshot_date,
        tracks.track_id,
        {
            'track_name': tracks.track_name,
            'artist_names': tracks.artist_names,
            'primary_artist_id': tracks.primary_artist_id,
            'album_name': tracks.album_name,
            'release_date': tracks.release_date,
            'duration_ms': tracks.duration_ms,
            'is_explicit': tracks.is_explicit,
            'popularity': tracks.popularity,
            'genres': genres.genres
        } as described
    from {{ ref('stg_tracks') }} as tracks
    left join genres
        on
            tracks.track_id = genres.track_id
            and tracks.snapshot_date = genres.snapshot_date
    {% if is_window_run() %}
        where tracks.track_id in (select changed_tracks.track_id from changed_tracks)
    {% endif %}

),

{{ versions_of_snapshots('track_id') }},

final as (

    select
        track_id,
        version,
        valid_from,
        valid_to,
        valid_to is null as is_current,
        struct_extract(described, 'track_name') as track_name,
        struct_extract(described, 'artist_names') as artist_names,
        struct_extract(described, 'primary_artist_id') as primary_artist_id,
        struct_extract(described, 'album_name') as album_name,
        struct_extract(described, 'release_date') as release_date,
        struct_extract(described, 'duration_ms') as duration_ms,
        struct_extract(described, 'is_explicit') as is_explicit,
        struct_extract(described, 'popularity') as popularity,
        struct_extract(described, 'genres') as genres,
        snapshots,
        last_snapshot_date
    from with_ends

)

select *
from final
