"""The SQL of one listener's figures, each with its grain and its term.

They read `listens` (the listener's playbacks that began in the asked or the compared period, with what
the catalogue knows of their track; `track_id` is the one that stands for the recording, `heard_track_id`
the one that was played), `periods`, `calendar` and others, which `personal` makes, and marts.
`$absent` stands where a figure of the compared period is missing: 0 where there is one, else null.

Here belongs: what is counted and what it means. Not here: which listener and period, and how it is drawn.
"""

from dataclasses import dataclass

from spotify_assets.figures.figure import Figure
from spotify_assets.figures.other_content import CONTENT, SHOWS

MS_PER_MINUTE = 60_000
GRADES = (
    "skipped within 5 s",
    "skipped after 5 to 10 s",
    "skipped after 10 to 30 s",
    "skipped after 30 s or more",
)
OUTCOMES = ("heard to the end", *reversed(GRADES), "abandoned", "unknown")
"""How a playback of music ended, from most to least heard, the unknown last; the grades of skips are
those of P. Lamere, "The Skip" (2014)."""
MOODS = ("happy", "tense", "sad", "calm")
MOOD_LIMIT = 0.5
"""Middle of the scales of valence and energy, which divides the plane into four moods."""
MOOD_BINS = 10
LEAST_PLAYS = 20
"""Plays from which on a skip rate is shown: below, it says little."""
SHIFTS = 8
"""Names that rose, and that fell, most."""
AUDIO_FEATURES = (
    "danceability",
    "energy",
    "valence",
    "acousticness",
    "instrumentalness",
    "speechiness",
    "tempo",
)
"""The same as in `marts.monthly_taste`."""
_UNKNOWN = "'unknown'"


def _ranking(
    entity: str,
    title: str,
    term: str,
    *,
    key: str,
    names: str,
    relation: str = "listens",
    weight: str = "1",
    ids: str | None = None,
) -> Figure:
    """What was heard most: one row per recording, artist, album or genre of either period.

    `ids` is a column whose distinct values of the asked period stand in `ids`, parted by blanks.
    """
    number = "double" if weight != "1" else "bigint"
    labels = names.split(", ")
    chosen = ", ".join(f"coalesce(asked.{name}, compared.{name}) as {name}" for name in labels)
    identity = "" if key in labels else f"coalesce(asked.id, compared.id) as {key}, "
    aggregated = ", ".join(f"max({name}) as {name}" for name in labels)
    if ids:
        aggregated += f", string_agg(distinct {ids}, ' ' order by {ids}) as ids"
    return Figure(
        entity,
        title,
        f"one row per {entity.removesuffix('s')} heard in the period or the compared one",
        term,
        f"""
        with counted as (
            select
                period,
                {key} as id,
                {aggregated},
                cast(sum({weight}) as {number}) as plays,
                cast(coalesce(sum({weight}) filter (where is_stream), 0) as {number}) as streams,
                cast(coalesce(sum({weight}) filter (where is_skip), 0) as {number}) as skips,
                sum({weight}) filter (where not is_outcome_unknown) as known_plays,
                sum({weight} * ms_played) / {MS_PER_MINUTE} as minutes
            from {relation}
            where is_music and {key} <> {_UNKNOWN}
            group by period, id
        ),
        ranked as (
            select
                *,
                if(streams > 0, row_number() over (
                    partition by period order by streams desc, minutes desc, id
                ), null) as rank_by_streams,
                if(minutes > 0, row_number() over (
                    partition by period order by minutes desc, streams desc, id
                ), null) as rank_by_minutes,
                streams / nullif(sum(streams) over (partition by period), 0) as stream_share
            from counted
        )
        select
            asked.rank_by_streams,
            asked.rank_by_minutes,
            {identity}{chosen},{" asked.ids," if ids else ""}
            coalesce(asked.streams, 0) as streams,
            coalesce(asked.minutes, 0) as minutes,
            coalesce(asked.plays, 0) as plays,
            coalesce(asked.skips, 0) as skips,
            asked.skips / asked.known_plays as skip_rate,
            coalesce(asked.stream_share, 0) as stream_share,
            compared.rank_by_streams as rank_by_streams_before,
            coalesce(compared.streams, cast($absent as {number})) as streams_before,
            coalesce(compared.minutes, cast($absent as double)) as minutes_before,
            coalesce(compared.stream_share, cast($absent as double)) as stream_share_before
        from (from ranked where period = 'asked') as asked
        full outer join (from ranked where period = 'compared') as compared using (id)
        order by rank_by_streams nulls last, rank_by_minutes nulls last, streams_before desc, id
        """,
    )


