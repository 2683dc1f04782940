"""What a view shows: its period, what it is compared with, and which playbacks it is restricted to.

Days are UTC dates on which playbacks ended, as in the daily marts, so that the numbers of every page add up;
figures by hour, weekday or active listeners are on the listener's own clock and say so.

A figure names the tables that could answer it, the smallest first, and `narrowest` takes the first one whose
columns know all filters that are set. The last resort is the table of playbacks, always cut to the period.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta

import polars as pl

from spotify_assets.warehouse.connection import Connection, single_row

DEFAULT_DAYS = 28
"""Days of the period that is shown when nobody chose one: whole weeks, so that weekdays weigh the same."""

_NAME = re.compile(r"\$([a-z_]+)")


@dataclass(frozen=True, order=True)
class Period:
    """Days from `first` to `last`, both included.

    Raises:
        ValueError: it ends before it begins.
    """

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"the period from {self.first} to {self.last} ends before it begins")

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def before(self) -> "Period":
        """As many days, just before it."""
        length = timedelta(days=self.days)
        return Period(self.first - length, self.last - length)

    def a_year_before(self) -> "Period":
        """The same weekdays, 52 weeks earlier."""
        weeks = timedelta(weeks=52)
        return Period(self.first - weeks, self.last - weeks)

    def newest(self, days: int) -> "Period":
        """Its last days, or all of it where it has no more."""
        return Period(max(self.first, self.last - timedelta(days=days - 1)), self.last)

    def within(self, known: "Period") -> "Period | None":
        """Its part that lies in another; None where none does."""
        first, last = max(self.first, known.first), min(self.last, known.last)
        return Period(first, last) if first <= last else None

    def default(self) -> "Period":
        """What is shown of all days when nobody chose: the last `DEFAULT_DAYS`, and of a short history the
        last half, so that there is something to compare it with."""
        return self.newest(max(1, min(DEFAULT_DAYS, self.days // 2)))

    def __str__(self) -> str:
        return f"{self.first}..{self.last}"


def month_of(day: date) -> Period:
    """The calendar month of a day."""
    return Period(day.replace(day=1), _next_month(day) - timedelta(days=1))


def period_of(text: str) -> Period:
    """The period that a text like `2025-01-01..2025-01-31` names.

    Raises:
        ValueError: it names none; the message says how to write one.
    """
    first, dots, last = text.partition("..")
    try:
        if not dots:
            raise ValueError("no dots")
        days = date.fromisoformat(first.strip()), date.fromisoformat(last.strip())
    except ValueError as error:
        raise ValueError(f"{text!r} is no period; write it as 2025-01-01..2025-01-31") from error
    return Period(*days)


@dataclass(frozen=True)
class Filters:
    """The period, the compared one, and the one value that each further filter lets through; None is all."""

    period: Period
    compared: Period | None = None
    user_id: str | None = None
    genre: str | None = None
    artist_id: str | None = None
    country: str | None = None
    device: str | None = None

    @property
    def chosen(self) -> dict[str, str]:
        """The filters beside the period that are set, by name."""
        values = {one.name: getattr(self, one.name) for one in fields(self)[2:]}
        return {name: value for name, value in values.items() if value is not None}

    def of_compared(self) -> "Filters | None":
        """The same filters over the compared period; None where nothing is compared."""
        return None if self.compared is None else replace(self, period=self.compared, compared=None)

    def parameters(self) -> dict[str, object]:
        """What SQL may name: `$first`, `$last` and each filter that is set."""
        return {"first": self.period.first, "last": self.period.last, **self.chosen}


@dataclass(frozen=True)
class Source:
    """A table that can answer figures.

    Attributes:
        relation: its name, or a query in brackets.
        day: the column by which the period is cut.
        conditions: for each filter that it knows, the condition in SQL, with the value as `$<filter>`.
    """

    relation: str
    day: str = "event_date"
    conditions: Mapping[str, str] | None = None

    def sql(self, filters: Filters) -> str:
        """Its rows that the filters let through, as a query in brackets.

        Raises:
            ValueError: it does not know one of the filters that are set.
        """
        return self._sql("$first and $last", filters)

    def within(self, period: Period, filters: Filters) -> str:
        """The same for a period other than that of the filters."""
        return self._sql(f"date '{period.first}' and date '{period.last}'", filters)

    def _sql(self, days: str, filters: Filters) -> str:
        known = self.conditions or {}
        unknown = filters.chosen.keys() - known.keys()
        if unknown:
            raise ValueError(f"{self.relation} cannot be filtered by {', '.join(sorted(unknown))}")
        conditions = [f"{self.day} between {days}", *(known[name] for name in filters.chosen)]
        return f"(select * from {self.relation} where {' and '.join(conditions)})"


SKIP_RATE = "sum(skips) / nullif(sum(plays - unknowns), 0)"
"""Of a group of rows of any `Source`: skips among the plays whose outcome is known; null where none is."""

_OF_TRACK = {
    "genre": "track_id in (select track_id from marts.bridge_track_genre where genre = $genre)",
    "artist_id": "track_id in (select track_id from marts.dim_track where primary_artist_id = $artist_id)",
}
"""Tracks that have the genre, each counted whole, and tracks of the first credited artist."""
_OF_PLACE = {"country": "country = $country", "device": "device = $device"}
_PLAYBACKS = """(
    select
        * exclude (session_id, source, is_music),
        1 as plays,
        is_stream::int as streams,
        is_skip::int as skips,
        is_complete::int as completes,
        is_abandoned::int as abandons,
        is_outcome_unknown::int as unknowns,
        case is_marked_skipped
            when true then 'skipped' when false then 'not skipped' else 'says nothing'
        end as flag
    from marts.fact_listens
    where is_music
)"""

DAYS = Source("marts.daily_aggregates")
"""One row per UTC day: plays, streams, skips, completes, abandons, unknowns, ms_played; listeners of the
day."""
PLACES = Source("marts.daily_location_metrics", conditions=_OF_PLACE)
"""One row per UTC day, country and device: plays, streams, skips, unknowns, ms_played."""
TRACK_DAYS = Source("marts.daily_track_plays", conditions=_OF_TRACK)
"""One row per UTC day and track that was played: plays, streams, skips, completes, abandons, unknowns,
ms_played."""
FLAGS = Source("marts.daily_skip_flags", conditions=_OF_PLACE)
"""One row per UTC day, country, device, outcome and what the source's own skip flag says: plays."""
ACTIVE_DAYS = Source("marts.daily_active_users", day="local_date")
"""One row per local date: daily, weekly and monthly active users."""
PLAYBACKS = Source(_PLAYBACKS, conditions={"user_id": "user_id = $user_id", **_OF_PLACE, **_OF_TRACK})
"""One row per playback of music, with `plays` = 1 and the other counts as 0 or 1, so that they add up."""
LOCAL_PLAYBACKS = replace(PLAYBACKS, day="local_date")
"""The same, the period cut by the local date on which the playback began."""

