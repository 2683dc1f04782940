with tracks as (

    select *
    from {{ ref('track_totals') }}

),

albums as (

    select *
    from {{ ref('dim_album') }}

),

recordings as (

    select
        album_id,
        max(streams) as most_streams
    from (
        select
            album_id,
            recording_track_id,
            sum(streams) as streams
        from tracks
        group by
            album_id,
            recording_track_id
    ) as streams_of_recordings
    group by album_id

),

totals as (

    select
        album_id,
        cast(sum(plays) as bigint) as plays,
        cast(sum(streams) as bigint) as streams,
        cast(sum(skips) as bigint) as skips,
        cast(sum(unknowns) as bigint) as unknowns,
        cast(sum(ms_played) as bigint) as ms_played,
        count(distinct recording_track_id) as tracks_played,
        avg(popularity) as mean_popularity,
        avg(duration_ms) as mean_duration_ms,
        min(first_event_date) as first_event_date,
        max(last_event_date) as last_event_date
    from tracks
    group by album_id

),

-- `unknown` is not one album, so it has no rank
ranked as (

    select
        album_id,
        row_number() over (
            order by
                streams desc,
                plays desc,
                album_id asc
        ) as album_rank
    from totals
    where album_id <> {{ unknown_member() }}

),

final as (

    select
        totals.album_id,
        albums.album_name,
        albums.primary_artist_id,
        albums.primary_artist_name,
        albums.first_release_date,
        albums.track_count,
        totals.tracks_played,
        totals.plays,
        totals.streams,
        totals.skips,
        totals.unknowns,
        {{ skip_rate('totals') }} as skip_rate,
        totals.ms_played,
        recordings.most_streams / nullif(totals.streams, 0) as top_track_share,
        totals.mean_popularity,
        totals.mean_duration_ms,
        totals.first_event_date,
        totals.last_event_date,
        ranked.album_rank
    from totals
    inner join albums
        on totals.album_id = albums.album_id
    inner join recordings
        on totals.album_id = recordings.album_id
    left join ranked
        on totals.album_id = ranked.album_id

)

select *
from final
