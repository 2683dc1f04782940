with track_genres as (

    select *
    from {{ source('core', 'track_genres') }}

),

renamed as (

    select
        snapshot_date,
        track_id,
        genre,
        weight
    from track_genres

)

select *
from renamed
