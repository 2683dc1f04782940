with tracks as (

    select *
    from {{ ref('dim_track') }}

),

newest_genres as (

    select
        genres.track_id,
        genres.genre,
        genres.weight
    from {{ ref('stg_track_genres') }} as genres
    inner join tracks
        on
            genres.track_id = tracks.track_id
            and genres.snapshot_date = tracks.last_snapshot_date

),

catalogue_genres as (

    select
        tracks.track_id,
        newest_genres.genre,
        newest_genres.weight
    from tracks
    inner join newest_genres
        on tracks.catalogue_track_id = newest_genres.track_id

),

tracks_without_genre as (

    select
        tracks.track_id,
        {{ unknown_member() }} as genre,
        cast(1 as double) as weight
    from tracks
    left join catalogue_genres
        on tracks.track_id = catalogue_genres.track_id
    where catalogue_genres.track_id is null

),

final as (

    select *
    from catalogue_genres
    union all
    select *
    from tracks_without_genre

)

select *
from final