TOTALS = Figure(
    "totals",
    "In figures",
    "one row per period",
    "recap figures",
    f"""
    with counted as (
        select
            period,
            count(*) as playbacks,
            count(*) filter (where is_music) as plays,
            count(*) filter (where is_music and is_stream) as streams,
            count(*) filter (where is_music and is_skip) as skips,
            count(*) filter (where is_music and is_complete) as completes,
            count(*) filter (where is_music and is_abandoned) as abandons,
            count(*) filter (where is_music and is_outcome_unknown) as unknowns,
            coalesce(sum(ms_played) filter (where is_music), 0) / {MS_PER_MINUTE} as minutes_played,
            coalesce(sum(ms_played) filter (where not is_music), 0) / {MS_PER_MINUTE}
                as minutes_of_other_content,
            count(distinct track_id) filter (where is_music and track_id <> {_UNKNOWN}) as tracks,
            count(distinct artist_id) filter (where is_music and artist_id <> {_UNKNOWN}) as artists,
            count(distinct album_id) filter (where is_music and album_id <> {_UNKNOWN}) as albums,
            count(distinct session_id) as sessions
        from listens
        group by period
    ),
    on_the_clock as (
        select
            period,
            sum(ms_listened) / {MS_PER_MINUTE} as minutes_listened,
            sum(ms_overlapping) / {MS_PER_MINUTE} as minutes_overlapping
        from hours
        group by period
    ),
    by_day as (
        select period, count(*) filter (where plays > 0) as active_days from calendar group by period
    ),
    longest as (
        select period, max(days) as longest_streak_days from streaks group by period
    ),
    new_tracks as (
        select period, count(*) as new_tracks from first_streams where kind = 'track' group by period
    ),
    new_artists as (
        select period, count(*) as new_artists from first_streams where kind = 'artist' group by period
    )
    select
        periods.period,
        periods.first_date,
        periods.last_date,
        periods.last_date - periods.first_date + 1 as days,
        coalesce(by_day.active_days, 0) as active_days,
        coalesce(longest.longest_streak_days, 0) as longest_streak_days,
        coalesce(on_the_clock.minutes_listened, 0) as minutes_listened,
        coalesce(on_the_clock.minutes_overlapping, 0) as minutes_overlapping,
        coalesce(counted.minutes_played, 0) as minutes_played,
        coalesce(counted.minutes_of_other_content, 0) as minutes_of_other_content,
        coalesce(counted.playbacks, 0) as playbacks,
        coalesce(counted.plays, 0) as plays,
        coalesce(counted.streams, 0) as streams,
        coalesce(counted.skips, 0) as skips,
        coalesce(counted.completes, 0) as completes,
        coalesce(counted.abandons, 0) as abandons,
        coalesce(counted.unknowns, 0) as unknowns,
        counted.skips / nullif(counted.plays - counted.unknowns, 0) as skip_rate,
        coalesce(counted.sessions, 0) as sessions,
        coalesce(counted.tracks, 0) as tracks,
        coalesce(counted.artists, 0) as artists,
        coalesce(counted.albums, 0) as albums,
        coalesce(new_tracks.new_tracks, 0) as new_tracks,
        coalesce(new_artists.new_artists, 0) as new_artists
    from periods
    left join counted using (period)
    left join on_the_clock using (period)
    left join by_day using (period)
    left join longest using (period)
    left join new_tracks using (period)
    left join new_artists using (period)
    order by periods.period
    """,
)

