with played_tracks as (

    select *
    from {{ source('core', 'played_tracks') }}

),

renamed as (

    select
        event_date,
        track_key,
        track_id,
        content_type,
        track_name,
        artist_name,
        album_name,
        playbacks
    from played_tracks

)

select *
from renamed
