"""One listener over any period, beside a compared one: everything that the recap and "My listening" show.

Days are the listener's own: the local date on which a playback began, as a person would say it. Pages that
show all listeners go by UTC dates, so that playbacks around midnight may count for another day there.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import polars as pl

from spotify_assets.figures.figure import Figure
from spotify_assets.figures.personal_queries import AUDIO_FEATURES, FIGURES
from spotify_assets.figures.view import Period
from spotify_assets.warehouse.database import single_row
from spotify_assets.warehouse.errors import no_such

ASKED, COMPARED = "asked", "compared"
"""Values of `period` in the figures."""
DAILY_UP_TO, WEEKLY_UP_TO = 62, 190
"""Most days of a period whose timeline is by day, and by week; longer ones are by month."""
_SHOWN_LISTENERS = 5
GENERATED = ("synthetic", "stream")
"""Sources of listening that nobody brought."""
MOST_LISTENERS = 20
"""Listeners whose recaps are written when nobody is named."""
_EDGE = timedelta(days=2)
"""How far the UTC date of a playback's end may lie from the local date of its start, but for the longest."""


@dataclass(frozen=True)
class Listener:
    """Who it is about, and the local dates between which anything is known of them."""

    user_id: str
    time_zone: str
    time_zone_source: str
    known: Period


@dataclass(frozen=True)
class PersonalFigures:
    """The figures of a listener: one frame per `Figure`, by its name.

    `compared` is None where nothing was compared; `_before` columns are null then.
    """

    listener: Listener
    period: Period
    compared: Period | None
    frames: Mapping[str, pl.DataFrame]

    def __getitem__(self, name: str) -> pl.DataFrame:
        return self.frames[name]

    def of_period(self, name: str, period: str = ASKED) -> pl.DataFrame:
        """The rows of one period of a figure that has both."""
        return self.frames[name].filter(pl.col("period") == period).drop("period")

    def totals(self, period: str = ASKED) -> dict[str, float]:
        """The one row of `totals` of a period."""
        return self.of_period("totals", period).row(0, named=True)


