with recordings as (

    select *
    from {{ source('core', 'recordings') }}

),

renamed as (

    select
        track_key,
        track_id,
        recording_id,
        matched_by,
        catalogue_track_id,
        track_name,
        artist_names,
        duration_ms
    from recordings

)

select *
from renamed
