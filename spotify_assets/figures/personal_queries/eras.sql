select
    period,
    cast(year(release_date) // 10 * 10 as bigint) as decade,
    count(*) as streams,
    sum(ms_played) / 60000 as minutes,
    streams / nullif(sum(streams) filter (where decade is not null) over (partition by period), 0)
    * if(decade is null, null, 1) as stream_share
from listens
where is_music and is_stream
group by period, decade
order by period, decade nulls last
