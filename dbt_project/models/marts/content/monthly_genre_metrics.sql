with months as (

    select *
    from {{ ref('monthly_track_metrics') }}

),

genres as (

    select *
    from {{ ref('bridge_track_genre') }}

),

totals as (

    select
        months.event_month,
        genres.genre,
        sum(genres.weight * months.plays) as weighted_plays,
        sum(genres.weight * months.streams) as weighted_streams,
        sum(genres.weight * months.skips) as weighted_skips,
        sum(genres.weight * months.unknowns) as weighted_unknowns,
        sum(genres.weight * months.skips)
        / sum(genres.weight * (months.plays - months.unknowns)) filter (
            where months.plays > months.unknowns
        ) as skip_rate,
        sum(genres.weight * months.ms_played) as weighted_ms_played,
        count(*) as tracks_played,
        min(months.first_event_date) as first_event_date,
        max(months.last_event_date) as last_event_date
    from months
    inner join genres
        on months.track_id = genres.track_id
    group by
        months.event_month,
        genres.genre

),

final as (

    select
        event_month,
        genre,
        weighted_plays,
        weighted_streams,
        weighted_streams / nullif(sum(weighted_streams) over (partition by event_month), 0) as stream_share,
        weighted_skips,
        weighted_unknowns,
        skip_rate,
        weighted_ms_played,
        tracks_played,
        first_event_date,
        last_event_date
    from totals

)

select *
from final