DAYS = Figure(
    "days",
    "Day by day",
    "one row per period and date",
    "day by day",
    f"""
    select
        period,
        local_date,
        ms_listened / {MS_PER_MINUTE} as minutes_listened,
        ms_played / {MS_PER_MINUTE} as minutes_played,
        plays,
        streams,
        skips
    from calendar
    order by all
    """,
)

TIMELINE = Figure(
    "timeline",
    "Listening time",
    "one row per period and day, week or month",
    "listening time",
    f"""
    with buckets as (
        select
            calendar.period,
            periods.bucket,
            cast(date_trunc(periods.bucket, calendar.local_date) as date) as starts_on,
            sum(calendar.ms_listened) / {MS_PER_MINUTE} as minutes_listened,
            sum(calendar.ms_played) / {MS_PER_MINUTE} as minutes_played,
            cast(sum(calendar.plays) as bigint) as plays,
            cast(sum(calendar.streams) as bigint) as streams,
            cast(sum(calendar.skips) as bigint) as skips
        from calendar
        join periods using (period)
        group by all
    ),
    discovered as (
        select
            first_streams.period,
            cast(date_trunc(periods.bucket, first_streams.local_date) as date) as starts_on,
            count(*) filter (where kind = 'track') as new_tracks,
            count(*) filter (where kind = 'artist') as new_artists
        from first_streams
        join periods using (period)
        group by all
    )
    select
        buckets.*,
        row_number() over (partition by buckets.period order by buckets.starts_on) as position,
        coalesce(discovered.new_tracks, 0) as new_tracks,
        coalesce(discovered.new_artists, 0) as new_artists
    from buckets
    left join discovered using (period, starts_on)
    order by period, starts_on
    """,
)

HOURS = Figure(
    "hours",
    "Hours of the week",
    "one row per period, weekday and hour",
    "hours of the week",
    f"""
    select
        periods.period,
        cast(weekdays.weekday as bigint) as local_weekday,
        cast(of_day.hour as bigint) as local_hour,
        coalesce(sum(hours.ms_listened), 0) / {MS_PER_MINUTE} as minutes_listened
    from periods
    cross join (select unnest(range(1, 8)) as weekday) as weekdays
    cross join (select unnest(range(0, 24)) as hour) as of_day
    left join hours
        on
            hours.period = periods.period
            and hours.local_weekday = weekdays.weekday
            and hours.local_hour = of_day.hour
    group by all
    order by all
    """,
)

TRACKS = _ranking(
    "tracks",
    "Tracks",
    "top tracks",
    key="track_id",
    names="track_name, artist_name, album_name",
    relation="""(
        select
            listens.* exclude (track_name, artist_name, album_name),
            shown.track_name,
            shown.primary_artist_name as artist_name,
            shown.album_name
        from listens
        join marts.dim_track as shown on shown.track_id = listens.track_id
    )""",
    ids="heard_track_id",
)
ARTISTS = _ranking(
    "artists",
    "Artists",
    "top artists",
    key="artist_id",
    names="artist_name",
)
ALBUMS = _ranking(
    "albums",
    "Albums",
    "top albums",
    key="album_id",
    names="album_name, artist_name",
)
GENRES = _ranking(
    "genres",
    "Genres",
    "top genres",
    key="genre",
    names="genre",
    relation="""(
        select listens.*, genre, weight
        from listens
        join marts.bridge_track_genre as genres on genres.track_id = listens.heard_track_id
    )""",
    weight="weight",
)

