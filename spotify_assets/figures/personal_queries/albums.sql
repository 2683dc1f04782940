select
    rankings.rank_by_streams,
    rankings.rank_by_minutes,
    rankings.id as album_id,
    rankings.album_name,
    rankings.artist_name,
    cast(streams as bigint) as streams,
    rankings.minutes,
    cast(plays as bigint) as plays,
    cast(skips as bigint) as skips,
    rankings.skip_rate,
    rankings.stream_share,
    rankings.rank_by_streams_before,
    cast(streams_before as bigint) as streams_before,
    rankings.minutes_before,
    rankings.stream_share_before
from rankings
where rankings.kind = 'album'
order by
    rankings.rank_by_streams asc nulls last,
    rankings.rank_by_minutes asc nulls last,
    rankings.streams_before desc,
    rankings.id asc
