"""Playbacks that filters let through, counted for many questions by few looks at them.

Marts by day know no listener, and of a genre or an artist no more than how much was heard, so that other
questions under such a filter are answered from playbacks. The pages ask twenty questions or more of the same
ones. A look counts them by all that some questions ask for, and the few thousand rows that come of it answer
those on every page. They lie in a temporary table of the connection, made when a question first names it, so
that a figure asks a `GatheredPlaybacks` as it asks a mart.

Not here: counts by track, of which there are as many as tracks.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from spotify_assets.figures import view
from spotify_assets.figures.view import LOCAL_PLAYBACKS, PLAYBACKS, Filters, Source
from spotify_assets.warehouse.connection import Connection

LAST_SECOND, LAST_POSITION = 300, 20
"""Later ends are counted in the last second, later positions in the one after the last, as in the marts."""
MOST_KEPT = 16
"""Looks of which a connection keeps the counts, those of four views; the oldest goes first."""

_BEGINS, _GIVEN = "gathered_", "given_counts"
_HEARD = ("plays", "streams", "skips", "unknowns", "ms_played")
_ENDED = ("plays", "skips", "completes", "unknowns")
_EXPRESSIONS = {
    "second": f"least((ms_played + 999) // 1000, {LAST_SECOND})",
    "position": f"least(session_position, {LAST_POSITION + 1})",
}
"""What is counted by beside the columns of `PLAYBACKS`, as expressions over them."""


@dataclass(frozen=True)
class Look:
    """What is counted by one look at the playbacks: groups, each by columns that no other one has.

    It adds up the `counts` that its questions ask for and no more: each takes 6 % of the time.
    """

    name: str
    groups: tuple[tuple[str, ...], ...]
    counts: tuple[str, ...]

    def sql(self, filters: Filters) -> str:
        """The query."""
        columns = [column for group in self.groups for column in group]
        made = "".join(
            f", {_EXPRESSIONS[column]} as {column}" for column in columns if column in _EXPRESSIONS
        )
        sets = ", ".join(f"({', '.join(group)})" for group in self.groups)
        sums = ", ".join(f"sum({count})::bigint as {count}" for count in self.counts)
        which = " ".join(f"when grouping({group[0]}) = 0 then '{group[0]}'" for group in self.groups)
        return f"""
            select case {which} end as counted_by, {", ".join(columns)}, {sums}
            from (select *{made} from {PLAYBACKS.sql(filters)})
            group by grouping sets ({sets})
        """

    def table(self, filters: Filters) -> str:
        """The name of the table that has its counts."""
        said = repr((filters.period, sorted(filters.chosen.items())))
        return f"{_BEGINS}{self.name}_{hashlib.sha256(said.encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class _Listeners(Look):
    """The look that counts distinct listeners, which do not add up, by local date.

    Of 45 million playbacks `select distinct` takes 2.8 s of processor time, `count(distinct …)` 10.2.
    """

    def sql(self, filters: Filters) -> str:
        return (
            "select local_date, count(*) as daily_active_users "
            f"from (select distinct local_date, user_id from {LOCAL_PLAYBACKS.sql(filters)}) "
            "group by local_date"
        )


_DAYS = Look("days", (("event_date",),), _HEARD)
_LISTENERS = _Listeners("listeners", (), ())
_PLACES = Look("places", (("country", "device"), ("time_zone", "local_weekday", "local_hour")), _HEARD)
_WAYS = Look("ways", (("position", "is_shuffle", "reason_start", "outcome", "flag"), ("second",)), _ENDED)
_LOOKS = (_DAYS, _LISTENERS, _PLACES, _WAYS)


@dataclass(frozen=True)
class GatheredPlaybacks(Source):
    """A group of a look, by its first column as `relation`, which knows every filter."""

    look: Look = _DAYS

    def _sql(self, days: str, filters: Filters) -> str:
        del days  # those of the filters, to which the playbacks were cut
        which = f" where counted_by = '{self.relation}'" if self.relation else ""
        return f"(select * from {self.look.table(filters)}{which})"


def _gathered(look: Look, group: str = "") -> GatheredPlaybacks:
    return GatheredPlaybacks(group, conditions=PLAYBACKS.conditions, look=look)


DAYS = _gathered(_DAYS)
"""One row per UTC day: plays, streams, skips, unknowns, ms_played."""
LISTENERS = _gathered(_LISTENERS)
"""One row per local date with a playback: `daily_active_users`, and no other count."""
COUNTRIES_AND_DEVICES = _gathered(_PLACES, "country")
"""One row per country and device, with the same counts."""
HOURS = _gathered(_PLACES, "time_zone")
"""One row per time zone, weekday (1 is Monday) and hour of the listeners' own clocks: the same counts."""
SECONDS = _gathered(_WAYS, "second")
"""One row per `second` (of 300) in which a playback ended: plays, skips, completes, unknowns."""
WAYS = _gathered(_WAYS, "position")
"""One row per `position` in the session (of 21), `is_shuffle`, `reason_start`, `outcome` and `flag`, with the
same counts."""


def ask(
    connection: Connection, sql: str, filters: Filters | None = None, **parameters: object
) -> pl.DataFrame:
    """`view.ask` of a query that may read a `GatheredPlaybacks` of these filters."""
    for look in _LOOKS:
        if filters and look.table(filters) in sql:
            _gather(connection, look, filters)
    return view.ask(connection, sql, filters, **parameters)


def kept(connection: Connection, known: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """What a connection has gathered, for another one to the same rows (`give`), oldest first.

    Args:
        connection: which one.
        known: what it was given.
    """
    return {
        name: known[name] if name in known else connection.sql(f"from {name}").pl()
        for name in _names(connection)
    }


def give(connection: Connection, frames: Mapping[str, pl.DataFrame]) -> None:
    """Let a connection answer from what another one gathered of the same rows."""
    for name, rows in frames.items():
        connection.register(_GIVEN, rows)
        connection.execute(f"create temp table {name} as from {_GIVEN}")
        connection.unregister(_GIVEN)


def _names(connection: Connection) -> list[str]:
    found = connection.execute(
        "select table_name from duckdb_tables() where temporary and starts_with(table_name, ?) "
        "order by table_oid",
        [_BEGINS],
    ).fetchall()
    return [name for (name,) in found]


def _gather(connection: Connection, look: Look, filters: Filters) -> None:
    """Look at the playbacks of these filters where nobody did yet."""
    there = _names(connection)
    if look.table(filters) in there:
        return
    rows = view.ask(connection, look.sql(filters), filters)
    for old in there[: len(there) + 1 - MOST_KEPT]:
        connection.execute(f"drop table {old}")
    give(connection, {look.table(filters): rows})