DISCOVERED_ARTISTS = Figure(
    "discovered_artists",
    "Discovered artists",
    "one row per artist first streamed in the period",
    "discovered artists",
    f"""
    select
        first_streams.id as artist_id,
        max(listens.artist_name) as artist_name,
        first_streams.local_date as first_date,
        count(*) as streams,
        sum(listens.ms_played) / {MS_PER_MINUTE} as minutes
    from first_streams
    join listens on listens.period = first_streams.period and listens.artist_id = first_streams.id
    where first_streams.kind = 'artist' and first_streams.period = 'asked' and is_music and is_stream
    group by first_streams.id, first_streams.local_date
    order by streams desc, minutes desc, artist_id
    """,
)

STREAKS = Figure(
    "streaks",
    "Streaks",
    "one row per period and streak",
    "streaks",
    "select period, first_date, last_date, days from streaks order by period, days desc, first_date",
)

ERAS = Figure(
    "eras",
    "Eras",
    "one row per period and decade of release",
    "eras",
    f"""
    select
        period,
        cast(year(release_date) // 10 * 10 as bigint) as decade,
        count(*) as streams,
        sum(ms_played) / {MS_PER_MINUTE} as minutes,
        streams / nullif(sum(streams) filter (where decade is not null) over (partition by period), 0)
            * if(decade is null, null, 1) as stream_share
    from listens
    where is_music and is_stream
    group by period, decade
    order by period, decade nulls last
    """,
)

SKIPS = Figure(
    "skips",
    "How playbacks end",
    "one row per period and way to end",
    "endings",
    f"""
    with endings as (
        select
            period,
            case
                when is_complete then '{OUTCOMES[0]}'
                when is_outcome_unknown then '{OUTCOMES[-1]}'
                when not is_skip then '{OUTCOMES[-2]}'
                when ms_played < 5000 then '{GRADES[0]}'
                when ms_played < 10000 then '{GRADES[1]}'
                when ms_played < 30000 then '{GRADES[2]}'
                else '{GRADES[3]}'
            end as ending
        from listens
        where is_music
    ),
    possible as (
        select periods.period, ending, position
        from periods, (
            select
                unnest({list(OUTCOMES)}) as ending,
                generate_subscripts({list(OUTCOMES)}, 1) as position
        )
    )
    select
        possible.period,
        possible.ending,
        count(endings.ending) as plays,
        plays / nullif(sum(plays) over (partition by possible.period), 0) as share
    from possible
    left join endings on endings.period = possible.period and endings.ending = possible.ending
    group by possible.period, possible.ending, possible.position
    order by possible.period, possible.position
    """,
)

SKIPPED_ARTISTS = Figure(
    "skipped_artists",
    "Most skipped artists",
    f"one row per artist with at least {LEAST_PLAYS} plays of known outcome in the period",
    "most skipped artists",
    f"""
    select
        artist_id,
        max(artist_name) as artist_name,
        count(*) as plays,
        count(*) filter (where is_skip) as skips,
        skips / count(*) filter (where not is_outcome_unknown) as skip_rate
    from listens
    where is_music and period = 'asked' and artist_id <> {_UNKNOWN}
    group by artist_id
    having count(*) filter (where not is_outcome_unknown) >= {LEAST_PLAYS}
    order by skip_rate desc, plays desc, artist_id
    """,
)

MOODS_FIGURE = Figure(
    "moods",
    "Moods",
    "one row per period and mood",
    "moods",
    f"""
    with judged as (
        select
            period,
            case
                when valence is null or energy is null then 'unknown'
                when valence >= {MOOD_LIMIT} and energy >= {MOOD_LIMIT} then 'happy'
                when energy >= {MOOD_LIMIT} then 'tense'
                when valence < {MOOD_LIMIT} then 'sad'
                else 'calm'
            end as mood
        from listens
        where is_music and is_stream
    ),
    possible as (
        select periods.period, mood, position
        from periods, (
            select
                unnest({[*MOODS, "unknown"]}) as mood,
                generate_subscripts({[*MOODS, "unknown"]}, 1) as position
        )
    )
    select
        possible.period,
        possible.mood,
        count(judged.mood) as streams,
        if(
            possible.mood = 'unknown',
            null,
            streams / nullif(
                sum(streams) filter (where possible.mood <> 'unknown') over (partition by possible.period), 0
            )
        ) as stream_share
    from possible
    left join judged on judged.period = possible.period and judged.mood = possible.mood
    group by possible.period, possible.mood, possible.position
    order by possible.period, possible.position
    """,
)

