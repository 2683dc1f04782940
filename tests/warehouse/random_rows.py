"""Frames of catalogued tables in which some values break the rules, and their violations by Polars."""

import random
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from spotify_assets.tables import Column, Table

_MIDNIGHT = datetime.fromisoformat("2025-01-01T00:00:00")
_MATCHES = {"[0-9A-Za-z]{22}": "7ouMYWpwJ422jRcDASZB7P", "[A-Z]{2}": "SE"}
"""A text that matches each pattern of the catalogue."""


def good_values(column: Column) -> list[Any]:
    """Values that keep the rules of a column, those at the ends of its range among them."""
    if column.accepted:
        return list(column.accepted)
    if column.pattern:
        return [_MATCHES[column.pattern]]
    low, high = column.minimum, column.maximum
    numbers = [n for n in (low, high) if n is not None] or [1]
    values: dict[str, list[Any]] = {
        "VARCHAR": ["a", "b", "", "Ångström ' \""],
        "BIGINT": [int(n) for n in numbers],
        "DOUBLE": [float(n) for n in numbers],
        "BOOLEAN": [True, False],
        "DATE": [date(2025, 1, 1) + timedelta(days=n) for n in range(3)],
        "TIMESTAMP": [_MIDNIGHT + timedelta(hours=n) for n in range(3)],
    }
    return values[column.type]


def bad_values(column: Column) -> list[Any]:
    """Values that break the rules of a column, just outside its range among them."""
    bad: list[Any] = [] if column.nullable else [None]
    if column.accepted:
        bad += ["none of them", "", column.accepted[0].upper()]
    if column.pattern:
        good = _MATCHES[column.pattern]
        bad += [good + "x", good[1:], f" {good}", f"{good}\n", ""]
    step = 1e-9 if column.type == "DOUBLE" else 1
    if column.minimum is not None:
        bad.append(column.minimum - step)
    if column.maximum is not None:
        bad.append(column.maximum + step)
    if column.type == "DOUBLE" and (column.minimum, column.maximum) != (None, None):
        bad.append(float("nan"))
    return bad


def random_rows(table: Table, rows: int, seed: int, share_bad: float) -> pl.DataFrame:
    """Rows whose values break a rule of their column with a probability; the others are good, or null."""
    chance = random.Random(seed)

    def value(column: Column) -> Any:
        bad = bad_values(column)
        if bad and chance.random() < share_bad:
            return chance.choice(bad)
        return chance.choice(good_values(column) + ([None] if column.nullable else []))

    return pl.DataFrame(
        [[value(column) for column in table.columns] for _ in range(rows)],
        schema=table.polars_schema,
        orient="row",
    )


def violations(table: Table, rows: pl.DataFrame) -> dict[str, int]:
    """How many rows break each kind of rule; kinds that the table has no rule of are left out."""
    kinds: dict[str, list[pl.Series]] = {"not_null": [], "ranges": [], "accepted_values": [], "patterns": []}
    for column in table.columns:
        values = rows[column.name]
        if not column.nullable:
            kinds["not_null"].append(values.is_null())
        if (column.minimum, column.maximum) != (None, None):
            kinds["ranges"].append(_outside(values, column))
        if column.accepted:
            kinds["accepted_values"].append(~values.is_in(column.accepted))
        if column.pattern:
            matches = [v is None or bool(re.fullmatch(column.pattern, v)) for v in values]
            kinds["patterns"].append(~pl.Series(matches, dtype=pl.Boolean))
    counts = {kind: _rows_with_any(broken) for kind, broken in kinds.items() if broken}
    return counts | {"unique_key": rows.height - rows.select(table.key).n_unique()}


def _outside(values: pl.Series, column: Column) -> pl.Series:
    low = float("-inf") if column.minimum is None else column.minimum
    high = float("inf") if column.maximum is None else column.maximum
    numbers = [None if v is None else float(v) for v in values]
    return pl.Series([v is not None and not low <= v <= high for v in numbers], dtype=pl.Boolean)


def _rows_with_any(broken: Sequence[pl.Series]) -> int:
    return sum(any(marks) for marks in zip(*broken, strict=True))
