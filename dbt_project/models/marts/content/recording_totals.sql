with tracks as (

    select *
    from {{ ref('dim_track') }}

),

totals as (

    select
        recording_track_id as track_id,
        count(*) as track_ids,
        cast(sum(plays) as bigint) as plays,
        cast(sum(streams) as bigint) as streams,
        cast(sum(skips) as bigint) as skips,
        cast(sum(completes) as bigint) as completes,
        cast(sum(abandons) as bigint) as abandons,
        cast(sum(unknowns) as bigint) as unknowns,
        cast(sum(ms_played) as bigint) as ms_played,
        min(first_event_date) as first_event_date,
        max(last_event_date) as last_event_date
    from {{ ref('track_totals') }}
    group by recording_track_id

),

listeners as (

    select
        tracks.recording_track_id as track_id,
        count(distinct firsts.user_id) as listeners
    from {{ ref('first_listens') }} as firsts
    inner join tracks
        on firsts.track_id = tracks.track_id
    group by tracks.recording_track_id

),

-- `unknown` is not one recording, so it has no rank
ranked as (

    select
        totals.track_id,
        row_number() over (
            order by
                totals.streams desc,
                totals.plays desc,
                totals.track_id asc
        ) as track_rank,
        row_number() over (
            partition by tracks.primary_artist_id
            order by
                totals.streams desc,
                totals.plays desc,
                totals.track_id asc
        ) as rank_in_artist
    from totals
    inner join tracks
        on totals.track_id = tracks.track_id
    where totals.track_id <> {{ unknown_member() }}

),

final as (

    select
        totals.track_id,
        totals.track_ids,
        tracks.track_name,
        tracks.primary_artist_id,
        tracks.primary_artist_name,
        tracks.album_id,
        tracks.album_name,
        tracks.primary_genre,
        tracks.release_date,
        tracks.duration_ms,
        tracks.popularity,
        totals.plays,
        totals.streams,
        totals.skips,
        totals.completes,
        totals.abandons,
        totals.unknowns,
        {{ skip_rate('totals') }} as skip_rate,
        coalesce(listeners.listeners, 0) as listeners,
        totals.ms_played,
        totals.first_event_date,
        totals.last_event_date,
        ranked.track_rank,
        ranked.rank_in_artist
    from totals
    inner join tracks
        on totals.track_id = tracks.track_id
    left join listeners
        on totals.track_id = listeners.track_id
    left join ranked
        on totals.track_id = ranked.track_id

)

select *
from final
