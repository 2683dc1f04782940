"""Evaluating the checks of one stored table, on a window of it or on all of it. Knows no orchestrator."""

from datetime import UTC, datetime

import duckdb
import polars as pl

from spotify_assets.catalog import CHECK_RESULTS, ROW_COUNTS, Table
from spotify_assets.warehouse.audit import (
    Finding,
    audit_columns,
    audit_expectations,
    audit_references,
    audit_rows,
    checks_of,
)
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.slices import Window
from spotify_assets.warehouse.store import EVERYTHING, Predicate, create_table, insert_rows

RECONCILIATION = "reconciliation"


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
    if has_books(table):
        names[RECONCILIATION] = (
            "Rows in = loaded + rejected + duplicate, and as many are stored as were loaded."
        )
    return names | {e.name: e.description for e in table.expectations}


def has_books(table: Table) -> bool:
    """Whether writes of the table are entered in ops.row_counts: those of tables partitioned by date are."""
    return table.partition_column is not None and table.schema != "ops"


def evaluate(connection: duckdb.DuckDBPyConnection, table: Table, window: Window | None) -> list[Finding]:
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
    findings += [reconcile(connection, table, window)] if has_books(table) else []
    return findings + audit_expectations(connection, table, relation, rows.parameters)


def reconcile(connection: duckdb.DuckDBPyConnection, table: Table, window: Window | None) -> Finding:
    """Compare the books with themselves, with the stored rows and with the table it is made from."""
    slices = Predicate.window("slice_date", window) if window else EVERYTHING
    rows = Predicate.window(str(table.partition_column), window) if window else EVERYTHING
    entered = dict(
        connection.execute(
            f"select outcome, sum(rows)::bigint from {ROW_COUNTS.full_name} "
            f"where table_name = ? and {slices.sql} group by outcome",
            [table.full_name, *slices.parameters],
        ).fetchall()
    )
    came_in, loaded = entered.get("in", 0), entered.get("loaded", 0)
    accounted = loaded + entered.get("rejected", 0) + entered.get("duplicate", 0)
    problems = []
    if came_in != accounted:
        problems.append(f"{came_in:,} rows came in, {accounted:,} are accounted for")
    stored = _count(connection, table.full_name, rows)
    if stored != loaded:
        problems.append(f"{loaded:,} rows were loaded, {stored:,} are stored")
    if table.made_from:
        offered = _count(connection, table.made_from, rows)
        if offered != came_in:
            problems.append(f"{table.made_from} has {offered:,} rows, {came_in:,} came in")
    return Finding(RECONCILIATION, len(problems), "; ".join(problems))


def record(database: Database, table: Table, window: Window | None, findings: list[Finding]) -> None:
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
    with database.transaction() as connection:
        create_table(connection, CHECK_RESULTS)
        insert_rows(connection, CHECK_RESULTS, rows, EVERYTHING, label=str(window or "all rows"))


def _count(connection: duckdb.DuckDBPyConnection, full_name: str, rows: Predicate) -> int:
    [count] = connection.execute(
        f"select count(*) from {full_name} where {rows.sql}", list(rows.parameters)
    ).fetchone() or (0,)
    return int(count)
