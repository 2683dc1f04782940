with tracks as (

    select *
    from {{ ref('dim_track') }}

),

final as (

    select
        album_id,
        coalesce(min(album_name), 'Unknown album') as album_name,
        case
            when album_id <> {{ unknown_member() }} then min(primary_artist_id)
            else {{ unknown_member() }}
        end as primary_artist_id,
        case when album_id <> {{ unknown_member() }} then min(primary_artist_name) else 'Unknown artist' end
            as primary_artist_name,
        min(release_date) filter (where album_id <> {{ unknown_member() }}) as first_release_date,
        count(distinct recording_id) filter (where track_id <> {{ unknown_member() }}) as track_count,
        bool_or(is_in_catalogue) filter (where album_id <> {{ unknown_member() }}) is true as is_in_catalogue
    from tracks
    group by album_id

)

select *
from final
