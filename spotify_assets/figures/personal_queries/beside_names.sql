-- The artists and tracks that both streamed, and those that only one did of the top of either.
with mine as (
    select
        'artist' as kind,
        artist_id as id,
        *
    from figure_artists
    union all by name
    select
        'track' as kind,
        track_id as id,
        *
    from figure_tracks
),

theirs as (
    select
        'artist' as kind,
        artist_id as id,
        *
    from other_artists
    union all by name
    select
        'track' as kind,
        track_id as id,
        *
    from other_tracks
),

named as (
    select
        coalesce(mine.kind, theirs.kind) as kind,
        coalesce(mine.id, theirs.id) as id,
        coalesce(mine.track_name, theirs.track_name) as track_name,
        coalesce(mine.artist_name, theirs.artist_name) as artist_name,
        coalesce(mine.streams, 0) as streams,
        coalesce(theirs.streams, 0) as streams_of_other,
        coalesce(mine.stream_share, 0) as stream_share,
        coalesce(theirs.stream_share, 0) as stream_share_of_other,
        least(mine.rank_by_streams, theirs.rank_by_streams) as best_rank
    from mine
    full outer join theirs on mine.kind = theirs.kind and mine.id = theirs.id
)

select
    kind,
    id,
    track_name,
    artist_name,
    streams,
    streams_of_other,
    stream_share,
    stream_share_of_other,
    least(stream_share, stream_share_of_other) as share_in_common
from named
where
    exists (select other_totals.period from other_totals)
    and (
        (streams > 0 and streams_of_other > 0)
        or (streams + streams_of_other > 0 and best_rank <= $of_one_alone)
    )
order by kind asc, share_in_common desc, streams + streams_of_other desc, id asc
