"""The books: for every slice the rows that came in and what became of each, written with the slice itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import polars as pl

from spotify_assets.rows.cleaned import REJECTED_DATE, Cleaned
from spotify_assets.rows.window import Window
from spotify_assets.tables import DUPLICATE_PLAYS, REJECTED_ROWS, ROW_COUNTS, Table
from spotify_assets.warehouse.connection import Connection
from spotify_assets.warehouse.errors import SliceRefusedError
from spotify_assets.warehouse.slices import joined
from spotify_assets.warehouse.store import EVERYTHING, Predicate, create_table, delete_rows, insert_rows

_ENTRY = ("slice_date", "slice_end", "outcome", "reason", "rows")


@dataclass
class Books:
    """The account of one write of a table: entries gathered slice by slice, stored at the end."""

    table: Table
    entries: list[tuple[Window, str, str, int]] = field(default_factory=list)
    rejected: list[pl.DataFrame] = field(default_factory=list)
    duplicate_plays: list[pl.DataFrame] = field(default_factory=list)

    def add(self, group: Sequence[Window], cleaned: Cleaned) -> None:
        """Enter the windows that were made together, each for itself; shares of a window add up.

        Raises:
            SliceRefusedError: the rows that came in are not those loaded, rejected and duplicate together.
        """
        rejected = _by_reason(cleaned.rejected)
        accounted = cleaned.rows.height + cleaned.rejected.height + sum(cleaned.duplicates.values())
        if cleaned.rows_in != accounted:
            raise SliceRefusedError(
                f"{self.table.full_name}, slice {joined(group)}: {cleaned.rows_in:,} rows came in, "
                f"{accounted:,} are accounted for ({cleaned.rows.height:,} loaded, rejected {rejected}, "
                f"duplicate {cleaned.duplicates}). Nothing was written."
            )
        parts = _split(cleaned, group, self.table)
        if sum(part.rows_in for part in parts) != cleaned.rows_in:
            raise SliceRefusedError(
                f"{self.table.full_name}, slice {joined(group)}: rows were refused or dropped of dates that "
                "are not in it. Nothing was written."
            )
        for window, part in zip(group, parts, strict=True):
            self._enter(window, part)
        if cleaned.duplicate_plays is not None and cleaned.duplicate_plays.height:
            self.duplicate_plays.append(cleaned.duplicate_plays)

    def _enter(self, window: Window, part: "_Account") -> None:
        self.entries += [
            (window, "in", "", part.rows_in),
            (window, "loaded", "", part.loaded),
            *((window, "rejected", reason, rows) for reason, rows in _by_reason(part.rejected).items()),
            *((window, "duplicate", reason, rows) for reason, rows in part.duplicates.items()),
        ]
        if part.rejected.height:
            refused = part.rejected.with_columns(slice_date=pl.lit(window.start))
            self.rejected.append(refused.with_columns(table_name=pl.lit(self.table.full_name)))

    def total(self, outcome: str) -> int:
        """Rows of one outcome over all slices."""
        return sum(rows for _, entry, _, rows in self.entries if entry == outcome)

    def by_window(self) -> dict[Window, dict[str, dict[str, int]]]:
        """What became of the rows of each slice: rows by reason, by outcome."""
        found: dict[Window, dict[str, dict[str, int]]] = {}
        for window, outcome, reason, rows in self.entries:
            by_reason = found.setdefault(window, {}).setdefault(outcome, {})
            by_reason[reason] = by_reason.get(reason, 0) + rows
        return found

    def write(self, connection: Connection, written: Window) -> None:
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
        if self.table.tells_repeats:
            event_dates = Predicate.window("event_date", written)
            delete_rows(connection, DUPLICATE_PLAYS, event_dates)
            if self.duplicate_plays:
                repeats = pl.concat(self.duplicate_plays)
                insert_rows(connection, DUPLICATE_PLAYS, repeats, event_dates, label=label)

    def _row_counts(self) -> pl.DataFrame:
        added_up = [
            (window.start, window.end, outcome, reason, rows)
            for window, account in self.by_window().items()
            for outcome, by_reason in account.items()
            for reason, rows in by_reason.items()
        ]
        return pl.DataFrame(
            added_up,
            schema=[(name, ROW_COUNTS.polars_schema[name]) for name in _ENTRY],
            orient="row",
        ).with_columns(
            table_name=pl.lit(self.table.full_name),
            written_at=pl.lit(datetime.now(UTC).replace(tzinfo=None)),
        )


@dataclass(frozen=True)
class _Account:
    """What became of the rows of one window."""

    loaded: int
    rejected: pl.DataFrame
    duplicates: Mapping[str, int]

    @property
    def rows_in(self) -> int:
        """Rows that came in."""
        return self.loaded + self.rejected.height + sum(self.duplicates.values())


def can_be_split(cleaned: Cleaned) -> bool:
    """Whether every row that was refused or dropped says which date it is of."""
    dated = cleaned.rejected.is_empty() or REJECTED_DATE in cleaned.rejected.columns
    dropped = 0 if cleaned.duplicate_plays is None else cleaned.duplicate_plays.height
    return dated and dropped == sum(cleaned.duplicates.values())


def _split(cleaned: Cleaned, group: Sequence[Window], table: Table) -> list[_Account]:
    """The account of each window."""
    plain = cleaned.rejected.drop(REJECTED_DATE, strict=False)
    if len(group) == 1:
        return [_Account(cleaned.rows.height, plain, cleaned.duplicates)]
    loaded = _per_date(cleaned.rows, str(table.partition_column))
    dropped = cleaned.duplicate_plays
    accounts = []
    for window in group:
        rejected = plain.clear()
        if cleaned.rejected.height:
            rejected = plain.filter(_inside(cleaned.rejected[REJECTED_DATE], window))
        repeats = None if dropped is None else dropped.filter(_inside(dropped["event_date"], window))
        rows = sum(loaded.get(day, 0) for day in window.days())
        accounts.append(_Account(rows, rejected, {} if repeats is None else _by_reason(repeats)))
    return accounts


def _inside(dates: pl.Series, window: Window) -> pl.Series:
    return (dates >= window.start) & (dates < window.end)


def _per_date(rows: pl.DataFrame, column: str) -> dict[date, int]:
    return dict(rows[column].value_counts().iter_rows())


def _by_reason(rows: pl.DataFrame) -> dict[str, int]:
    return dict(rows["reason"].value_counts().sort("reason").iter_rows())
