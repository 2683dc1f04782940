-- Which are the top five songs of each artist?

with parameters as (

    select
        coalesce(getvariable('songs'), 5) as songs, -- how many songs of each artist
        coalesce(getvariable('artists'), 10) as artists, -- how many artists, those with the most streams
        coalesce(getvariable('artist'), '%') as artist, -- name of the artist; % stands for any text
        coalesce(getvariable('by'), 'recording') as counted_by -- recording or id

),

final as (

    select
        artists.artist_rank,
        artists.artist_name,
        tracks.rank_in_artist,
        tracks.track_name,
        tracks.streams,
        round(tracks.streams / nullif(artists.streams, 0), 3) as share_of_artist,
        round(tracks.skip_rate, 3) as skip_rate,
        tracks.popularity,
        tracks.track_ids
    from {{ ref('ranked_tracks') }} as tracks
    inner join {{ ref('artist_totals') }} as artists
        on tracks.primary_artist_id = artists.artist_id
    inner join parameters
        on tracks.counted_by = parameters.counted_by
    where
        tracks.rank_in_artist <= parameters.songs
        and {{ is_like('artists.artist_name', 'parameters.artist') }}
        and (artists.artist_rank <= parameters.artists or parameters.artist <> '%')

)

select *
from final
order by
    artist_rank,
    rank_in_artist
