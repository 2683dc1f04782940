"""The rules of the catalogue as SQL, evaluated on rows before they are stored and on tables afterwards.

One implementation serves both: the write path passes a registered frame, the asset checks pass a slice of
the stored table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from spotify_assets.catalog import Column, Table

ROW_CHECKS = ("not_null", "ranges", "accepted_values", "patterns")
"""Checks that look at one row at a time."""


@dataclass(frozen=True)
class Finding:
    """What one check found: how many rows fail, and which rule."""

    check: str
    failing_rows: int
    detail: str
    warns: bool = False
    """Whether a failure only warns; otherwise it stops what is downstream."""

    @property
    def passed(self) -> bool:
        return self.failing_rows == 0


@dataclass(frozen=True)
class _Rule:
    check: str
    label: str
    violation: str


def checks_of(table: Table) -> list[str]:
    """Names of the row and key checks that the catalogue asks of a table, in the order they are evaluated."""
    with_rules = {rule.check for rule in _rules(table)}
    return [*(check for check in ROW_CHECKS if check in with_rules), "unique_key"]


def audit_rows(
    connection: duckdb.DuckDBPyConnection, table: Table, relation: str, parameters: Sequence[Any] = ()
) -> list[Finding]:
    """Evaluate every rule about rows and keys on a relation (`select …` or a name), in two scans."""
    rules = _rules(table)
    counts = ", ".join(f"count(*) filter (where {rule.violation})" for rule in rules)
    failing = _row(connection, f"select {counts} from ({relation})", parameters) if rules else ()
    findings = []
    for check in dict.fromkeys(rule.check for rule in rules):
        broken = {r.label: n for r, n in zip(rules, failing, strict=True) if r.check == check and n}
        detail = "; ".join(f"{label}: {rows:,} rows" for label, rows in broken.items())
        findings.append(Finding(check, sum(broken.values()), detail))
    return [*findings, _unique_key(connection, table, relation, parameters)]


def audit_expectations(
    connection: duckdb.DuckDBPyConnection, table: Table, relation: str, parameters: Sequence[Any] = ()
) -> list[Finding]:
    """Count the rows that the catalogue calls unusual; they warn and stop nothing."""
    if not table.expectations:
        return []
    counts = ", ".join(f"count(*) filter (where {e.violation})" for e in table.expectations)
    unusual = _row(connection, f"select {counts} from ({relation})", parameters)
    return [
        Finding(e.name, n, f"not so for {n:,} rows: {e.description}" if n else "", warns=True)
        for e, n in zip(table.expectations, unusual, strict=True)
    ]


def audit_references(
    connection: duckdb.DuckDBPyConnection, table: Table, relation: str, parameters: Sequence[Any] = ()
) -> Finding | None:
    """Count values that the table they refer to does not have; None where the table refers to none."""
    broken: dict[str, int] = {}
    referring = [column for column in table.columns if column.references]
    for column in referring:
        target, target_column = str(column.references).rsplit(".", 1)
        [orphans] = _row(
            connection,
            f"select count(*) from ({relation}) r where r.{column.name} is not null and not exists "
            f"(select 1 from {target} t where t.{target_column} = r.{column.name})",
            parameters,
        )
        if orphans:
            broken[f"{column.name} is not in {target}"] = orphans
    if not referring:
        return None
    detail = "; ".join(f"{label}: {rows:,} rows" for label, rows in broken.items())
    return Finding("references", sum(broken.values()), detail)


def audit_columns(connection: duckdb.DuckDBPyConnection, table: Table) -> Finding:
    """Compare the stored table's columns with the catalogue's, names and types."""
    described = connection.execute(
        "select column_name, data_type from duckdb_columns() "
        "where database_name = current_database() and schema_name = ? and table_name = ?",
        [table.schema, table.name],
    )
    stored = dict(described.fetchall())
    declared = {column.name: column.type for column in table.columns}
    problems = [f"{name} is missing" for name in declared.keys() - stored.keys()]
    problems += [f"{name} is not in the catalogue" for name in stored.keys() - declared.keys()]
    problems += [
        f"{name} is {stored[name]}, the catalogue says {kind}"
        for name, kind in declared.items()
        if name in stored and stored[name] != kind
    ]
    return Finding("columns", len(problems), "; ".join(sorted(problems)))


def _rules(table: Table) -> list[_Rule]:
    return [rule for column in table.columns for rule in _column_rules(column)]


def _column_rules(column: Column) -> list[_Rule]:
    rules = []
    if not column.nullable:
        rules.append(_Rule("not_null", f"{column.name} is null", f"{column.name} is null"))
    if column.minimum is not None:
        label = f"{column.name} is below {column.minimum:g}"
        rules.append(_Rule("ranges", label, f"{column.name} < {column.minimum!r}"))
    if column.maximum is not None:
        label = f"{column.name} is above {column.maximum:g}"
        rules.append(_Rule("ranges", label, f"{column.name} > {column.maximum!r}"))
    if column.accepted:
        values = ", ".join(f"'{value}'" for value in column.accepted)
        label = f"{column.name} is none of {', '.join(column.accepted)}"
        rules.append(_Rule("accepted_values", label, f"{column.name} not in ({values})"))
    if column.pattern:
        label = f"{column.name} does not match {column.pattern}"
        violation = f"not regexp_full_match({column.name}, '{column.pattern}')"
        rules.append(_Rule("patterns", label, violation))
    return rules


def _unique_key(
    connection: duckdb.DuckDBPyConnection, table: Table, relation: str, parameters: Sequence[Any]
) -> Finding:
    key = ", ".join(table.key)
    [repeats] = _row(
        connection,
        f"select coalesce(sum(n - 1), 0)::bigint from "
        f"(select count(*) as n from ({relation}) group by {key} having count(*) > 1)",
        parameters,
    )
    return Finding("unique_key", repeats, f"({key}) repeats: {repeats:,} rows" if repeats else "")


def _row(connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any]) -> tuple[Any, ...]:
    row = connection.execute(query, list(parameters)).fetchone()
    assert row is not None  # an aggregate without `group by` always gives a row
    return row
