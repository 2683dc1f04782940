with tracks as (

    select *
    from {{ source('core', 'tracks') }}

),

renamed as (

    select
        snapshot_date,
        track_id,
        track_name,
        artist_names,
        primary_artist_id,
        primary_artist_name,
        artist_count,
        album_name,
        release_date,
        release_precision,
        isrc,
        popularity,
        popularity_spread,
        duration_ms,
        explicit as is_explicit,
        danceability,
        energy,
        key,
        loudness,
        mode,
        speechiness,
        acousticness,
        instrumentalness,
        liveness,
        valence,
        tempo,
        time_signature,
        primary_genre,
        genre_count,
        source_rows
    from tracks

)

select *
from renamed