def listeners(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """One row per listener with any listening, the most active first: `user_id`, `listening_days`."""
    found: pl.DataFrame = connection.sql(
        "select user_id, listening_days from marts.dim_user "
        "where listening_days > 0 order by listening_days desc, user_id"
    ).pl()
    return found


def find_listener(connection: duckdb.DuckDBPyConnection, user_id: str | None) -> Listener:
    """The listener of that name; with None the only one that there is.

    Raises:
        ValueError: there is no such listener, or several to choose from; the message names some.
    """
    names = listeners(connection)["user_id"].to_list()
    if not names:
        raise ValueError(
            "nobody has listened yet: import a history (spotify-assets import), then materialize"
        )
    if user_id is None and len(names) > 1:
        raise ValueError(f"whose? there are {len(names):,} listeners: say --user, one of {_some(names)}")
    chosen = names[0] if user_id is None else user_id
    if chosen not in names:
        raise no_such("listening of", chosen, names)
    zone, zone_source, first, last = single_row(
        connection,
        "select time_zone, time_zone_source, first_listen_date, last_listen_date "
        "from marts.dim_user where user_id = ?",
        [chosen],
    )
    return Listener(chosen, zone, zone_source, Period(first, last))


def nothing_known(connection: duckdb.DuckDBPyConnection, user_id: str, period: Period) -> bool:
    """Whether a listener has no playback in a period."""
    [playbacks] = single_row(
        connection,
        "select coalesce(sum(playbacks), 0) from marts.fct_user_activity "
        "where user_id = ? and local_date between ? and ?",
        [user_id, period.first, period.last],
    )
    return not playbacks


def listeners_of(connection: duckdb.DuckDBPyConnection, period: Period) -> list[str]:
    """Who listened in a period and brought a history of their own; else the most active listener.

    The most active ones first, at most `MOST_LISTENERS`.
    """
    found = connection.execute(
        f"""
        with theirs as (
            select user_id, count(*) as playbacks, bool_or(source not in {GENERATED}) as is_own
            from marts.fact_listens
            where event_date between ? and ? and local_date between ? and ?
            group by user_id
        )
        select user_id
        from theirs
        qualify
            is_own
            or (not bool_or(is_own) over () and row_number() over (order by playbacks desc, user_id) = 1)
        order by playbacks desc, user_id
        limit {MOST_LISTENERS}
        """,
        [period.first - _EDGE, period.last + _EDGE, period.first, period.last],
    ).fetchall()
    return [user_id for (user_id,) in found]


def last_full(known: Period, is_empty: Callable[[Period], bool] = lambda _: False) -> Period:
    """The last whole calendar year in a stretch of days, else the last whole month, else all of it.

    Args:
        known: the stretch of days.
        is_empty: whether there is no listening in a period; such years and months are passed over.
    """
    for months in (12, 1):
        for period in _whole_before(known.last + timedelta(days=1), months):
            if period.first < known.first:
                break
            if not is_empty(period):
                return period
    return known


def _whole_before(day: date, months: int) -> Iterator[Period]:
    """Calendar years (12 months) or months that end before a day, the newest first."""
    first = day.replace(month=1, day=1) if months == 12 else day.replace(day=1)
    while first > date.min:
        end = first - timedelta(days=1)
        first = end.replace(day=1) if months == 1 else end.replace(month=1, day=1)
        yield Period(first, end)


def period_before(period: Period) -> Period:
    """As many whole years or months just before, where the period is made of such; else as many days."""
    end = period.first - timedelta(days=1)
    after = period.last + timedelta(days=1)
    months = (after.year - period.first.year) * 12 + after.month - period.first.month
    if period.first.day != 1 or after.day != 1:
        return period.before()
    first = period.first.year * 12 + period.first.month - 1 - months
    return Period(date(first // 12, first % 12 + 1, 1), end)


def personal_figures(
    connection: duckdb.DuckDBPyConnection, user_id: str, period: Period, compared: Period | None = None
) -> PersonalFigures:
    """Every figure of a listener.

    Raises:
        ValueError: there is no such listener; the message names some.
    """
    listener = find_listener(connection, user_id)
    frames: dict[str, pl.DataFrame] = {}
    _prepare(connection, user_id, period, compared)
    for figure in FIGURES:
        frames[figure.name] = _figure(connection, figure, compared)
        connection.register(f"figure_{figure.name}", frames[figure.name])
    return PersonalFigures(listener, period, compared, frames)


def _figure(connection: duckdb.DuckDBPyConnection, figure: Figure, compared: Period | None) -> pl.DataFrame:
    absent = None if compared is None else 0
    parameters = {"absent": absent} if "$absent" in figure.sql else {}
    frame: pl.DataFrame = connection.sql(figure.sql, params=parameters).pl()
    return frame.cast({pl.Int128: pl.Int64})  # few readers of Parquet know the 128 bits of DuckDB's sums


def _prepare(
    connection: duckdb.DuckDBPyConnection, user_id: str, period: Period, compared: Period | None
) -> None:
    """Make what the figures read, once, as temporary tables in memory."""
    connection.execute(
        "create or replace temp table periods "
        "(period varchar, first_date date, last_date date, bucket varchar)"
    )
    for name, days in ((ASKED, period), (COMPARED, compared)):
        if days:
            connection.execute(
                "insert into periods values (?, ?, ?, ?)", [name, days.first, days.last, _bucket(period)]
            )
    connection.execute(
        "create or replace temp table listener as select * from marts.dim_user where user_id = ?", [user_id]
    )
    connection.execute(_CALENDAR, {"user_id": user_id})
    connection.execute(_EMPTY_LISTENS)
    for name, first, last in connection.execute(_EVENT_DATES).fetchall():
        connection.execute(
            _LISTENS, {"user_id": user_id, "period": name, "first_event": first, "last_event": last}
        )
    for statement in (_HOURS, _FIRST_STREAMS, _EXTRAS):
        connection.execute(statement, {"user_id": user_id})
    connection.execute(_STREAKS)


_CALENDAR = """
    create or replace temp table calendar as
    select
        periods.period,
        cast(days.local_date as date) as local_date,
        coalesce(activity.plays, 0) as plays,
        coalesce(activity.streams, 0) as streams,
        coalesce(activity.skips, 0) as skips,
        coalesce(activity.ms_played, 0) as ms_played,
        coalesce(activity.ms_listened, 0) as ms_listened,
        activity.first_event_date,
        activity.last_event_date
    from periods
    cross join lateral (
        select unnest(generate_series(first_date, last_date, interval 1 day)) as local_date
    ) as days
    left join (from marts.fct_user_activity where user_id = $user_id) as activity
        on activity.local_date = cast(days.local_date as date)
"""

# The dates on which the period's playbacks ended, so that only their part of the facts is read.
_EVENT_DATES = """
    select period, min(first_event_date), max(last_event_date)
    from calendar
    group by period
    having min(first_event_date) is not null
"""

_COLUMNS = f"""
    facts.event_id,
    facts.event_date,
    tracks.recording_track_id as track_id,
    facts.track_id as heard_track_id,
    facts.session_id,
    facts.ended_at,
    facts.local_date,
    facts.ms_played,
    facts.track_duration_ms,
    facts.is_stream,
    facts.is_skip,
    facts.is_complete,
    facts.is_abandoned,
    facts.is_outcome_unknown,
    facts.is_music,
    facts.content_type,
    facts.device,
    facts.country,
    facts.reason_end,
    tracks.track_name,
    tracks.primary_artist_id as artist_id,
    tracks.primary_artist_name as artist_name,
    tracks.album_id,
    tracks.album_name,
    tracks.catalogue_track_id,
    tracks.release_date,
    {", ".join(f"tracks.{feature}" for feature in AUDIO_FEATURES)},
    facts.track_id in (
        select track_id from marts.bridge_track_genre where genre <> 'unknown'
    ) as has_genre
"""

_EMPTY_LISTENS = f"""
    create or replace temp table listens as
    select '' as period, {_COLUMNS}
    from marts.fact_listens as facts
    join marts.dim_track as tracks using (track_id)
    limit 0
"""

_LISTENS = f"""
    insert into listens
    select periods.period, {_COLUMNS}
    from marts.fact_listens as facts
    join marts.dim_track as tracks using (track_id)
    join periods on periods.period = $period
    where
        facts.user_id = $user_id
        and facts.event_date between $first_event and $last_event
        and facts.local_date between periods.first_date and periods.last_date
"""

_HOURS = """
    create or replace temp table hours as
    select periods.period, hours.local_weekday, hours.local_hour, hours.ms_listened, hours.ms_overlapping
    from marts.fct_listening_hours as hours
    join periods on hours.local_date between periods.first_date and periods.last_date
    where hours.user_id = $user_id
"""

# The first stream of a recording or artist is one of the period's where it is among them.
_FIRST_STREAMS = """
    create or replace temp table first_streams as
    with firsts as (
        select
            tracks.recording_track_id as track_id,
            firsts.first_ended_at,
            tracks.primary_artist_id as artist_id
        from marts.first_listens as firsts
        join marts.dim_track as tracks using (track_id)
        where firsts.user_id = $user_id
    ),
    first_of_each as (
        select 'track' as kind, track_id as id, min(first_ended_at) as first_ended_at
        from firsts
        group by track_id
        union all
        select 'artist', artist_id, min(first_ended_at)
        from firsts
        where artist_id <> 'unknown'
        group by artist_id
    )
    select listens.period, first_of_each.kind, first_of_each.id, min(listens.local_date) as local_date
    from listens
    join first_of_each
        on
            listens.ended_at = first_of_each.first_ended_at
            and first_of_each.id = if(first_of_each.kind = 'track', listens.track_id, listens.artist_id)
    where listens.is_music and listens.is_stream
    group by all
"""

_EXTRAS = """
    create or replace temp table extras as
    select event_id, extra
    from core.listening_events
    where
        user_id = $user_id
        and extra is not null
        and event_date >= (select min(event_date) from listens where period = 'asked')
        and event_date <= (select max(event_date) from listens where period = 'asked')
"""

# Dates in a row are the same date once their number is taken off.
_STREAKS = """
    create or replace temp table streaks as
    with numbered as (
        select
            period,
            local_date,
            local_date - cast(
                row_number() over (partition by period order by local_date) as integer
            ) as streak
        from calendar
        where plays > 0
    )
    select period, min(local_date) as first_date, max(local_date) as last_date, count(*) as days
    from numbered
    group by period, streak
"""


def _bucket(period: Period) -> str:
    if period.days <= DAILY_UP_TO:
        return "day"
    return "week" if period.days <= WEEKLY_UP_TO else "month"


def _some(names: list[str]) -> str:
    distinct = list(dict.fromkeys(names))
    return ", ".join(distinct[:_SHOWN_LISTENERS]) + (" …" if len(distinct) > _SHOWN_LISTENERS else "")
