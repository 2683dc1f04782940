{% set features = [
    'danceability', 'energy', 'valence', 'acousticness', 'instrumentalness', 'speechiness', 'tempo'
] %}
{% set mainstream_from = 60 %}
{% set niche_below = 30 %}

with months as (

    select *
    from {{ ref('monthly_track_metrics') }}
    where streams > 0

),

tracks as (

    select *
    from {{ ref('dim_track') }}

),

versions as (

    select
        track_id,
        valid_from,
        popularity,
        version
    from {{ ref('dim_track_history') }}

),

-- popularity as it was in the month; before the first snapshot, by that one
with_version as (

    select
        months.event_month,
        months.track_id,
        months.streams,
        versions.popularity,
        versions.version
    from months
    asof left join versions
        on
            months.track_id = versions.track_id
            and last_day(months.event_month) >= versions.valid_from

),

listened as (

    select
        with_version.event_month,
        with_version.streams,
        tracks.recording_track_id,
        case
            when with_version.version is null then first_versions.popularity
            else with_version.popularity
        end as popularity,
        {%- for feature in features %}
        tracks.{{ feature }},
        {%- endfor %}
        year(tracks.release_date) as release_year
    from with_version
    inner join tracks
        on with_version.track_id = tracks.track_id
    left join versions as first_versions
        on
            with_version.track_id = first_versions.track_id
            and first_versions.version = 1

),

profiles as (

    select
        event_month,
        cast(sum(streams) as bigint) as streams,
        coalesce(sum(streams) filter (where popularity >= {{ mainstream_from }}), 0)
        / sum(streams) filter (where popularity is not null) as mainstream_share,
        coalesce(sum(streams) filter (where popularity < {{ niche_below }}), 0)
        / sum(streams) filter (where popularity is not null) as niche_share,
        {%- for figure in ['popularity', 'release_year'] + features %}
        sum(streams * {{ figure }}) / sum(streams) filter (where {{ figure }} is not null)
            as mean_{{ figure }},
        {%- endfor %}
        count(distinct recording_track_id) as tracks
    from listened
    group by event_month

),

-- a feature's unit is its spread in the catalogue
spreads as (

    select
        {%- for feature in features %}
        nullif(stddev_pop({{ feature }}), 0) as {{ feature }},
        {%- endfor %}
        count(*) as tracks
    from tracks

),

audio_distances as (

    select
        profiles.event_month,
        sqrt(list_avg([
            {%- for feature in features %}
            {{ ', ' if not loop.first }}pow(
                (profiles.mean_{{ feature }} - profiles_before.mean_{{ feature }}) / spreads.{{ feature }}, 2
            )
            {%- endfor %}
        ])) as audio_distance
    from profiles
    inner join profiles as profiles_before
        on profiles.event_month = profiles_before.event_month + interval 1 month
    cross join spreads

),

genre_shares as (

    select
        event_month,
        genre,
        stream_share
    from {{ ref('monthly_genre_metrics') }}
    where genre <> {{ unknown_member() }}

),

known_shares as (

    select
        event_month,
        genre,
        stream_share / nullif(sum(stream_share) over (partition by event_month), 0) as genre_share
    from genre_shares

),

shares_of_two_months as (

    select
        event_month,
        genre,
        genre_share as share_now,
        0 as share_before
    from known_shares
    union all
    select
        cast(event_month + interval 1 month as date) as event_month,
        genre,
        0 as share_now,
        genre_share as share_before
    from known_shares

),

compared_shares as (

    select
        event_month,
        genre,
        sum(share_now) as share_now,
        sum(share_before) as share_before,
        sum(share_now + share_before) / 2 as share_mean
    from shares_of_two_months
    group by
        event_month,
        genre

),

-- the square root of the Jensen-Shannon divergence in bits
genre_distances as (

    select
        event_month,
        sqrt(greatest(sum(
            coalesce(share_now * log2(nullif(share_now, 0) / share_mean), 0)
            + coalesce(share_before * log2(nullif(share_before, 0) / share_mean), 0)
        ) / 2, 0)) as genre_distance
    from compared_shares
    group by event_month
    having
        sum(share_now) > 0
        and sum(share_before) > 0

),

first_listens as (

    select
        firsts.user_id,
        tracks.recording_track_id,
        min(firsts.event_date) as event_date
    from {{ ref('first_listens') }} as firsts
    inner join tracks
        on firsts.track_id = tracks.track_id
    group by
        firsts.user_id,
        tracks.recording_track_id

),

discovered as (

    select
        cast(date_trunc('month', event_date) as date) as event_month,
        count(*) as first_listens
    from first_listens
    group by date_trunc('month', event_date)

),

final as (

    select
        profiles.event_month,
        profiles.streams,
        profiles.tracks,
        coalesce(discovered.first_listens, 0) as first_listens,
        coalesce(discovered.first_listens, 0) / profiles.streams as discovery_share,
        profiles.mean_popularity,
        profiles.mainstream_share,
        profiles.niche_share,
        profiles.mean_release_year,
        {%- for feature in features %}
        profiles.mean_{{ feature }},
        {%- endfor %}
        genre_distances.genre_distance,
        audio_distances.audio_distance
    from profiles
    left join audio_distances
        on profiles.event_month = audio_distances.event_month
    left join genre_distances
        on profiles.event_month = genre_distances.event_month
    left join discovered
        on profiles.event_month = discovered.event_month

)

select *
from final
