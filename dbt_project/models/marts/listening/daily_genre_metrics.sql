{{ config(materialized='view') }}

-- A view, because the genres of a track follow the dimensions of today: a table would have to be made anew.

with music_playbacks as (

    select *
    from {{ ref('fact_listens') }}
    where is_music

),

genres as (

    select *
    from {{ ref('bridge_track_genre') }}

),

final as (

    select
        music_playbacks.event_date,
        genres.genre,
        sum(genres.weight) as weighted_plays,
        coalesce(sum(genres.weight) filter (where music_playbacks.is_stream), 0) as weighted_streams,
        coalesce(sum(genres.weight) filter (where music_playbacks.is_skip), 0) as weighted_skips,
        coalesce(sum(genres.weight) filter (where music_playbacks.is_outcome_unknown), 0)
            as weighted_unknowns,
        coalesce(sum(genres.weight) filter (where music_playbacks.is_skip), 0)
        / sum(genres.weight) filter (where not music_playbacks.is_outcome_unknown) as skip_rate,
        sum(genres.weight * music_playbacks.ms_played) as weighted_ms_played,
        count(distinct music_playbacks.user_id) as listeners
    from music_playbacks
    inner join genres
        on music_playbacks.track_id = genres.track_id
    group by
        music_playbacks.event_date,
        genres.genre

)

select *
from final
