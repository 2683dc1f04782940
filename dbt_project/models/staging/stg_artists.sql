with artists as (

    select *
    from {{ source('core', 'artists') }}

),

renamed as (

    select
        snapshot_date,
        artist_id,
        artist_name,
        track_count,
        mean_popularity,
        popularity,
        followers
    from artists

)

select *
from renamed
