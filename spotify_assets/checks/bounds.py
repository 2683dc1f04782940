"""Checks with absolute bounds, true from the first day on: refused rows, and sources that fall silent.

What is usual (`learned`) takes weeks to know, and a whole refused day is never right. Knows no Dagster.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from spotify_assets.checks.learned import RECENT_DAYS
from spotify_assets.rows.window import Window
from spotify_assets.sources.formats import PERSONAL_SOURCES
from spotify_assets.tables import RAW_EVENTS, REJECTED_ROWS, ROW_COUNTS, Table
from spotify_assets.transforms.exclusions import Exclusion
from spotify_assets.warehouse.audit import Finding, stored_columns
from spotify_assets.warehouse.connection import Connection

REFUSALS = "few_refusals"
SILENCE = "no_silent_source"
LEAST_ROWS = 20
"""Rows of a slice, or of a source's day, below which a share or a silence says nothing."""
EVERY_DAY = 7
"""Days in a row on which a source sent rows before it counts as one that sends every day."""
_FROM_AN_IMPORT = "regexp_matches(source_file, '@[0-9a-f]{12}$')"
"""A row that an import refused: it was told with the file, whose first date its books are kept under."""
_SHOWN = 5


@dataclass(frozen=True)
class Bounds:
    """Shares of refused rows above which a slice warns and above which it fails; whether silence fails; and
    what listeners keep out."""

    warn_share: float = 0.05
    fail_share: float = 0.5
    silence_fails: bool = True
    exclusions: tuple[Exclusion, ...] = ()


def bound_names(table: Table) -> dict[str, str]:
    """The checks of a table with absolute bounds, each with what it says."""
    names = {}
    if table.refuses_rows:
        names[REFUSALS] = (
            "Few of a partition's rows are refused; above SPOTIFY_REFUSED_WARN_SHARE it warns, above "
            "SPOTIFY_REFUSED_FAIL_SHARE it fails and stops what is downstream."
        )
    if table == RAW_EVENTS:
        names[SILENCE] = f"A source that sent rows on each of {EVERY_DAY} days sends some on the next, too."
    return names


def bounded(
    connection: Connection,
    table: Table,
    window: Window | None,
    bounds: Bounds,
    today: date | None = None,
) -> list[Finding]:
    """What is beyond the bounds in a window, or anywhere; of silent sources, in the latest days."""
    findings = []
    if table.refuses_rows:
        findings.append(_refusals(connection, table, window, bounds))
    if table == RAW_EVENTS:
        findings.append(_silence(connection, window, bounds, today or datetime.now(UTC).date()))
    return findings


def _refusals(connection: Connection, table: Table, window: Window | None, bounds: Bounds) -> Finding:
    """The slices with too large a share of refused rows; what a rule of the user excludes is not refused."""
    if not all(stored_columns(connection, books.full_name) for books in (ROW_COUNTS, REJECTED_ROWS)):
        return Finding(REFUSALS, 0, "")
    within = "slice_date >= ? and slice_date < ?" if window else "true"
    dates = [window.start, window.end] if window else []
    landed = f"and not {_FROM_AN_IMPORT}" if table == RAW_EVENTS else ""
    rows = connection.execute(
        f"""
        with refused as (
            select slice_date, count(*) as refused, mode(reason) as reason
            from {REJECTED_ROWS.full_name}
            where table_name = ? and {within} and not starts_with(reason, 'excluded_') {landed}
            group by slice_date
        ),

        taken as (
            select slice_date, sum(rows) filter (outcome in ('loaded', 'duplicate')) as taken
            from {ROW_COUNTS.full_name}
            where table_name = ? and {within}
            group by slice_date
        )

        select slice_date, refused, refused + coalesce(taken, 0) as rows_in, reason
        from refused
        left join taken using (slice_date)
        where rows_in >= {LEAST_ROWS} and refused > ? * rows_in
        order by slice_date
        """,
        [table.full_name, *dates, table.full_name, *dates, bounds.warn_share],
    ).fetchall()
    words = [
        f"{day}: {refused:,} of {rows_in:,} rows refused ({refused / rows_in:.0%}), mostly {reason}"
        for day, refused, rows_in, reason in rows
    ]
    worst = max((refused / rows_in for _, refused, rows_in, _ in rows), default=0.0)
    return Finding(REFUSALS, len(rows), _in_words(words), warns=worst <= bounds.fail_share)


def _silence(connection: Connection, window: Window | None, bounds: Bounds, today: date) -> Finding:
    """The days on which a source sent nothing that had sent rows on each of the days before."""
    counts: dict[str, dict[date, int]] = {}
    parameters = [window.start - timedelta(days=EVERY_DAY), window.end] if window else []
    within = "event_date >= ? and event_date < ?" if window else "true"
    for source, day, rows in connection.execute(
        f"select coalesce(source, 'unknown'), event_date, count(*) from {RAW_EVENTS.full_name} "
        f"where {within} and coalesce(source, '') not in {PERSONAL_SOURCES} group by all order by all",
        parameters,
    ).fetchall():
        counts.setdefault(source, {})[day] = rows
    last = max((day for days in counts.values() for day in days), default=today)
    # A month is a partition before it is over: what lies after its last row has not come yet.
    of_months = window is not None and window.start.day == window.end.day == 1
    judged = (
        [day for day in window.days() if day <= last or not of_months]
        if window
        else [last - timedelta(days=back) for back in range(RECENT_DAYS)][::-1]
    )
    silent = [
        f"{day}: nothing from {source}, which sent {min(before):,} rows or more on each of {EVERY_DAY} days "
        "before"
        for source, days in counts.items()
        for day in judged
        if day < today and not days.get(day)
        if min(before := [days.get(day - timedelta(days=back), 0) for back in range(1, EVERY_DAY + 1)])
        >= LEAST_ROWS
    ]
    return Finding(SILENCE, len(silent), _in_words(silent), warns=not bounds.silence_fails)


def _in_words(problems: Sequence[str]) -> str:
    more = [f"and {len(problems) - _SHOWN:,} more"] if len(problems) > _SHOWN else []
    return "; ".join([*problems[:_SHOWN], *more])
