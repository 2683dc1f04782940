"""The SQL of what one listener hears beside music: kinds of content, and podcasts and audiobooks by name.

They read the same temporary tables as `personal_queries`.
"""

from spotify_assets.figures.figure import Figure

KINDS = ("music", "podcast", "audiobook", "video", "unknown")
"""Kinds of content, in the order in which they are told."""
NAMED = ("podcast", "audiobook")
"""Kinds of which shows and books are told by name."""
_MS_PER_MINUTE = 60_000

CONTENT = Figure(
    "content",
    "Kinds of content",
    "one row per period and kind of content that was heard in either",
    "kinds of content",
    f"""
    with counted as (
        select
            periods.period,
            kinds.content_type,
            list_position({list(KINDS)}, kinds.content_type) as position,
            count(listens.event_id) as playbacks,
            coalesce(sum(listens.ms_played), 0) / {_MS_PER_MINUTE} as minutes,
            count(distinct listens.artist_id) filter (where listens.artist_id <> 'unknown') as names,
            count(distinct listens.track_id) filter (where listens.track_id <> 'unknown') as titles,
            count(distinct listens.local_date) as days
        from periods
        cross join (select distinct content_type from listens) as kinds
        left join listens
            on listens.period = periods.period and listens.content_type = kinds.content_type
        group by all
    )
    select
        period,
        content_type,
        playbacks,
        minutes,
        minutes / nullif(sum(minutes) over (partition by period), 0) as minutes_share,
        names,
        titles,
        days
    from counted
    order by period, position nulls last, content_type
    """,
)

SHOWS = Figure(
    "shows",
    "Podcasts and audiobooks",
    "one row per podcast and audiobook heard in the period",
    "podcasts and audiobooks",
    f"""
    select
        row_number() over (
            partition by content_type order by sum(ms_played) desc, count(*) desc, artist_id
        ) as rank,
        content_type,
        artist_id as show_id,
        max(artist_name) as show_name,
        count(distinct track_id) filter (where track_id <> 'unknown') as titles,
        count(*) as playbacks,
        sum(ms_played) / {_MS_PER_MINUTE} as minutes,
        min(local_date) as first_date,
        max(local_date) as last_date
    from listens
    where period = 'asked' and content_type in {NAMED} and artist_id <> 'unknown'
    group by content_type, artist_id
    order by content_type desc, rank
    """,
)