MOOD_GRID = Figure(
    "mood_grid",
    "Valence and energy",
    "one row per tenth of valence and of energy with streams in the period",
    "valence and energy",
    f"""
    select
        cast(least(floor(valence * {MOOD_BINS}), {MOOD_BINS - 1}) as bigint) / {MOOD_BINS} as valence_from,
        cast(least(floor(energy * {MOOD_BINS}), {MOOD_BINS - 1}) as bigint) / {MOOD_BINS} as energy_from,
        count(*) as streams
    from listens
    where is_music and is_stream and period = 'asked' and valence is not null and energy is not null
    group by all
    order by all
    """,
)

AUDIO = Figure(
    "audio",
    "Audio features",
    "one row per audio feature",
    "audio features",
    " union all ".join(
        f"""
        select
            {number} as position,
            '{feature}' as feature,
            avg({feature}) filter (where period = 'asked') as mean,
            avg({feature}) filter (where period = 'compared') as mean_before,
            any_value(spread.sd) as catalogue_sd,
            (mean - mean_before) / nullif(any_value(spread.sd), 0) as change_in_sd
        from (select stddev_pop({feature}) as sd from marts.dim_track) as spread
        left join listens on is_music and is_stream
        """
        for number, feature in enumerate(AUDIO_FEATURES)
    )
    + " order by position",
)

_BOTH_SHARES = "stream_share, stream_share_before"
_SHARES = {
    "artist": f"select artist_id as id, artist_name as name, {_BOTH_SHARES} from figure_artists",
    "genre": f"select genre as id, genre as name, {_BOTH_SHARES} from figure_genres",
}

SHIFT = Figure(
    "shift",
    "What rose and fell",
    f"one row per artist or genre among the {SHIFTS} that rose and the {SHIFTS} that fell most",
    "taste shift",
    " union all ".join(
        f"""
        from (
            with changes as (
                select *, stream_share - stream_share_before as change from ({shares})
            )
            select
                '{kind}' as kind,
                if(change > 0, 'rose', 'fell') as direction,
                row_number() over (partition by change > 0 order by abs(change) desc, id) as rank,
                name,
                stream_share_before,
                stream_share,
                change
            from changes
            where abs(change) > 1e-12
            qualify rank <= {SHIFTS}
        )
        """
        for kind, shares in _SHARES.items()
    )
    + " order by kind, direction desc, rank",
)

DISTANCES = Figure(
    "distances",
    "How far taste moved",
    "one row per kind of distance",
    "taste distance",
    " union all ".join(
        f"""
        select
            '{kind}s' as kind,
            if(
                sum(stream_share) > 0 and sum(stream_share_before) > 0,
                sqrt(greatest(sum(
                    coalesce(stream_share * log2(nullif(stream_share, 0) / middle), 0)
                    + coalesce(stream_share_before * log2(nullif(stream_share_before, 0) / middle), 0)
                ) / 2, 0)),
                null
            ) as distance
        from (select *, (stream_share + stream_share_before) / 2 as middle from ({shares}))
        """
        for kind, shares in _SHARES.items()
    )
    + " union all select 'audio features', sqrt(avg(pow(change_in_sd, 2))) from figure_audio",
)


@dataclass(frozen=True)
class _Gap:
    """Something that is not known of some playbacks: which ones, among which, and what follows from it."""

    what: str
    condition: str
    means: str
    among: str = "true"


