select
    rankings.rank_by_streams,
    rankings.rank_by_minutes,
    rankings.id as genre,
    rankings.streams,
    rankings.minutes,
    rankings.plays,
    rankings.skips,
    rankings.skip_rate,
    rankings.stream_share,
    rankings.rank_by_streams_before,
    rankings.streams_before,
    rankings.minutes_before,
    rankings.stream_share_before
from rankings
where rankings.kind = 'genre'
order by
    rankings.rank_by_streams asc nulls last,
    rankings.rank_by_minutes asc nulls last,
    rankings.streams_before desc,
    rankings.id asc
