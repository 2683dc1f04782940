-- How do albums compare?

with parameters as (

    select
        coalesce(getvariable('album'), '%') as album, -- name of the album; % stands for any text
        coalesce(getvariable('artist'), '%') as artist, -- name of its artist; % stands for any text
        coalesce(getvariable('top'), 30) as row_count -- how many albums

),

chosen as (

    select
        totals.*,
        row_number() over (order by totals.album_rank) as rank
    from {{ ref('album_totals') }} as totals
    cross join parameters
    where
        totals.album_rank is not null
        and {{ is_like('totals.album_name', 'parameters.album') }}
        and {{ is_like('totals.primary_artist_name', 'parameters.artist') }}

),

final as (

    select
        chosen.album_rank,
        chosen.album_name,
        chosen.primary_artist_name,
        chosen.first_release_date,
        chosen.tracks_played,
        chosen.track_count,
        chosen.streams,
        round(chosen.streams / chosen.tracks_played, 1) as streams_per_track,
        round(chosen.top_track_share, 3) as top_track_share,
        round(chosen.skip_rate, 3) as skip_rate,
        round(chosen.mean_popularity, 1) as mean_popularity,
        round(chosen.mean_duration_ms / 60000, 2) as mean_minutes
    from chosen
    cross join parameters
    where chosen.rank <= parameters.row_count

)

select *
from final
order by album_rank
