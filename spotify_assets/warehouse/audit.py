"""The rules of the catalogue as SQL, evaluated on rows before they are stored and on tables afterwards.

One implementation serves both: the write path passes a registered frame, the asset checks pass a slice of
the stored table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from spotify_assets.tables import Column, Table
from spotify_assets.warehouse.connection import Connection, columns_of, single_row

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
    counted: Mapping[str, int | float] = field(default_factory=dict, compare=False)
    """What a check counts beside, by words for a person."""

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
    connection: Connection, table: Table, relation: str, parameters: Sequence[Any] = ()
) -> list[Finding]:
    """Evaluate every rule about rows and keys on a relation (`select …` or a name), in two scans.

    Which rules of a check are broken is only asked where the check fails.
    """
    by_check = {c: [rule for rule in _rules(table) if rule.check == c] for c in ROW_CHECKS}
    by_check = {check: rules for check, rules in by_check.items() if rules}
    either = [" or ".join(rule.violation for rule in rules) for rules in by_check.values()]
    failing = _count(connection, either, relation, parameters)
    findings = [
        Finding(check, rows, _broken_rules(connection, rules, relation, parameters) if rows else "")
        for (check, rules), rows in zip(by_check.items(), failing, strict=True)
    ]
    return [*findings, _unique_key(connection, table, relation, parameters)]


def _count(
    connection: Connection,
    conditions: Sequence[str],
    relation: str,
    parameters: Sequence[Any],
) -> Sequence[int]:
    """How many rows meet each condition."""
    if not conditions:
        return ()
    counts = ", ".join(f"count(*) filter (where {condition})" for condition in conditions)
    return single_row(connection, f"select {counts} from ({relation})", parameters)


def _broken_rules(
    connection: Connection, rules: Sequence[_Rule], relation: str, parameters: Sequence[Any]
) -> str:
    counts = _count(connection, [rule.violation for rule in rules], relation, parameters)
    broken = ((rule.label, rows) for rule, rows in zip(rules, counts, strict=True) if rows)
    return "; ".join(f"{label}: {rows:,} rows" for label, rows in broken)


def audit_expectations(
    connection: Connection, table: Table, relation: str, parameters: Sequence[Any] = ()
) -> list[Finding]:
    """Count the rows that the catalogue calls unusual; they warn and stop nothing."""
    if not table.expectations:
        return []
    unusual = _count(connection, [e.violation for e in table.expectations], relation, parameters)
    return [
        Finding(e.name, n, f"not so for {n:,} rows: {e.description}" if n else "", warns=True)
        for e, n in zip(table.expectations, unusual, strict=True)
    ]


def audit_references(
    connection: Connection, table: Table, relation: str, parameters: Sequence[Any] = ()
) -> Finding | None:
    """Count values that the table they refer to does not have; None where the table refers to none.

    A table that does not exist yet has no value.
    """
    referring = {c.name: c.references.rsplit(".", 1) for c in table.columns if c.references}
    if not referring:
        return None
    missing = {t for t, column in referring.values() if column not in stored_columns(connection, t)}
    orphaned = [
        f"r.{name} is not null and not "
        + ("false" if target in missing else f"exists (select 1 from {target} t where t.{column} = r.{name})")
        + f" as {name}"
        for name, (target, column) in referring.items()
    ]
    counts = ", ".join(f"count(*) filter (where {sql})" for sql in (*referring, " or ".join(referring)))
    *orphans, failing = single_row(
        connection, f"select {counts} from (select {', '.join(orphaned)} from ({relation}) r)", parameters
    )
    detail = "; ".join(
        f"{name} is not in {target}{', which does not exist yet' if target in missing else ''}: {rows:,} rows"
        for (name, (target, _)), rows in zip(referring.items(), orphans, strict=True)
        if rows
    )
    return Finding("references", failing, detail)


def audit_columns(connection: Connection, table: Table) -> Finding:
    """Compare the stored table's columns with the catalogue's, names and types."""
    stored = stored_columns(connection, table.full_name)
    declared = {column.name: column.type for column in table.columns}
    problems = [f"{name} is missing" for name in declared.keys() - stored.keys()]
    problems += [f"{name} is not in the catalogue" for name in stored.keys() - declared.keys()]
    problems += [
        f"{name} is {stored[name]}, the catalogue says {kind}"
        for name, kind in declared.items()
        if name in stored and stored[name] != kind
    ]
    return Finding("columns", len(problems), "; ".join(sorted(problems)))


def stored_columns(connection: Connection, full_name: str) -> dict[str, str]:
    """Names and types of the columns of a stored `schema.table`; none where it does not exist."""
    return {name: kind for name, kind, _ in columns_of(connection, full_name)}


def is_stored(connection: Connection, table: Table) -> bool:
    """Whether a table of the catalogue is in the warehouse."""
    return bool(stored_columns(connection, table.full_name))


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
    if column.type == "DOUBLE" and column.minimum is not None and column.maximum is None:
        # DuckDB sorts NaN above every number, so that only a maximum catches it.
        rules.append(_Rule("ranges", f"{column.name} is NaN", f"isnan({column.name})"))
    if column.accepted:
        values = ", ".join(f"'{value}'" for value in column.accepted)
        label = f"{column.name} is none of {', '.join(column.accepted)}"
        rules.append(_Rule("accepted_values", label, f"{column.name} not in ({values})"))
    if column.pattern:
        label = f"{column.name} does not match {column.pattern}"
        violation = f"not regexp_full_match({column.name}, '{column.pattern}')"
        rules.append(_Rule("patterns", label, violation))
    return rules


def _unique_key(connection: Connection, table: Table, relation: str, parameters: Sequence[Any]) -> Finding:
    key = ", ".join(table.key)
    [repeats] = single_row(
        connection,
        f"select coalesce(sum(n - 1), 0)::bigint from "
        f"(select count(*) as n from ({relation}) group by {key} having count(*) > 1)",
        parameters,
    )
    return Finding("unique_key", repeats, f"({key}) repeats: {repeats:,} rows" if repeats else "")
