"""The books: for every slice the rows that came in and what became of each, written with the slice itself."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb
import polars as pl

from spotify_assets.catalog import DUPLICATE_PLAYS, REJECTED_ROWS, ROW_COUNTS, Table
from spotify_assets.transforms.cleaned import Cleaned
from spotify_assets.warehouse.errors import SliceRefusedError
from spotify_assets.warehouse.slices import Window
from spotify_assets.warehouse.store import EVERYTHING, Predicate, create_table, delete_rows, insert_rows

_ENTRY = ("slice_date", "slice_end", "outcome", "reason", "rows")


@dataclass
class Books:
    """The account of one write of a table: entries gathered slice by slice, stored at the end."""

    table: Table
    entries: list[tuple[Window, str, str, int]] = field(default_factory=list)
    rejected: list[pl.DataFrame] = field(default_factory=list)
    duplicate_plays: list[pl.DataFrame] = field(default_factory=list)

    def add(self, window: Window, cleaned: Cleaned) -> None:
        """Enter one slice.

        Raises:
            SliceRefusedError: the rows that came in are not those loaded, rejected and duplicate together.
        """
        rejected = dict(cleaned.rejected["reason"].value_counts().sort("reason").iter_rows())
        accounted = cleaned.rows.height + cleaned.rejected.height + sum(cleaned.duplicates.values())
        if cleaned.rows_in != accounted:
            raise SliceRefusedError(
                f"{self.table.full_name}, slice {window}: {cleaned.rows_in:,} rows came in, "
                f"{accounted:,} are accounted for ({cleaned.rows.height:,} loaded, rejected {rejected}, "
                f"duplicate {cleaned.duplicates}). Nothing was written."
            )
        self.entries += [
            (window, "in", "", cleaned.rows_in),
            (window, "loaded", "", cleaned.rows.height),
            *((window, "rejected", reason, rows) for reason, rows in rejected.items()),
            *((window, "duplicate", reason, rows) for reason, rows in cleaned.duplicates.items()),
        ]
        if cleaned.rejected.height:
            refused = cleaned.rejected.with_columns(slice_date=pl.lit(window.start))
            self.rejected.append(refused.with_columns(table_name=pl.lit(self.table.full_name)))
        if cleaned.duplicate_plays is not None and cleaned.duplicate_plays.height:
            self.duplicate_plays.append(cleaned.duplicate_plays)

    def total(self, outcome: str) -> int:
        """Rows of one outcome over all slices."""
        return sum(rows for _, entry, _, rows in self.entries if entry == outcome)

    def by_reason(self, outcome: str) -> dict[str, int]:
        """Rows of one outcome over all slices, by reason."""
        totals: dict[str, int] = {}
        for _, entry, reason, rows in self.entries:
            if entry == outcome:
                totals[reason] = totals.get(reason, 0) + rows
        return totals

    def write(self, connection: duckdb.DuckDBPyConnection, written: Window) -> None:
        """Replace what the books say of a window by the entries made here.

        An older slice that reaches beyond the window, of a month where days are written now, leaves the books
        as a whole: what became of the rest of its rows is told again when those days are written.
        """
        for books in (ROW_COUNTS, REJECTED_ROWS, DUPLICATE_PLAYS):
            create_table(connection, books)
        table = Predicate("table_name = ?", [self.table.full_name])
        overlapping = table & Predicate(
            "slice_date < ? and coalesce(slice_end, slice_date + 1) > ?", [written.end, written.start]
        )
        of_them = f"slice_date in (select slice_date from {ROW_COUNTS.full_name} where {overlapping.sql})"
        delete_rows(connection, REJECTED_ROWS, table & Predicate(of_them, overlapping.parameters))
        delete_rows(connection, ROW_COUNTS, overlapping)
        label = str(written)
        insert_rows(connection, ROW_COUNTS, self._row_counts(), EVERYTHING, label=label)
        if self.rejected:
            insert_rows(connection, REJECTED_ROWS, pl.concat(self.rejected), EVERYTHING, label=label)
        if self.table.name == "listening_events":
            event_dates = Predicate.window("event_date", written)
            delete_rows(connection, DUPLICATE_PLAYS, event_dates)
            if self.duplicate_plays:
                repeats = pl.concat(self.duplicate_plays)
                insert_rows(connection, DUPLICATE_PLAYS, repeats, event_dates, label=label)

    def _row_counts(self) -> pl.DataFrame:
        return pl.DataFrame(
            [(window.start, window.end, *entry) for window, *entry in self.entries],
            schema=[(name, ROW_COUNTS.polars_schema[name]) for name in _ENTRY],
            orient="row",
        ).with_columns(
            table_name=pl.lit(self.table.full_name),
            written_at=pl.lit(datetime.now(UTC).replace(tzinfo=None)),
        )
