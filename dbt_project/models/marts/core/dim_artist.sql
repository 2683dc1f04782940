with snapshots as (

    select *
    from {{ ref('stg_artists') }}

),

newest_snapshots as (

    select
        artist_id,
        min(snapshot_date) as first_snapshot_date,
        max(snapshot_date) as last_snapshot_date,
        arg_max(popularity, snapshot_date) as popularity,
        arg_max(followers, snapshot_date) as followers
    from snapshots
    group by artist_id

),

catalogue_artists as (

    select
        snapshots.artist_id,
        snapshots.artist_name,
        snapshots.track_count,
        snapshots.mean_popularity,
        newest_snapshots.popularity,
        newest_snapshots.followers,
        true as is_in_catalogue,
        newest_snapshots.first_snapshot_date,
        newest_snapshots.last_snapshot_date
    from snapshots
    inner join newest_snapshots
        on
            snapshots.artist_id = newest_snapshots.artist_id
            and snapshots.snapshot_date = newest_snapshots.last_snapshot_date

),

-- the unknown member of dim_track brings the unknown artist with it
artists_outside_catalogue as (

    select distinct
        tracks.primary_artist_id as artist_id,
        tracks.primary_artist_name as artist_name,
        cast(0 as bigint) as track_count,
        cast(null as double) as mean_popularity,
        cast(null as bigint) as popularity,
        cast(null as bigint) as followers,
        false as is_in_catalogue,
        cast(null as date) as first_snapshot_date,
        cast(null as date) as last_snapshot_date
    from {{ ref('dim_track') }} as tracks
    left join newest_snapshots
        on tracks.primary_artist_id = newest_snapshots.artist_id
    where
        not tracks.is_in_catalogue
        and newest_snapshots.artist_id is null

),

final as (

    select *
    from catalogue_artists
    union all
    select *
    from artists_outside_catalogue

)

select *
from final
