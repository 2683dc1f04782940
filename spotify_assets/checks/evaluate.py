"""Evaluating the checks of one stored table, on a window of it or on all of it. Knows no orchestrator."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime

import polars as pl

from spotify_assets.checks import recommended
from spotify_assets.checks.bounds import Bounds, bound_names, bounded
from spotify_assets.checks.learned import learned, learned_names
from spotify_assets.checks.receipts import reconcile_receipts
from spotify_assets.rows.window import Window
from spotify_assets.tables import CHECK_RESULTS, ROW_COUNTS, Table
from spotify_assets.tables.events import REPORTED_AFTER_HEARD
from spotify_assets.tables.model import OwnCheck
from spotify_assets.tables.ops import RECEIPTS_ADD_UP
from spotify_assets.tables.recommend import NO_WORSE, NOTHING_EXCLUDED, NOTHING_HEARD, NOTHING_LATER
from spotify_assets.warehouse import offline
from spotify_assets.warehouse.audit import (
    Finding,
    audit_columns,
    audit_expectations,
    audit_references,
    audit_rows,
    checks_of,
    stored_columns,
)
from spotify_assets.warehouse.connection import Connection
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.store import EVERYTHING, Predicate, create_table, insert_rows

RECONCILIATION = "reconciliation"
_BOUNDS = Bounds()
OWN_CHECKS: Mapping[OwnCheck, Callable[[Connection, str, Sequence[object], Bounds], Finding]] = {
    RECEIPTS_ADD_UP: lambda connection, *_: reconcile_receipts(connection),
    REPORTED_AFTER_HEARD: lambda connection, relation, parameters, _: offline.moved(
        connection, relation, parameters
    ),
    NOTHING_HEARD: recommended.heard_before,
    NOTHING_EXCLUDED: recommended.excluded,
    NOTHING_LATER: recommended.learnt_later,
    NO_WORSE: recommended.worse_than_baseline,
}
"""What evaluates the checks that one table alone has, on a relation of its rows and its parameters."""


def check_names(table: Table) -> dict[str, str]:
    """The checks of a table, each with what it says, in the order they are evaluated."""
    words = {
        "not_null": "Columns that must have a value have one.",
        "ranges": "Numbers lie inside the ranges of the catalogue.",
        "accepted_values": "Values are among those that the catalogue lists.",
        "patterns": "Texts have the form that the catalogue gives.",
        "unique_key": f"No two rows share {', '.join(table.key)}.",
    }
    names = {"columns": "Columns and types are those of the catalogue."}
    names |= {check: words[check] for check in checks_of(table)}
    if any(column.references for column in table.columns):
        names["references"] = "Every reference leads to a row."
    if table.has_books:
        names[RECONCILIATION] = (
            "Rows in = loaded + rejected + duplicate, and as many are stored as were loaded."
        )
    names |= {check.name: check.description for check in table.own_checks}
    names |= {e.name: e.description for e in table.expectations}
    return names | bound_names(table) | learned_names(table)


def evaluate(
    connection: Connection, table: Table, window: Window | None, bounds: Bounds = _BOUNDS
) -> list[Finding]:
    """Every check of a table that exists, on the rows of a window (all rows where there is none)."""
    columns = audit_columns(connection, table)
    if not columns.passed:
        return [columns]
    column = table.partition_column
    rows = Predicate.window(column, window) if column and window else EVERYTHING
    relation = f"select * from {table.full_name} where {rows.sql}"
    findings = [columns, *audit_rows(connection, table, relation, rows.parameters)]
    references = audit_references(connection, table, relation, rows.parameters)
    findings += [references] if references else []
    findings += [reconcile(connection, table, window)] if table.has_books else []
    findings += [
        OWN_CHECKS[check](connection, relation, rows.parameters, bounds) for check in table.own_checks
    ]
    findings += audit_expectations(connection, table, relation, rows.parameters)
    findings += bounded(connection, table, window, bounds)
    return findings + learned(connection, table, window)


def reconcile(connection: Connection, table: Table, window: Window | None) -> Finding:
    """Compare the books, slice by slice, with themselves, the stored rows and the table it is made from.

    `failing_rows` of the finding is the sum of the differences.
    """
    books, ends = _books(connection, table, window)
    stored = _rows_per_slice(connection, table.full_name, table, window, ends)
    offered = _rows_per_slice(connection, table.made_from, table, window, ends) if table.made_from else None
    off, problems = 0, []
    for start in sorted({*books, *stored, *(offered or ())}):
        entered = books.get(start, Counter())
        accounted = entered["loaded"] + entered["rejected"] + entered["duplicate"]
        comparisons = [
            (entered["in"], accounted, "{0:,} rows came in, {1:,} are accounted for"),
            (entered["loaded"], stored[start], "{0:,} rows were loaded, {1:,} are stored"),
        ]
        if offered is not None:
            comparisons.append(
                (entered["in"], offered[start], f"{{0:,}} rows came in, {table.made_from} has {{1:,}}")
            )
        for expected, actual, words in comparisons:
            if expected != actual:
                off += abs(expected - actual)
                problems.append(f"slice of {start}: {words.format(expected, actual)}")
    unknown = sorted({*stored, *(offered or ())} - books.keys())
    hint = [f"the books have no slice of {len(unknown):,} days: materialise them again"] if unknown else []
    return Finding(RECONCILIATION, off, "; ".join([*_first_of(problems), *hint]))


def _books(
    connection: Connection, table: Table, window: Window | None
) -> tuple[dict[date, Counter[str]], dict[date, date]]:
    """Rows of each outcome, and the day after the last, by the first day of each slice; in order of days."""
    books: dict[date, Counter[str]] = {}
    ends: dict[date, date] = {}
    known = stored_columns(connection, ROW_COUNTS.full_name)
    if not known:
        return books, ends
    # Entries of versions that did not record where a slice ends: where the next one starts.
    end = f"coalesce({'slice_end' if 'slice_end' in known else 'null'}, date '{date.max}')"
    slices = Predicate.window("slice_date", window) if window else EVERYTHING
    for start, until, outcome, rows in connection.execute(
        f"select slice_date, {end}, outcome, sum(rows)::bigint from {ROW_COUNTS.full_name} "
        f"where table_name = ? and {slices.sql} group by all order by all",
        [table.full_name, *slices.parameters],
    ).fetchall():
        books.setdefault(start, Counter())[outcome] = rows
        ends[start] = until
    return books, ends


def record(warehouse: Warehouse, table: Table, window: Window | None, findings: list[Finding]) -> None:
    """Store what the checks found in ops.check_results. One row per check."""
    rows = pl.DataFrame(
        {
            "check_name": [finding.check for finding in findings],
            "passed": [finding.passed for finding in findings],
            "severity": ["WARN" if finding.warns else "ERROR" for finding in findings],
            "failing_rows": [finding.failing_rows for finding in findings],
            "detail": [finding.detail for finding in findings],
        }
    ).with_columns(
        checked_at=pl.lit(datetime.now(UTC).replace(tzinfo=None)),
        table_name=pl.lit(table.full_name),
        slice_date=pl.lit(window.start if window else None, dtype=pl.Date),
    )
    with warehouse.transaction() as connection:
        create_table(connection, CHECK_RESULTS)
        insert_rows(connection, CHECK_RESULTS, rows, EVERYTHING, label=str(window or "all rows"))


def _rows_per_slice(
    connection: Connection,
    full_name: str,
    table: Table,
    window: Window | None,
    ends: Mapping[date, date],
) -> Counter[date]:
    """Rows of each slice, by its first day; a row in none counts under its own date.

    `ends` are the days after the last of each slice, by its first, in order. A table that does not exist has
    no rows.
    """
    column = str(table.partition_column)
    counts: Counter[date] = Counter()
    if column not in stored_columns(connection, full_name):
        return counts
    rows = Predicate.window(column, window) if window else EVERYTHING
    starts = list(ends)
    for day, count in connection.execute(
        f"select {column}, count(*) from {full_name} where {rows.sql} group by all", list(rows.parameters)
    ).fetchall():
        before = bisect_right(starts, day)
        start = starts[before - 1] if before and day < ends[starts[before - 1]] else day
        counts[start] += count
    return counts


def _first_of(problems: Sequence[str], shown: int = 5) -> list[str]:
    more = [f"and {len(problems) - shown:,} more"] if len(problems) > shown else []
    return [*problems[:shown], *more]
