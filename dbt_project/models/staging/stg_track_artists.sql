with track_artists as (

    select *
    from {{ source('core', 'track_artists') }}

),

renamed as (

    select
        snapshot_date,
        track_id,
        position,
        artist_id
    from track_artists

)

select *
from renamed