_COUNTS_BY_MONTH = Source(
    "(select *, event_month as event_date from marts.monthly_track_metrics)", conditions=_OF_TRACK
)
MOST_WEEKS_IN_DAYS = 92
"""Days up to which numbers over time go by week; longer periods go by month."""


def track_counts(filters: Filters) -> str:
    """Counts per track in the period, as a query in brackets: one row or more per track and month.

    Whole months of the period come from the monthly mart where the filters allow it, so that a period of
    years does not read its days; their `event_date` is the first of the month.
    """
    months = _whole_months(filters.period)
    if months is None or filters.chosen.keys() - _OF_TRACK.keys():
        return narrowest(filters, TRACK_DAYS, PLAYBACKS)
    day = timedelta(days=1)
    pieces = [_COUNTS_BY_MONTH.within(months, filters)]
    if filters.period.first < months.first:
        pieces.append(TRACK_DAYS.within(Period(filters.period.first, months.first - day), filters))
    if months.last < filters.period.last:
        pieces.append(TRACK_DAYS.within(Period(months.last + day, filters.period.last), filters))
    columns = "event_date, track_id, plays, streams, skips, completes, abandons, unknowns, ms_played"
    return f"({' union all '.join(f'select {columns} from {piece}' for piece in pieces)})"


def track_counts_over_time(filters: Filters) -> str:
    """The same with `step`: the Monday of the week, or in long periods the first of the month."""
    by_week = filters.period.days <= MOST_WEEKS_IN_DAYS
    rows = narrowest(filters, TRACK_DAYS, PLAYBACKS) if by_week else track_counts(filters)
    return f"(select *, date_trunc('{'week' if by_week else 'month'}', event_date)::date as step from {rows})"


def _whole_months(period: Period) -> Period | None:
    """The calendar months that lie in a period as a whole; None where there is none."""
    start = period.first if period.first.day == 1 else _next_month(period.first)
    end = (
        _next_month(period.last) if (period.last + timedelta(days=1)).day == 1 else period.last.replace(day=1)
    )
    return Period(start, end - timedelta(days=1)) if start < end else None


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def narrowest(filters: Filters, *sources: Source) -> str:
    """The rows of the first source that knows all filters that are set, as a query in brackets."""
    fitting = next((s for s in sources if filters.chosen.keys() <= (s.conditions or {}).keys()), sources[-1])
    return fitting.sql(filters)


def ask(
    connection: Connection, sql: str, filters: Filters | None = None, **parameters: object
) -> pl.DataFrame:
    """The answer to a query, which gets those of the filters' and further parameters that it names."""
    given = {**(filters.parameters() if filters else {}), **parameters}
    named = {name: given[name] for name in set(_NAME.findall(sql))}
    answer: pl.DataFrame = connection.sql(sql, params=named).pl()
    return answer


def known_days(connection: Connection) -> Period | None:
    """The days from the first to the last playback of music; None where there is none."""
    first, last = single_row(
        connection, "select min(event_date), max(event_date) from marts.daily_aggregates"
    )
    return None if first is None else Period(first, last)


@dataclass(frozen=True)
class Choices:
    """What each filter can be set to: values, in the order in which they are offered, with their names."""

    user_id: Mapping[str, str]
    genre: Mapping[str, str]
    artist_id: Mapping[str, str]
    country: Mapping[str, str]
    device: Mapping[str, str]

    def named(self, name: str, value: str) -> str:
        """The name that people read for a filter's value."""
        names: Mapping[str, str] = getattr(self, name)
        return names.get(value, value)


def choices(connection: Connection) -> Choices:
    """What was heard, where and by whom, over all days: the most streamed artists and genres first."""

    def pairs(sql: str) -> dict[str, str]:
        return dict(connection.execute(sql).fetchall())

    return Choices(
        user_id=pairs("select user_id, user_id from marts.dim_user order by user_id"),
        genre=pairs("select genre, genre from marts.genre_skip_rates order by weighted_streams desc, genre"),
        artist_id=pairs(
            "select artist_id, artist_name from marts.artist_totals where artist_rank is not null "
            "order by artist_rank"
        ),
        country=pairs(
            "select distinct country, coalesce(country_name, country) as name "
            "from marts.daily_location_metrics left join marts.dim_country using (country) order by name"
        ),
        device=pairs(
            "select distinct device, coalesce(device_name, device) as name "
            "from marts.daily_location_metrics left join marts.dim_device using (device) order by name"
        ),
    )
