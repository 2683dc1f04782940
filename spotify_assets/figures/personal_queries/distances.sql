-- Jensen-Shannon distance of the shares of streams; of audio features the root mean square of their changes.
with shares as (
    select
        'artists' as kind,
        stream_share,
        stream_share_before,
        (stream_share + stream_share_before) / 2 as middle
    from figure_artists
    union all
    select
        'genres' as kind,
        stream_share,
        stream_share_before,
        (stream_share + stream_share_before) / 2 as middle
    from figure_genres
),

distances as (
    select
        kinds.position,
        kinds.kind,
        if(
            sum(shares.stream_share) > 0 and sum(shares.stream_share_before) > 0,
            sqrt(greatest(sum(
                coalesce(shares.stream_share * log2(nullif(shares.stream_share, 0) / shares.middle), 0)
                + coalesce(
                    shares.stream_share_before * log2(nullif(shares.stream_share_before, 0) / shares.middle),
                    0
                )
            ) / 2, 0)),
            null
        ) as distance
    from (values (0, 'artists'), (1, 'genres')) as kinds (position, kind)
    left join shares on kinds.kind = shares.kind
    group by kinds.position, kinds.kind
    union all
    select
        2 as position,
        'audio features' as kind,
        sqrt(avg(pow(change_in_sd, 2))) as distance
    from figure_audio
)

select
    kind,
    distance
from distances
order by position
