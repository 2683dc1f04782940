-- What was heard most: one row per kind and recording (`track`), artist, album or genre of either period. A
-- playback counts for each genre of its track by the genre's weight, for all else as one.
with heard as (
    select
        'track' as kind,
        listens.track_id as id,
        1.0::double as weight,
        shown.track_name,
        shown.primary_artist_name as artist_name,
        shown.album_name,
        listens.heard_track_id,
        listens.period,
        listens.ms_played,
        listens.is_stream,
        listens.is_skip,
        listens.is_outcome_unknown
    from listens
    inner join marts.dim_track as shown on listens.track_id = shown.track_id
    where listens.is_music
    union all by name
    select
        'artist' as kind,
        artist_id as id,
        1.0::double as weight,
        artist_name,
        period,
        ms_played,
        is_stream,
        is_skip,
        is_outcome_unknown
    from listens
    where is_music
    union all by name
    select
        'album' as kind,
        album_id as id,
        1.0::double as weight,
        artist_name,
        album_name,
        period,
        ms_played,
        is_stream,
        is_skip,
        is_outcome_unknown
    from listens
    where is_music
    union all by name
    select
        'genre' as kind,
        genres.genre as id,
        genres.weight,
        listens.period,
        listens.ms_played,
        listens.is_stream,
        listens.is_skip,
        listens.is_outcome_unknown
    from listens
    inner join marts.bridge_track_genre as genres on listens.heard_track_id = genres.track_id
    where listens.is_music
),

counted as (
    select
        kind,
        period,
        id,
        max(track_name) as track_name,
        max(artist_name) as artist_name,
        max(album_name) as album_name,
        string_agg(distinct heard_track_id, ' ' order by heard_track_id) as ids,
        sum(weight) as plays,
        coalesce(sum(weight) filter (where is_stream), 0) as streams,
        coalesce(sum(weight) filter (where is_skip), 0) as skips,
        sum(weight) filter (where not is_outcome_unknown) as known_plays,
        sum(weight * ms_played) / 60000 as minutes
    from heard
    where id <> 'unknown'
    group by kind, period, id
),

ranked as (
    select
        *,
        if(
            streams > 0,
            row_number() over (partition by kind, period order by streams desc, minutes desc, id asc),
            null
        ) as rank_by_streams,
        if(
            minutes > 0,
            row_number() over (partition by kind, period order by minutes desc, streams desc, id asc),
            null
        ) as rank_by_minutes,
        streams / nullif(sum(streams) over (partition by kind, period), 0) as stream_share
    from counted
),

asked as (
    select * from ranked
    where period = 'asked'
),

compared as (
    select * from ranked
    where period = 'compared'
)

select
    coalesce(asked.kind, compared.kind) as kind,
    coalesce(asked.id, compared.id) as id,
    asked.rank_by_streams,
    asked.rank_by_minutes,
    coalesce(asked.track_name, compared.track_name) as track_name,
    coalesce(asked.artist_name, compared.artist_name) as artist_name,
    coalesce(asked.album_name, compared.album_name) as album_name,
    asked.ids,
    coalesce(asked.streams, 0) as streams,
    coalesce(asked.minutes, 0) as minutes,
    coalesce(asked.plays, 0) as plays,
    coalesce(asked.skips, 0) as skips,
    asked.skips / asked.known_plays as skip_rate,
    coalesce(asked.stream_share, 0) as stream_share,
    compared.rank_by_streams as rank_by_streams_before,
    coalesce(compared.streams, cast($absent as double)) as streams_before,
    coalesce(compared.minutes, cast($absent as double)) as minutes_before,
    coalesce(compared.stream_share, cast($absent as double)) as stream_share_before
from asked
full outer join compared on asked.kind = compared.kind and asked.id = compared.id
