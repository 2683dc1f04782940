"""The Parquet files of published tables: how a table is cut into them, and how they are written.

A file for each month of a table that has a date for its partitions, else one file. Not here: which files are
written and when (`publish`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from spotify_assets.rows.sql import quoted, text
from spotify_assets.tables import TABLES
from spotify_assets.warehouse.connection import Connection

FILE = "data.parquet"
_DATE_OF_DBT = "event_date"
"""Column by whose months a table that is not in the catalogue is cut, where it has it."""
NO_DATE = "__HIVE_DEFAULT_PARTITION__"
"""What readers of hive folders take for null."""
_SMALL_MONTH = 10_000
"""Rows up to which a month is written together with others of its table: a statement for each takes 3 ms."""
_TOGETHER = 500_000
"""Rows that are written together at most: DuckDB cuts more of them into several row groups of a file."""
_MONTHS_TOGETHER = 50
"""Months that are written together at most: DuckDB has a hundred files open, closes some for more of them,
and begins a second file of a month that still has rows."""


def month_column(full_name: str, columns: Mapping[str, str]) -> str | None:
    """The column by whose months the files of a table are cut, of columns with their types; None where it has
    one file."""
    table = TABLES.get(full_name)
    column = table.partition_column if table else _DATE_OF_DBT
    return column if columns.get(column or "") == "DATE" and "month" not in columns else None


@dataclass(frozen=True)
class Relation:
    """A table or view, and the types of its columns."""

    schema: str
    name: str
    columns: Mapping[str, str]

    @property
    def full_name(self) -> str:
        """`schema.table`."""
        return f"{self.schema}.{self.name}"

    @property
    def sql(self) -> str:
        """The name as SQL has it."""
        return f'"{self.schema}"."{self.name}"'

    @property
    def date_column(self) -> str | None:
        """The column by whose months the files are cut; None where there is one file."""
        return month_column(self.full_name, self.columns)


@dataclass(frozen=True)
class FilePart:
    """The rows of one Parquet file, of a month or of the whole table, and the state they are in."""

    relation: Relation
    month: date | None
    rows: int
    fingerprint: str

    @property
    def condition(self) -> str:
        """Which rows of the table they are, as SQL."""
        column = self.relation.date_column
        return "true" if column is None or not self.rows else _in_month(column, self.month)


def write_parts(connection: Connection, parts: Mapping[str, FilePart], work: Path) -> None:
    """Write files at their paths below a folder: the small months of a table with one statement."""
    for path, part in parts.items():
        if not _is_small(part):
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            _copy(connection, f"from {part.relation.sql} where {part.condition}", work / path)
    for together in _together([part for part in parts.values() if _is_small(part)]):
        _write_months(connection, together, work)


def _is_small(part: FilePart) -> bool:
    return part.month is not None and part.rows <= _SMALL_MONTH


def _together(parts: Sequence[FilePart]) -> Iterator[list[FilePart]]:
    """The months that are written with one statement: of one table, and not too many rows."""
    found: list[FilePart] = []
    for part in parts:
        is_other = bool(found) and found[0].relation is not part.relation
        is_full = len(found) == _MONTHS_TOGETHER
        if is_other or is_full or sum(each.rows for each in found) + part.rows > _TOGETHER:
            yield found
            found = []
        found.append(part)
    if found:
        yield found


def _write_months(connection: Connection, parts: Sequence[FilePart], work: Path) -> None:
    """Write months of one table, each into the file of its folder.

    Raises:
        ValueError: DuckDB wrote a month into several files, of which none would be the whole.
    """
    relation = parts[0].relation
    day = quoted(str(relation.date_column))
    folder = work / relation.schema / relation.name
    folder.mkdir(parents=True, exist_ok=True)
    months = ", ".join(f"date '{part.month}'" for part in parts)
    _copy(
        connection,
        f"select *, strftime({day}, '%Y-%m') as month from {relation.sql} "
        f"where date_trunc('month', {day}) in ({months})",
        folder,
        ", partition_by (month), overwrite_or_ignore, filename_pattern 'part-{i}'",
    )
    for part in parts:
        [file] = (folder / f"month={part.month:%Y-%m}").glob("part-*.parquet")
        file.rename(file.with_name(FILE))


def _copy(connection: Connection, rows: str, target: Path, options: str = "") -> None:
    connection.execute(f"copy ({rows}) to {text(target)} (format parquet, compression zstd{options})")


def _in_month(column: str, month: date | None) -> str:
    name = quoted(column)
    if month is None:
        return f"{name} is null"
    return f"{name} >= date '{month}' and {name} < date '{month}' + interval 1 month"
