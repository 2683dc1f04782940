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
        context.log.info(f"{source.table.full_name} has no rows in {joined(days)}: no cut-off is made")
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
    kept = _kept(tables, cutoffs.kept)
    return tuple(
        _beside_stored(context, table, [kept[name], *(each[name] for each in rows if name in each)])
        for table in tables
        for name in [table.table.name]
    )


def _kept(tables: Sequence[TableReader], kept: Sequence[Window]) -> dict[str, pl.DataFrame]:
    """What is stored of windows that are not made again, by the tables' names."""
    if not kept:
        return {table.table.name: table.table.empty() for table in tables}
    days = [day for window in kept for day in window.days()]
    with tables[0].warehouse.held():
        return {
            table.table.name: stored_rows(table, joined(kept)).filter(
                pl.col(table.partition_column).is_in(days)
            )
            for table in tables
        }


def _beside_stored(
    context: dg.AssetExecutionContext, table: TableReader, parts: Sequence[pl.DataFrame]
) -> Slices:
    days, column, rows = windows(context), pl.col(table.partition_column), pl.concat(parts)
    # What was made for a cut-off is small; one insert for thousands of windows saves minutes.
    return Slices.of(days, lambda w: rows.filter((column >= w.start) & (column < w.end)), rows={})
