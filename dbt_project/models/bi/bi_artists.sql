{{ config(alias='artists') }}

select
    totals.artist_id,
    totals.artist_rank,
    totals.artist_name as artist,
    totals.mean_popularity,
    totals.tracks_played,
    totals.plays,
    totals.streams,
    totals.skips,
    totals.unknowns,
    totals.skip_rate,
    {{ minutes('totals.ms_played') }} as minutes_played,
    totals.stream_share,
    totals.first_event_date as first_played,
    totals.last_event_date as last_played
from {{ ref('artist_totals').include(database=false) }} as totals
