"""Reading a table on demand: what an asset receives that does not want the whole of its input at once."""

from bisect import bisect_left
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from spotify_assets.rows.share import HashedShares
from spotify_assets.rows.tally import TALLY
from spotify_assets.rows.window import Window
from spotify_assets.tables import Table
from spotify_assets.warehouse.buckets import SharedRows, in_buckets
from spotify_assets.warehouse.connection import single_row
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.slices import MOST_ROWS, ROWS_AT_ONCE
from spotify_assets.warehouse.store import EVERYTHING, NOTHING, Predicate, read_rows

_MATCHING = "rows_to_match"


@dataclass
class TableReader:
    """A table of the warehouse, read on demand; nothing is held between reads but the last snapshot."""

    warehouse: Warehouse
    table: Table
    share: SharedRows | None = None
    """The rows that are read, where they are those of a share; what `query` asks has to read `relation`."""
    _as_of_cache: tuple[tuple[object, ...], pl.DataFrame] | None = field(default=None, repr=False)

    @property
    def partition_column(self) -> str:
        """The column that says which partition a row is in."""
        assert self.table.partition_column is not None, f"{self.table.full_name} is not partitioned"
        return self.table.partition_column

    def relation(self, window: Window | None = None) -> str:
        """What a query reads from that asks for rows of a window, of all dates without one."""
        return self.table.full_name if self.share is None else self.share.relation(window)

    def in_shares(
        self, window: Window, shares: HashedShares, columns: Sequence[str] | None = None
    ) -> Generator["TableReader", None, None]:
        """The same for each of the shares of the rows.

        The rows of the window have these columns, all by default. Where there are many shares each is read
        once, before the first share is given; rows of other dates are looked for in the table by every share
        that asks for them. What is written for that is gone when this has ended or is closed.
        """
        names = columns or self.table.column_names
        with ExitStack() as stack:
            with self.warehouse.reader() as connection:
                made = in_buckets(connection, self.table, window, shares, names)
                of_each = stack.enter_context(made)
            for rows in of_each:
                yield replace(self, share=rows)

    def read(
        self,
        window: Window | None = None,
        columns: Sequence[str] | None = None,
        matching: pl.DataFrame | None = None,
    ) -> pl.DataFrame:
        """The rows of a window (all rows by default), only the named columns.

        With `matching`, only the rows that agree with one of its rows in all of its columns.
        """
        predicate = Predicate.window(self.partition_column, window) if window else EVERYTHING
        with self.warehouse.reader() as connection:
            if matching is not None:
                connection.register(_MATCHING, matching)
                names = ", ".join(matching.columns)
                predicate &= Predicate(f"({names}) in (select ({names}) from {_MATCHING})")
            return read_rows(connection, self.table, predicate, columns, self.relation(window))

    def pieces(
        self, window: Window, by: str, columns: Sequence[str] | None = None
    ) -> Generator[pl.DataFrame, None, None]:
        """The rows of a window; those of a share of more than `MOST_ROWS` in pieces of about `ROWS_AT_ONCE`.

        A share grows with what most rows have in common, as one track that everybody plays. Rows with the
        same text in the column `by` are in the same piece.
        """
        count = 0 if self.share is None else self._count(window)
        of = -(-count // ROWS_AT_ONCE) if count > MOST_ROWS else 1
        dates = Predicate.window(self.partition_column, window)
        for number in range(of):
            rows = dates & Predicate(f"{HashedShares(by, of).number} = {number}") if of > 1 else dates
            with self.warehouse.reader() as connection:
                piece = read_rows(connection, self.table, rows, columns, self.relation(window))
            yield piece
            del piece  # else it would be held while the next one is read

    def _count(self, window: Window) -> int:
        dates = Predicate.window(self.partition_column, window)
        asked = f"select count(*) from {self.relation(window)} where {dates.sql}"
        with self.warehouse.reader() as connection:
            [count] = single_row(connection, asked, dates.parameters)
        return int(count)

    def query(
        self, sql: str, window: Window | None = None, frames: Mapping[str, pl.DataFrame] | None = None
    ) -> pl.DataFrame:
        """The answer to a query; `$start` and `$end` in it are the window, `frames` its further tables."""
        with self.warehouse.reader() as connection:
            read_rows(connection, self.table, NOTHING)
            for name, frame in (frames or {}).items():
                connection.register(name, frame)
            params = {"start": window.start, "end": window.end} if window else None
            answer: pl.DataFrame = connection.sql(sql, params=params).pl()
        TALLY.read += answer.height
        return answer

    def rows_per_date(self, window: Window) -> dict[date, int]:
        """How many rows each partition date of a window has; dates without any are left out."""
        counts = self.query(
            f"""
            select {self.partition_column}, count(*)
            from {self.table.full_name}
            where {self.partition_column} >= $start and {self.partition_column} < $end
            group by {self.partition_column}
            """,
            window,
        )
        return dict(counts.iter_rows())

    def distinct(self, column: str) -> set[object]:
        """The values of a column, null among them where a row has none."""
        with self.warehouse.reader() as connection:
            read_rows(connection, self.table, NOTHING)
            values = connection.execute(f"select distinct {column} from {self.table.full_name}").fetchall()
        return {value for (value,) in values}

    def newest_date(self, window: Window) -> date | None:
        """The last partition date in a window that has rows; None where none has."""
        column = self.partition_column
        with self.warehouse.reader() as connection:
            read_rows(connection, self.table, NOTHING)
            [newest] = single_row(
                connection,
                f"select max({column}) from {self.table.full_name} where {column} >= ? and {column} < ?",
                [window.start, window.end],
            )
        return newest  # type: ignore[no-any-return]

    def as_of(self, window: Window, key: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The rows of a snapshot table that are needed to know each `key` on each day of a window.

        For each key: its newest row before the window, its rows inside the window, and, where it has
        neither, its earliest row after it, because what became known later is better than nothing.
        The result is kept as long as the same snapshots decide.
        """
        column = self.partition_column
        names = list(columns or self.table.column_names)
        with self.warehouse.reader() as connection:
            read_rows(connection, self.table, NOTHING)
            snapshots = [
                row[0]
                for row in connection.execute(
                    f"select distinct {column} from {self.table.full_name} order by 1"
                ).fetchall()
            ]
            position = (bisect_left(snapshots, window.start), bisect_left(snapshots, window.end))
            decided_by = (key, *names, *snapshots, *position)
            if self._as_of_cache is None or self._as_of_cache[0] != decided_by:
                query = f"""
                    with known as (
                        select
                            {key},
                            max({column}) filter (where {column} < $start) as before,
                            min({column}) filter (where {column} >= $end) as after,
                            count(*) filter (where {column} >= $start and {column} < $end) as inside
                        from {self.table.full_name}
                        group by {key}
                    )
                    select {", ".join(f"t.{name}" for name in names)}
                    from {self.table.full_name} as t
                    join known using ({key})
                    where t.{column} = known.before
                        or (t.{column} >= $start and t.{column} < $end)
                        or (known.before is null and known.inside = 0 and t.{column} = known.after)
                """
                rows = connection.sql(query, params={"start": window.start, "end": window.end}).pl()
                TALLY.read += rows.height
                self._as_of_cache = (decided_by, rows)
            return self._as_of_cache[1]
