{% snapshot recordings_history %}

{{ config(
    schema='snapshots',
    unique_key='track_key',
    strategy='check',
    check_cols=['recording_id', 'matched_by', 'catalogue_track_id'],
    hard_deletes='invalidate'
) }}

select
    track_key,
    recording_id,
    matched_by,
    catalogue_track_id
from {{ ref('stg_recordings') }}

{% endsnapshot %}