_GAPS = (
    _Gap(
        "plays of a track that the catalogue lacks",
        "catalogue_track_id is null",
        "length, release date, genre and audio features are unknown",
        "is_music",
    ),
    _Gap("plays without a genre", "not has_genre", "left out of genres", "is_music"),
    _Gap("plays without a release date", "release_date is null", "left out of eras", "is_music"),
    _Gap(
        "plays without audio features", "valence is null or energy is null", "left out of moods", "is_music"
    ),
    _Gap(
        "plays without a known artist",
        f"artist_id = {_UNKNOWN}",
        "in no list of artists; their time is counted",
        "is_music",
    ),
    _Gap(
        "plays of unknown track length",
        "track_duration_ms is null",
        "whether they were heard to the end rests on the source alone",
        "is_music",
    ),
    _Gap(
        "plays without a reason for their end",
        "reason_end is null",
        "a skip is known only where the source has a flag",
        "is_music",
    ),
    _Gap(
        "playbacks of assumed length",
        "ms_played_from in ('assumed', 'length')",
        "a scrobble does not say how long: the time is that of the whole track, or 30 seconds",
    ),
    _Gap("playbacks known to the minute", "precision = 'minute'", "their hour may be off by a minute"),
    _Gap(
        "playbacks without a time zone",
        "country = 'ZZ' and (select time_zone_source <> 'declared' from listener)",
        "no zone was declared and the country is unknown: hours are those of the default zone",
    ),
    _Gap(
        "playbacks on an unknown device",
        f"device = {_UNKNOWN}",
        "the source does not say, or not in words that are known",
    ),
    _Gap(
        "playbacks in a private session",
        "incognito_mode = 'true'",
        "counted like all others, unless excluded",
    ),
    _Gap(
        "playbacks that may have been private",
        "incognito_mode is null",
        "only the extended streaming history tells",
    ),
)


def _gap_sql(number: int, gap: _Gap) -> str:
    return f"""
        select
            {number} as position,
            '{gap.what}' as what,
            count(*) filter (where {gap.condition}) as touched,
            count(*) as of_all,
            '{gap.means}' as means
        from playbacks
        where {gap.among}
    """


UNKNOWNS = Figure(
    "unknowns",
    "What the data cannot say",
    "one row per thing that is not known",
    "what the data cannot say",
    f"""
    with playbacks as (
        select
            listens.*,
            extras.extra ->> '$.ms_played_from' as ms_played_from,
            extras.extra ->> '$.precision' as precision,
            extras.extra ->> '$.incognito_mode' as incognito_mode
        from listens
        left join extras using (event_id)
        where listens.period = 'asked'
    ),
    gaps as (
        {" union all ".join(_gap_sql(number, gap) for number, gap in enumerate(_GAPS))}
        union all
        select
            {len(_GAPS)} as position,
            'days outside of what is known' as what,
            count(*) filter (
                where local_date < (select first_listen_date from listener)
                    or local_date > (select last_listen_date from listener)
            ) as touched,
            count(*) as of_all,
            'before the first or after the last playback: silence or missing data' as means
        from calendar
        where period = 'asked'
    )
    select what, touched, of_all, touched / nullif(of_all, 0) as share, means
    from gaps
    order by position
    """,
)

FIGURES = (
    TOTALS,
    DAYS,
    TIMELINE,
    HOURS,
    TRACKS,
    ARTISTS,
    ALBUMS,
    GENRES,
    CONTENT,
    SHOWS,
    DISCOVERED_ARTISTS,
    STREAKS,
    ERAS,
    SKIPS,
    SKIPPED_ARTISTS,
    MOODS_FIGURE,
    MOOD_GRID,
    AUDIO,
    SHIFT,
    DISTANCES,
    UNKNOWNS,
)
"""Every figure, those that others read before them."""

TERMS = {figure.name: figure.term for figure in FIGURES}
"""The term of each figure in docs/metrics.md."""
