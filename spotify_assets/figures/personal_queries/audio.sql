-- The features are those of `marts.monthly_taste`.
with spread as (
    select
        stddev_pop(danceability) as danceability,
        stddev_pop(energy) as energy,
        stddev_pop(valence) as valence,
        stddev_pop(acousticness) as acousticness,
        stddev_pop(instrumentalness) as instrumentalness,
        stddev_pop(speechiness) as speechiness,
        stddev_pop(tempo) as tempo
    from marts.dim_track
),

asked as (
    select
        avg(danceability) as danceability,
        avg(energy) as energy,
        avg(valence) as valence,
        avg(acousticness) as acousticness,
        avg(instrumentalness) as instrumentalness,
        avg(speechiness) as speechiness,
        avg(tempo) as tempo
    from listens
    where is_music and is_stream and period = 'asked'
),

compared as (
    select
        avg(danceability) as danceability,
        avg(energy) as energy,
        avg(valence) as valence,
        avg(acousticness) as acousticness,
        avg(instrumentalness) as instrumentalness,
        avg(speechiness) as speechiness,
        avg(tempo) as tempo
    from listens
    where is_music and is_stream and period = 'compared'
)

select
    features.*,
    (features.mean - features.mean_before) / nullif(features.catalogue_sd, 0) as change_in_sd
from spread
cross join asked
cross join compared
cross join
    lateral (
        values
        (0, 'danceability', asked.danceability, compared.danceability, spread.danceability),
        (1, 'energy', asked.energy, compared.energy, spread.energy),
        (2, 'valence', asked.valence, compared.valence, spread.valence),
        (3, 'acousticness', asked.acousticness, compared.acousticness, spread.acousticness),
        (4, 'instrumentalness', asked.instrumentalness, compared.instrumentalness, spread.instrumentalness),
        (5, 'speechiness', asked.speechiness, compared.speechiness, spread.speechiness),
        (6, 'tempo', asked.tempo, compared.tempo, spread.tempo)
    ) as features (position, feature, mean, mean_before, catalogue_sd)
order by features.position
