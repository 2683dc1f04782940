"""What a table is: its columns, its grain and the rules it must meet; and the makers of columns."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

DuckDBType = Literal["VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP"]

POLARS_TYPES: Mapping[DuckDBType, pl.DataType] = {
    "VARCHAR": pl.String(),
    "BIGINT": pl.Int64(),
    "DOUBLE": pl.Float64(),
    "BOOLEAN": pl.Boolean(),
    "DATE": pl.Date(),
    "TIMESTAMP": pl.Datetime("us"),
}
"""The one Polars type that stands for each DuckDB type. Timestamps are naive UTC."""

Sources = str | tuple[str, ...]
"""One or several columns, as `schema.table.column`."""


@dataclass(frozen=True)
class Column:
    """One column: its type, whether it may be null, and the values it may take.

    `minimum` and `maximum` are inclusive; `accepted` lists the allowed values; `pattern` is a regular
    expression that the whole text must match; `references` names `schema.table.column` where every
    value must also stand. `derived_from` names the columns that it is made from, as `schema.table.column`,
    where it is not a column of the same name in a table that this one is made from.
    """

    name: str
    type: DuckDBType
    description: str
    nullable: bool = True
    minimum: float | None = None
    maximum: float | None = None
    accepted: tuple[str, ...] = ()
    pattern: str | None = None
    references: str | None = None
    derived_from: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expectation:
    """Something unusual that is worth telling but stops nothing: `violation` is SQL about one row."""

    name: str
    violation: str
    description: str


@dataclass(frozen=True)
class OwnCheck:
    """A check that one table has and no other, which code of its own evaluates (`checks.evaluate`).

    `warns` says that it tells and stops nothing.
    """

    name: str
    description: str
    warns: bool = False


@dataclass(frozen=True)
class Statistic:
    """One figure of a day that has a usual value: SQL that aggregates its rows, and the least spread.

    The spread is at least `least` and at least the `share` of the median. `counts` is for a number of rows: a
    day without rows has 0 of them, and its spread is at least that of a Poisson distribution. Any other
    figure does not exist on such a day. `per_cent` is how people read it.
    """

    name: str
    description: str
    sql: str
    least: float
    share: float = 0.0
    counts: bool = False
    per_cent: bool = False


@dataclass(frozen=True)
class Table:
    """One table: its grain in words, its key, and the column that says which partition a row is in.

    `made_from` names the table whose rows, window by window, are the ones that came in: the books of both
    must agree. `expectations` become checks that warn, `statistics` checks that learn what is usual.
    `refuses_rows` says that rows are judged where it is written, `tells_repeats` that each repeat it drops
    stands in ops.duplicate_plays, and `goes_first` that it lies between the lake and the published metrics,
    which people wait for.
    """

    schema: str
    name: str
    grain: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partition_column: str | None = None
    made_from: str | None = None
    expectations: tuple[Expectation, ...] = ()
    own_checks: tuple[OwnCheck, ...] = ()
    statistics: tuple[Statistic, ...] = ()
    refuses_rows: bool = False
    tells_repeats: bool = False
    goes_first: bool = False

    @property
    def full_name(self) -> str:
        """`schema.table`, as SQL writes it."""
        return f"{self.schema}.{self.name}"

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def has_books(self) -> bool:
        """Whether its writes are entered in ops.row_counts: those of tables partitioned by date are."""
        return self.partition_column is not None and self.schema != "ops"

    @property
    def polars_schema(self) -> pl.Schema:
        """The schema that a frame of this table has."""
        return pl.Schema({column.name: POLARS_TYPES[column.type] for column in self.columns})

    @property
    def ddl(self) -> str:
        """The statement that creates the table where it does not exist."""
        lines = [f"  {c.name} {c.type}{'' if c.nullable else ' not null'}" for c in self.columns]
        return f"create table if not exists {self.full_name} (\n" + ",\n".join(lines) + "\n)"

    def empty(self) -> pl.DataFrame:
        """A frame with this table's columns and no rows."""
        return pl.DataFrame(schema=self.polars_schema)


def text(
    name: str,
    description: str,
    *,
    null: bool = False,
    accepted: tuple[str, ...] = (),
    pattern: str | None = None,
    references: str | None = None,
    of: Sources = (),
) -> Column:
    """A column of text; like every maker, of a value that must be there unless `null` is said."""
    made = Column(name, "VARCHAR", description, nullable=null, derived_from=_sources(of))
    return replace(made, accepted=accepted, pattern=pattern, references=references)


def whole(
    name: str,
    description: str,
    *,
    null: bool = False,
    minimum: float | None = None,
    maximum: float | None = None,
    of: Sources = (),
) -> Column:
    """A column of whole numbers."""
    return Column(name, "BIGINT", description, null, minimum, maximum, derived_from=_sources(of))


def count(name: str, description: str, *, null: bool = False, minimum: int = 0, of: Sources = ()) -> Column:
    """A column of whole numbers from `minimum` up: rows, milliseconds, places in an order."""
    return whole(name, description, null=null, minimum=minimum, of=of)


def percentage(name: str, description: str, *, null: bool = False, of: Sources = ()) -> Column:
    """A column of whole numbers from 0 to 100, as Spotify gives popularity."""
    return whole(name, description, null=null, minimum=0, maximum=100, of=of)


def number(
    name: str,
    description: str,
    *,
    null: bool = False,
    minimum: float | None = None,
    maximum: float | None = None,
    of: Sources = (),
) -> Column:
    """A column of floating-point numbers."""
    return Column(name, "DOUBLE", description, null, minimum, maximum, derived_from=_sources(of))


def share(name: str, description: str, *, null: bool = False, of: Sources = ()) -> Column:
    """A column of shares, from 0 to 1."""
    return number(name, description, null=null, minimum=0, maximum=1, of=of)


def flag(name: str, description: str, *, null: bool = False, of: Sources = ()) -> Column:
    """A column of yes or no."""
    return Column(name, "BOOLEAN", description, null, derived_from=_sources(of))


def day(
    name: str, description: str, *, null: bool = False, references: str | None = None, of: Sources = ()
) -> Column:
    """A column of dates."""
    return Column(name, "DATE", description, null, references=references, derived_from=_sources(of))


def moment(name: str, description: str, *, null: bool = False, of: Sources = ()) -> Column:
    """A column of moments, as naive UTC."""
    return Column(name, "TIMESTAMP", description, null, derived_from=_sources(of))


def _sources(of: Sources) -> tuple[str, ...]:
    return (of,) if isinstance(of, str) else of
