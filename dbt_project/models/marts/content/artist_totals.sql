with tracks as (

    select *
    from {{ ref('track_totals') }}

),

artists as (

    select *
    from {{ ref('dim_artist') }}

),

totals as (

    select
        primary_artist_id as artist_id,
        cast(sum(plays) as bigint) as plays,
        cast(sum(streams) as bigint) as streams,
        cast(sum(skips) as bigint) as skips,
        cast(sum(unknowns) as bigint) as unknowns,
        cast(sum(ms_played) as bigint) as ms_played,
        count(distinct recording_track_id) as tracks_played,
        min(first_event_date) as first_event_date,
        max(last_event_date) as last_event_date
    from tracks
    group by primary_artist_id

),

-- `unknown` is not one artist, so it has no rank
ranked as (

    select
        artist_id,
        row_number() over (
            order by
                streams desc,
                plays desc,
                artist_id asc
        ) as artist_rank
    from totals
    where artist_id <> {{ unknown_member() }}

),

final as (

    select
        totals.artist_id,
        artists.artist_name,
        artists.mean_popularity,
        totals.plays,
        totals.streams,
        totals.streams / nullif(sum(totals.streams) over (), 0) as stream_share,
        totals.skips,
        totals.unknowns,
        {{ skip_rate('totals') }} as skip_rate,
        totals.ms_played,
        totals.tracks_played,
        totals.first_event_date,
        totals.last_event_date,
        ranked.artist_rank
    from totals
    inner join artists
        on totals.artist_id = artists.artist_id
    left join ranked
        on totals.artist_id = ranked.artist_id

)

select *
from final
