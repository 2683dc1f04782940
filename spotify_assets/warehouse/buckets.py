"""Rows by shares: of a large window they are first put into buckets: files, one bucket for some shares each.

Else every share would read all rows for its own, and what that takes would grow with the square of the rows.
The files lie beside those in which DuckDB keeps what its memory does not hold: beside the warehouse, or, of a
lakehouse, in a folder for such (`lakehouse_connection.scratch`).
"""

import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from spotify_assets.rows.share import HashedShares
from spotify_assets.rows.sql import text
from spotify_assets.rows.window import Window
from spotify_assets.tables import Table
from spotify_assets.warehouse.connection import Connection, single_row
from spotify_assets.warehouse.store import NOTHING, read_rows
from spotify_assets.warehouse.upkeep import ABANDONED

PREFIX = ".shares-"
SHARES_OF_A_TABLE = 32
"""Most shares that look through the table itself for their rows.

A raw event takes 0.05 µs of processor time to be looked at by a share and 1.7 to be put into a bucket.
"""
SHARES_OF_A_BUCKET = 8
"""Most shares that look through the same bucket, at 0.13 µs a row; more buckets take longer to write."""
ROWS_AT_A_TIME = 200_000
"""Rows that are put into buckets together: a hundred megabytes, twice."""
_BUCKET = "number_of_bucket"


@dataclass(frozen=True)
class SharedRows:
    """The rows of one share: from the files of a bucket for the dates of a window, from the table for others.

    `condition` is that of the share, on `columns`.
    """

    table: Table
    columns: Sequence[str]
    window: Window
    files: Sequence[Path]
    condition: str

    def relation(self, window: Window | None) -> str:
        """What a query of a window reads from; of all dates without one."""
        inside = window is not None and self.window.start <= window.start and window.end <= self.window.end
        apart = window is not None and (window.end <= self.window.start or self.window.end <= window.start)
        parts = []
        if self.files and not apart:
            files = ", ".join(text(file) for file in self.files)
            parts.append(self._rows(f"read_parquet([{files}])", "true"))
        if not inside:
            parts.append(self._rows(self.table.full_name, f"not ({_dates(self.table, self.window)})"))
        if not parts:
            parts.append(self._rows(self.table.full_name, "false"))
        return f"({' union all '.join(parts)}) as {self.table.name}"

    def _rows(self, relation: str, others: str) -> str:
        return f"select {', '.join(self.columns)} from {relation} where {self.condition} and {others}"


@contextmanager
def in_buckets(
    connection: Connection, table: Table, window: Window, shares: HashedShares, columns: Sequence[str]
) -> Iterator[list[SharedRows]]:
    """Each of the shares, for the time of a call, with these columns, the one it goes by among them.

    Raises:
        WarehouseMissingError: the table does not exist yet.
    """
    read_rows(connection, table, NOTHING)
    buckets = 0 if shares.of <= SHARES_OF_A_TABLE else -(-shares.of // SHARES_OF_A_BUCKET)
    with _folder_beside(connection) as folder:
        if buckets:
            names = f"{', '.join(columns)}, {shares.number} % {buckets} as {_BUCKET}"
            # Without parameters: DuckDB 1.5 holds the whole answer of a query with any in memory.
            asked = f"select {names} from {table.full_name} where {_dates(table, window)}"
            _write(connection.sql(asked), folder)
        written = window if buckets else Window(window.start, window.start)
        yield [
            SharedRows(
                table,
                columns,
                written,
                sorted(folder.glob(f"{number % buckets}-*")) if buckets else (),
                f"{shares.number} = {number}",
            )
            for number in range(shares.of)
        ]


def _dates(table: Table, window: Window) -> str:
    """The rows of a window, as a condition without parameters."""
    day = table.partition_column
    return f"{day} >= date '{window.start}' and {day} < date '{window.end}'"


@contextmanager
def _folder_beside(connection: Connection) -> Iterator[Path]:
    """A folder for the time of a call; those go that killed processes left."""
    [beyond_memory] = single_row(connection, "select current_setting('temp_directory')")
    beside = Path(beyond_memory).resolve().parent
    before = time.time() - ABANDONED.total_seconds()
    for folder in beside.glob(f"{PREFIX}*"):
        if folder.stat().st_mtime < before:
            shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=beside) as made:
        yield Path(made)


def _write(rows: duckdb.DuckDBPyRelation, folder: Path) -> None:
    """Write rows to the buckets that they name: `<number>-<turn>.parquet`."""
    for turn, batch in enumerate(rows.to_arrow_reader(ROWS_AT_A_TIME)):
        parts = pl.DataFrame(batch).partition_by(_BUCKET, as_dict=True)
        for (number,), part in parts.items():
            part.drop(_BUCKET).write_parquet(folder / f"{number}-{turn}.parquet", compression="lz4")
