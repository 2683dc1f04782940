"""Which cut-offs a run makes of those it is asked for, and what stays as it is stored."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import dagster as dg
import polars as pl

from spotify_assets.partitions import windows
from spotify_assets.rows.window import Window
from spotify_assets.tables import Table
from spotify_assets.warehouse.errors import WarehouseMissingError
from spotify_assets.warehouse.io_manager import Storage
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.slices import Slices, joined


def own_tables(warehouse: Storage, tables: Sequence[Table]) -> list[TableReader]:
    """Tables that an asset itself writes: what earlier runs left in them."""
    return [TableReader(warehouse.door, table) for table in tables]


def stored_rows(table: TableReader, window: Window, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """The rows of a window that earlier runs left; none where there is no table yet."""
    try:
        return table.read(window, columns)
    except WarehouseMissingError:
        return table.table.empty().select(columns or pl.all())


class Cutoffs(NamedTuple):
    """The windows of a run that have data: those that it models, with their last such day, and the others."""

    made: dict[Window, date]
    kept: list[Window]


def newest_cutoffs(context: dg.AssetExecutionContext, source: TableReader, at_most: int) -> Cutoffs:
    """The newest windows of the run that have data, at most so many, are modelled, in order."""
    days = windows(context)
    with_data = source.rows_per_date(joined(days))
    last_days = {window: max((d for d in window.days() if d in with_data), default=None) for window in days}
    cutoffs = {window: day for window, day in last_days.items() if day is not None}
    if not cutoffs:
        nothing = f"{source.table.full_name} has no rows in {joined(days)}: no cut-off is made"
        context.log.info(nothing)
    older = max(len(cutoffs) - at_most, 0)
    return Cutoffs(made=dict(list(cutoffs.items())[older:]), kept=list(cutoffs)[:older])


def beside_stored(
    context: dg.AssetExecutionContext,
    tables: Sequence[TableReader],
    cutoffs: Cutoffs,
    made: Iterable[Mapping[str, pl.DataFrame]],
) -> tuple[Slices, ...]:
    """Slices of a run for each table: what was made for some cut-offs, by the tables' names and nothing of
    those that are left out, and what is stored of the others that have data."""
    rows = list(made)
    with tables[0].warehouse.held():
        return tuple(
            _beside_stored(
                context, table, cutoffs, [each[table.table.name] for each in rows if table.table.name in each]
            )
            for table in tables
        )


def _beside_stored(
    context: dg.AssetExecutionContext,
    table: TableReader,
    cutoffs: Cutoffs,
    made: Sequence[pl.DataFrame],
) -> Slices:
    days, column = windows(context), pl.col(table.partition_column)
    rows = pl.concat([_kept(table, cutoffs.kept), *made])
    # What was made for a cut-off is small; one insert for thousands of windows saves minutes.
    return Slices.of(days, lambda w: rows.filter((column >= w.start) & (column < w.end)), rows={})


def _kept(table: TableReader, windows_kept: Sequence[Window]) -> pl.DataFrame:
    """What is stored of windows that are not made again."""
    if not windows_kept:
        return table.table.empty()
    stored = stored_rows(table, joined(windows_kept))
    days = [day for window in windows_kept for day in window.days()]
    return stored.filter(pl.col(table.partition_column).is_in(days))
