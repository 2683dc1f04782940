with shares as (
    select
        'artist' as kind,
        artist_id as id,
        artist_name as name,
        stream_share,
        stream_share_before
    from figure_artists
    union all
    select
        'genre' as kind,
        genre as id,
        genre as name,
        stream_share,
        stream_share_before
    from figure_genres
),

changes as (
    select
        *,
        stream_share - stream_share_before as change
    from shares
)

select
    kind,
    if(change > 0, 'rose', 'fell') as direction,
    row_number() over (partition by kind, change > 0 order by abs(change) desc, id) as rank,
    name,
    stream_share_before,
    stream_share,
    change
from changes
where abs(change) > 1e-12
qualify rank <= $shifts
order by kind asc, direction desc, rank asc
