with tracks as (

    select *
    from {{ ref('dim_track') }}

),

-- a name credited twice on one track keeps its first position
catalogue_credits as (

    select
        credits.track_id,
        credits.artist_id,
        min(credits.position) as position
    from {{ ref('stg_track_artists') }} as credits
    inner join tracks
        on
            credits.track_id = tracks.track_id
            and credits.snapshot_date = tracks.last_snapshot_date
    group by
        credits.track_id,
        credits.artist_id

),

credits_outside_catalogue as (

    select
        track_id,
        primary_artist_id as artist_id,
        cast(1 as bigint) as position
    from tracks
    where not is_in_catalogue

),

final as (

    select *
    from catalogue_credits
    union all
    select *
    from credits_outside_catalogue

)

select *
from final
