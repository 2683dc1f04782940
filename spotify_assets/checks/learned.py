"""Checks that learn from history what is usual: volume, distributions, the share of refused rows.

A day is compared with the same weekday of the eight weeks before it, by the median and the median absolute
deviation (Rousseeuw and Croux, 1993), which a few odd days do not move. With too little history a check stays
silent: it passes and says so. These checks only warn, since what is unusual may well be true. They judge what
a platform sends: one person's listening has gaps and phases, and is never unusual.
"""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import median

from spotify_assets.rows.window import Window
from spotify_assets.sources.formats import PERSONAL_SOURCES
from spotify_assets.tables import ROW_COUNTS, Statistic, Table
from spotify_assets.warehouse.audit import Finding, stored_columns
from spotify_assets.warehouse.connection import Connection

HISTORY_WEEKS = 8
LEAST_HISTORY = 4
"""Days of the same weekday without which nothing is usual."""
UNUSUAL = 5.0
"""Spreads from the median from which a day is unusual: one in two million days of a normal distribution."""
MAD_TO_SIGMA = 1.4826
"""Standard deviations of a normal distribution in one median absolute deviation."""
RECENT_DAYS = 7
"""Days that are judged when the whole table is checked."""
_SHOWN = 5
REFUSED = Statistic(
    "usual_rejections",
    "About as large a share of the rows that came in is refused as usual.",
    "sum(rows) filter (where outcome = 'rejected') / nullif(sum(rows) filter (where outcome = 'in'), 0)",
    least=0.01,
    per_cent=True,
)
"""Of every table where rows are refused."""


def learned_names(table: Table) -> dict[str, str]:
    """The learned checks of a table, each with what it says."""
    return {statistic.name: statistic.description for statistic in _statistics(table)}


def learned(
    connection: Connection, table: Table, window: Window | None, today: date | None = None
) -> list[Finding]:
    """What is unusual about the days of a window, or about the latest days; reads aggregates only.

    The current day is not judged: its data still come.
    """
    known = today or datetime.now(UTC).date()
    findings = []
    if table.statistics:
        column = str(table.partition_column)
        where = f"coalesce(source, '') not in {PERSONAL_SOURCES}"
        series = _series(connection, table.full_name, column, table.statistics, window=window, where=where)
        findings += [_judge(each, series[each.name], window, known) for each in table.statistics]
    if table.refuses_rows:
        where = f"table_name = '{table.full_name}'"
        series = _series(
            connection, ROW_COUNTS.full_name, "slice_date", (REFUSED,), window=window, where=where
        )
        findings.append(_judge(REFUSED, series[REFUSED.name], window, known))
    return findings


def _statistics(table: Table) -> tuple[Statistic, ...]:
    return (*table.statistics, *((REFUSED,) if table.refuses_rows else ()))


def _series(
    connection: Connection,
    relation: str,
    column: str,
    statistics: Sequence[Statistic],
    *,
    window: Window | None,
    where: str = "true",
) -> dict[str, dict[date, float]]:
    """Each figure by day, of the window and the weeks before it; days without a figure are left out."""
    found: dict[str, dict[date, float]] = {statistic.name: {} for statistic in statistics}
    if column not in stored_columns(connection, relation):
        return found
    parameters: list[date] = []
    if window:
        where += f" and {column} >= ? and {column} < ?"
        parameters = [window.start - timedelta(weeks=HISTORY_WEEKS), window.end]
    figures = ", ".join(f"({statistic.sql})::double" for statistic in statistics)
    for day, *values in connection.execute(
        f"select {column}, {figures} from {relation} where {where} group by {column} order by {column}",
        parameters,
    ).fetchall():
        for statistic, value in zip(statistics, values, strict=True):
            if value is not None:
                found[statistic.name][day] = value
    return found


def _judge(statistic: Statistic, series: dict[date, float], window: Window | None, today: date) -> Finding:
    """Compare each day of the window with its weekday before."""
    if statistic.counts:
        series = _with_empty_days(series, window, today)
    days = [day for day in series if day < today and (window is None or window.start <= day < window.end)]
    days = days if window else days[-RECENT_DAYS:]
    unusual, judged = [], 0
    for day in days:
        earlier = (day - timedelta(weeks=weeks) for weeks in range(1, HISTORY_WEEKS + 1))
        history = [series[before] for before in earlier if before in series]
        if len(history) < LEAST_HISTORY:
            continue
        judged += 1
        usual = median(history)
        if abs(series[day] - usual) > UNUSUAL * _spread(statistic, usual, history):
            unusual.append(f"{day}: {_words(statistic, series[day])}, usually {_words(statistic, usual)}")
    if not judged:
        return Finding(statistic.name, 0, "not enough history" if days else "", warns=True)
    more = [f"and {len(unusual) - _SHOWN} more days"] if len(unusual) > _SHOWN else []
    return Finding(statistic.name, len(unusual), "; ".join([*unusual[:_SHOWN], *more]), warns=True)


def _spread(statistic: Statistic, usual: float, history: Sequence[float]) -> float:
    """The spread of a history around its median."""
    deviation = MAD_TO_SIGMA * median(abs(value - usual) for value in history)
    poisson = math.sqrt(usual) if statistic.counts else 0.0
    return max(deviation, statistic.least, statistic.share * abs(usual), poisson)


def _words(statistic: Statistic, value: float) -> str:
    """A value as people read it."""
    return f"{value:.1%}" if statistic.per_cent else f"{value:,.0f}"


def _with_empty_days(series: dict[date, float], window: Window | None, today: date) -> dict[date, float]:
    """The series with 0 for days without rows, from its first day to its last, or to the window's."""
    if not series:
        return series
    first, last = min(series), max(series)
    end = max(last, window.end - timedelta(days=1)) if window else last
    days = [first + timedelta(days=number) for number in range((min(end, today) - first).days + 1)]
    return {day: series.get(day, 0.0) for day in days}
