-- How much does taste change from month to month?
-- Distances are explained at monthly_taste: 0 is no change; a genre distance of 1 is no genre in common.

with final as (

    select
        event_month,
        streams,
        round(genre_distance, 4) as genre_distance,
        round(audio_distance, 4) as audio_distance,
        round(mean_danceability, 3) as mean_danceability,
        round(mean_energy, 3) as mean_energy,
        round(mean_valence, 3) as mean_valence,
        round(mean_acousticness, 3) as mean_acousticness,
        round(mean_tempo, 1) as mean_tempo
    from {{ ref('monthly_taste') }}

)

select *
from final
order by event_month
