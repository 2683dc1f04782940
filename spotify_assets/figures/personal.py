"""One listener over any period, beside a compared one: everything that the recap and "My listening" show.

Days are the listener's own: the local date on which a playback began, as a person would say it. Pages that
show all listeners go by UTC dates, so that playbacks around midnight may count for another day there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl

from spotify_assets.figures.figure import Figure
from spotify_assets.figures.personal_queries import FIGURES, PARAMETERS
from spotify_assets.figures.personal_steps import STEPS, step_sql
from spotify_assets.figures.recommended_lists import newest_lists
from spotify_assets.figures.view import Period
from spotify_assets.warehouse.connection import Connection, single_row
from spotify_assets.warehouse.errors import no_such

ASKED, COMPARED = "asked", "compared"
"""Values of `period` in the figures."""
DAILY_UP_TO, WEEKLY_UP_TO = 62, 190
"""Most days of a period whose timeline is by day, and by week; longer ones are by month."""
OF_OTHER = ("totals", "artists", "tracks")
"""Figures of the listener beside, where two stand side by side; nothing else of theirs is read."""
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

    `compared` is None where nothing was compared; `_before` columns are null then. `other` is the listener
    beside, None where the listener stands alone.
    """

    listener: Listener
    period: Period
    compared: Period | None
    frames: Mapping[str, pl.DataFrame] = field(repr=False)
    other: str | None = None

    def __getitem__(self, name: str) -> pl.DataFrame:
        return self.frames[name]

    def of_period(self, name: str, period: str = ASKED) -> pl.DataFrame:
        """The rows of one period of a figure that has both."""
        return self.frames[name].filter(pl.col("period") == period).drop("period")

    def totals(self, period: str = ASKED) -> dict[str, float]:
        """The one row of `totals` of a period."""
        return self.of_period("totals", period).row(0, named=True)


def listeners(connection: Connection) -> pl.DataFrame:
    """One row per listener with any listening, the most active first: `user_id`, `listening_days`."""
    found: pl.DataFrame = connection.sql(
        "select user_id, listening_days from marts.dim_user "
        "where listening_days > 0 order by listening_days desc, user_id"
    ).pl()
    return found


def find_listener(connection: Connection, user_id: str | None) -> Listener:
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


def nothing_known(connection: Connection, user_id: str, period: Period) -> bool:
    """Whether a listener has no playback in a period."""
    [playbacks] = single_row(
        connection,
        "select coalesce(sum(playbacks), 0) from marts.fact_user_activity "
        "where user_id = ? and local_date between ? and ?",
        [user_id, period.first, period.last],
    )
    return not playbacks


def listeners_of(connection: Connection, period: Period) -> list[str]:
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
    connection: Connection,
    user_id: str,
    period: Period,
    compared: Period | None = None,
    figures: Sequence[Figure] = FIGURES,
    *,
    other: PersonalFigures | None = None,
) -> PersonalFigures:
    """Every figure of a listener.

    Args:
        connection: to the published copy.
        user_id: the listener.
        period: the asked one.
        compared: the one that it is compared with, if any.
        figures: what is asked; each may read those before it.
        other: what `figures_beside` gives of the listener beside, if any.

    Raises:
        ValueError: there is no such listener; the message names some.
    """
    listener = find_listener(connection, user_id)
    frames: dict[str, pl.DataFrame] = {}
    parameters = {"user_id": user_id, "absent": None if compared is None else 0, **PARAMETERS}
    _prepare(connection, period, compared, parameters)
    for figure in figures:
        frames[figure.name] = _figure(connection, figure, parameters)
        connection.register(f"figure_{figure.name}", frames[figure.name])
        if figure.name in OF_OTHER:
            of_other = frames[figure.name].clear() if other is None else other[figure.name]
            connection.register(f"other_{figure.name}", of_other)
    return PersonalFigures(listener, period, compared, frames, other.listener.user_id if other else None)


def totals_of(connection: Connection, user_id: str, period: Period) -> PersonalFigures:
    """The totals of a listener's period and nothing else, in a fifth of the time.

    Raises:
        ValueError: there is no such listener; the message names some.
    """
    wanted = [figure for figure in FIGURES if figure.name == "totals"]
    return personal_figures(connection, user_id, period, None, wanted)


def figures_beside(connection: Connection, user_id: str, period: Period) -> PersonalFigures:
    """What is shown of a listener beside another: `OF_OTHER`.

    Raises:
        ValueError: there is no such listener, or nothing is known of them in the period.
    """
    if nothing_known(connection, user_id, period):
        raise ValueError(f"nothing is known of {user_id} from {period.first} to {period.last}")
    wanted = [figure for figure in FIGURES if figure.name in OF_OTHER]
    return personal_figures(connection, user_id, period, None, wanted)


def _figure(connection: Connection, figure: Figure, parameters: Mapping[str, object]) -> pl.DataFrame:
    frame: pl.DataFrame = connection.sql(figure.sql, params=_named_in(figure.sql, parameters)).pl()
    return frame.cast({pl.Int128: pl.Int64})  # few readers of Parquet know the 128 bits of DuckDB's sums


def _prepare(
    connection: Connection,
    period: Period,
    compared: Period | None,
    parameters: Mapping[str, object],
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
    connection.register("recommended", newest_lists(connection, str(parameters["user_id"])))
    for name in STEPS:
        sql = step_sql(name)
        if name == "listens":
            _make_listens(connection, sql, parameters)
        else:
            connection.execute(f"create or replace temp table {name} as\n{sql}", _named_in(sql, parameters))


def _make_listens(connection: Connection, sql: str, parameters: Mapping[str, object]) -> None:
    """The playbacks of each period, of which only the UTC dates on which some ended are read."""
    nothing = {"user_id": parameters["user_id"], "period": None, "first_event": None, "last_event": None}
    connection.execute(f"create or replace temp table listens as\n{sql} limit 0", nothing)
    for name, first, last in connection.execute(
        "select period, min(first_event_date), max(last_event_date) from calendar "
        "group by period having min(first_event_date) is not null"
    ).fetchall():
        dates = {"period": name, "first_event": first, "last_event": last}
        connection.execute(f"insert into listens\n{sql}", nothing | dates)


def _named_in(sql: str, parameters: Mapping[str, object]) -> dict[str, object]:
    """The parameters that a query has."""
    return {name: value for name, value in parameters.items() if f"${name}" in sql}


def _bucket(period: Period) -> str:
    if period.days <= DAILY_UP_TO:
        return "day"
    return "week" if period.days <= WEEKLY_UP_TO else "month"


def _some(names: list[str]) -> str:
    distinct = list(dict.fromkeys(names))
    return ", ".join(distinct[:_SHOWN_LISTENERS]) + (" …" if len(distinct) > _SHOWN_LISTENERS else "")
