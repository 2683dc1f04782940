"""The IO manager: Dagster's outputs and inputs, as slices of catalogued tables.

It keeps the interface of `DuckDBPolarsIOManager` (asset key = [schema, table], Polars frames in and out)
and replaces how the work is done: one transaction per output, tables and types from the catalogue, rows
inserted by name, rows outside the partition refused, an empty slice stored as an empty slice.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, time
from pathlib import Path
from typing import Any, ClassVar

import dagster as dg
import polars as pl
from dagster_duckdb_polars import DuckDBPolarsIOManager
from pydantic import Field

from spotify_assets.instance.partition_metadata import tell_each
from spotify_assets.rows.cleaned import Cleaned
from spotify_assets.rows.window import Window
from spotify_assets.tables import TABLES, Table
from spotify_assets.warehouse.books import Books, can_be_split
from spotify_assets.warehouse.database import Database, single_row
from spotify_assets.warehouse.errors import SliceRefusedError, WarehouseError
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.slices import Slices, joined
from spotify_assets.warehouse.store import (
    EVERYTHING,
    NOTHING,
    Predicate,
    create_table,
    delete_rows,
    insert_rows,
    read_rows,
)

FILES_NAMED = 20
"""Files that a partition's page names; of more, the number."""
Output = pl.DataFrame | pl.LazyFrame | Cleaned | Slices
"""What an asset may return."""


class WarehouseIOManager(DuckDBPolarsIOManager):
    """Stores and loads the tables of the catalogue.

    An asset may return a `pl.DataFrame`, a `pl.LazyFrame`, a `Cleaned` or `Slices`; by annotation it
    receives a `pl.DataFrame`, a `pl.LazyFrame` or a `TableReader`, which reads on demand.
    """

    catalogue: ClassVar[Mapping[str, Table]] = TABLES

    lock_timeout_seconds: float = Field(
        10.0, description="How long to wait for another process that holds the file."
    )
    memory_limit: str | None = Field(None, description="DuckDB's memory limit, e.g. `2GB`.")

    def create_io_manager(self, context: dg.InitResourceContext) -> dg.IOManager:  # type: ignore[override]
        """The IO manager of one run."""
        del context
        database = Database(Path(self.database), self.lock_timeout_seconds, self.memory_limit)
        return _Storage(database, self.catalogue)


class _Storage(dg.IOManager):
    def __init__(self, database: Database, catalogue: Mapping[str, Table]) -> None:
        self._database = database
        self._catalogue = catalogue

    def handle_output(self, context: dg.OutputContext, obj: Output) -> None:
        table = self._table(context.asset_key)
        books = Books(table)
        days = _days(context, table)
        with self._database.transaction() as connection:
            create_table(connection, table)
            partition = _partition(context, table)
            delete_rows(connection, table, partition)
            if isinstance(obj, Slices):
                _refuse_wrong_windows(obj, days, table)
                for group, cleaned in _made(obj, table):
                    target = Predicate.window(str(table.partition_column), joined(group))
                    insert_rows(connection, table, cleaned.rows, target, label=str(joined(group)))
                    books.add(group, cleaned)
            else:
                cleaned = _cleaned(obj, table)
                insert_rows(connection, table, cleaned.rows, partition, label=str(days or "all rows"))
                if days:
                    books.add([days], cleaned)
                elif cleaned.rows_in != cleaned.rows.height:
                    raise SliceRefusedError(
                        f"{table.full_name}: rows were rejected or dropped, but there are no books of tables "
                        "without date partitions to enter them in. Nothing was written."
                    )
            if days:
                books.write(connection, days)
            [total] = single_row(connection, f"select count(*) from {table.full_name}")
        context.add_output_metadata(_metadata(context, table, total))
        if books.entries:
            _tell_partitions(context, books, obj.files if isinstance(obj, Slices) else None)

    def load_input(self, context: dg.InputContext) -> pl.DataFrame | pl.LazyFrame | TableReader:
        table = self._table(context.asset_key)
        wanted = context.dagster_type.typing_type
        if wanted is TableReader:
            return TableReader(self._database, table)
        if wanted not in (pl.DataFrame, pl.LazyFrame, Any):
            raise WarehouseError(
                f"{table.full_name} cannot be loaded as {wanted}: annotate the input as pl.DataFrame, "
                "pl.LazyFrame or TableReader"
            )
        columns = (context.definition_metadata or {}).get("columns")
        with self._database.reader() as connection:
            rows = read_rows(connection, table, _partition(context, table), columns)
        return rows.lazy() if wanted is pl.LazyFrame else rows

    def _table(self, key: dg.AssetKey) -> Table:
        full_name = ".".join(key.path[-2:])
        if full_name not in self._catalogue:
            raise WarehouseError(
                f"asset {key.to_user_string()} is not in the table catalogue: declare {full_name} there"
            )
        return self._catalogue[full_name]


def _made(slices: Slices, table: Table) -> Iterator[tuple[Sequence[Window], Cleaned]]:
    """The groups of windows with their rows; window by window where their account cannot be told apart."""
    for group in slices.groups:
        together = _cleaned(slices.make(joined(group)), table)
        if len(group) == 1 or can_be_split(together):
            yield group, together
        else:
            del together
            for window in group:
                yield [window], _cleaned(slices.make(window), table)


def _cleaned(obj: object, table: Table) -> Cleaned:
    """The rows with their account; a bare frame is one where every row that came in stays."""
    if isinstance(obj, pl.LazyFrame):
        obj = obj.collect(engine="streaming")
    if isinstance(obj, pl.DataFrame):
        return Cleaned(obj, rows_in=obj.height)
    if isinstance(obj, Cleaned):
        return obj
    raise SliceRefusedError(
        f"{table.full_name}: an asset returns a Polars frame, Cleaned or Slices, not {type(obj).__name__}. "
        "Nothing was written."
    )


def _partition(context: dg.OutputContext | dg.InputContext, table: Table) -> Predicate:
    """The rows of the partitions that a context stands for."""
    if not context.has_asset_partitions:
        return EVERYTHING
    keys = context.asset_partition_keys
    definition = context.asset_partitions_def
    columns = _partition_columns(context, table)
    if not keys:
        return NOTHING
    if isinstance(definition, dg.MultiPartitionsDefinition):
        return Predicate.any_of([_of_multi_key(definition, key, columns, table) for key in keys])
    if isinstance(definition, dg.TimeWindowPartitionsDefinition):
        return _of_time(context.asset_partitions_time_window, str(columns), table)
    return Predicate.among(str(columns), keys)


def _partition_columns(context: dg.OutputContext | dg.InputContext, table: Table) -> str | Mapping[str, str]:
    """The partition column, or one per dimension, from the asset's metadata or the catalogue."""
    producer = context if isinstance(context, dg.OutputContext) else context.upstream_output
    declared = (producer.definition_metadata or {}).get("partition_expr") if producer else None
    columns = declared or table.partition_column
    if not columns:
        raise WarehouseError(f"{table.full_name} is partitioned, but the catalogue names no partition column")
    return columns


def _of_multi_key(
    definition: dg.MultiPartitionsDefinition,
    key: str,
    columns: str | Mapping[str, str],
    table: Table,
) -> Predicate:
    """The rows of one key of several dimensions."""
    dimensions = {dimension.name for dimension in definition.partitions_defs}
    if isinstance(columns, str) or dimensions - columns.keys():
        raise WarehouseError(
            f"{table.full_name}: metadata partition_expr of an asset with several partition dimensions names "
            f"one column for each of {', '.join(sorted(dimensions))}"
        )
    by_dimension = definition.get_partition_key_from_str(key).keys_by_dimension
    predicate = EVERYTHING
    for dimension in definition.partitions_defs:
        column, part = columns[dimension.name], by_dimension[dimension.name]
        if isinstance(dimension.partitions_def, dg.TimeWindowPartitionsDefinition):
            window = dimension.partitions_def.time_window_for_partition_key(part)
            predicate &= _of_time(window, column, table)
        else:
            predicate &= Predicate.among(column, [part])
    return predicate


def _of_time(window: dg.TimeWindow, column: str, table: Table) -> Predicate:
    """Rows of a time window: as dates of its own zone for a DATE column, else as naive UTC moments."""
    kind = next((c.type for c in table.columns if c.name == column), None)
    if kind == "DATE" and any(moment.time() != time() for moment in window):
        raise WarehouseError(
            f"{table.full_name}.{column} is DATE: partitions that do not start at midnight need a "
            "TIMESTAMP column"
        )
    if kind == "DATE":
        return Predicate.between(column, window.start.date(), window.end.date())
    if kind == "TIMESTAMP":
        start, end = (moment.astimezone(UTC).replace(tzinfo=None) for moment in window)
        return Predicate.between(column, start, end)
    raise WarehouseError(
        f"{table.full_name}.{column} is {kind or 'not in the catalogue'}: a time partition needs a DATE or "
        "TIMESTAMP column"
    )


def _days(context: dg.OutputContext, table: Table) -> Window | None:
    """The dates that a run writes, where the table is partitioned by date."""
    if not context.has_asset_partitions or not isinstance(
        context.asset_partitions_def, dg.TimeWindowPartitionsDefinition
    ):
        return None
    if not any(c.name == table.partition_column and c.type == "DATE" for c in table.columns):
        return None
    start, end = context.asset_partitions_time_window
    return Window(start.date(), end.date())


def _refuse_wrong_windows(slices: Slices, days: Window | None, table: Table) -> None:
    """Each date of the run must be in exactly one slice: it would be emptied in none, doubled in two."""
    for window in slices.windows:
        if days is None or window.start < days.start or window.end > days.end:
            raise SliceRefusedError(
                f"{table.full_name}: slice {window} is not part of this run ({days or 'none'}). "
                "Nothing was written."
            )
    covered = sorted(day for window in slices.windows for day in window.days())
    if days and covered != days.days():
        raise SliceRefusedError(
            f"{table.full_name}: the slices do not cover each date of this run ({days}) once. "
            "Nothing was written."
        )


def _metadata(context: dg.OutputContext, table: Table, total: int) -> dict[str, dg.MetadataValue]:
    metadata: dict[str, dg.MetadataValue] = {
        "dagster/row_count": dg.MetadataValue.int(total),
        "dagster/table_name": dg.MetadataValue.text(table.full_name),
    }
    lineage = (context.definition_metadata or {}).get("dagster/column_lineage")
    if lineage is not None and not (context.has_asset_partitions and len(context.asset_partition_keys) > 1):
        metadata["dagster/column_lineage"] = lineage
    # The events of a range run repeat this for every partition, so what the definition already says is not
    # said again.
    if "dagster/column_schema" not in (context.definition_metadata or {}):
        metadata["dagster/column_schema"] = dg.MetadataValue.table_schema(column_schema(table))
    return metadata


def _tell_partitions(
    context: dg.OutputContext, books: Books, files: Callable[[Window], Sequence[str]] | None
) -> None:
    """Tell of each partition what became of its rows and which files they are from.

    Of rows that a run wrote for several partitions as one slice, all that is known is how many they are.
    """
    accounts = sorted(books.by_window().items())
    if len(accounts) != len(context.asset_partition_keys):
        context.add_output_metadata({"rows written": dg.MetadataValue.int(books.total("loaded"))})
        return
    told: dict[str, dict[str, dg.MetadataValue]] = {}
    for key, (window, account) in zip(context.asset_partition_keys, accounts, strict=True):
        loaded = account["loaded"][""]
        told[key] = {"dagster/partition_row_count": dg.MetadataValue.int(loaded)}
        if account["in"][""] != loaded:
            told[key] |= {
                "rows in": dg.MetadataValue.int(account["in"][""]),
                "rows rejected": dg.MetadataValue.json(account.get("rejected", {})),
                "rows duplicate": dg.MetadataValue.json(account.get("duplicate", {})),
            }
        if files is not None:
            told[key]["source files"] = dg.MetadataValue.json(_shortened(files(window)))
    tell_each(context, told)


def _shortened(names: Sequence[str]) -> list[str]:
    more = len(names) - FILES_NAMED
    return [*names[:FILES_NAMED], *([f"and {more:,} more"] if more > 0 else [])]


def column_schema(table: Table) -> dg.TableSchema:
    """The table's columns as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name,
                type=column.type,
                description=column.description,
                constraints=dg.TableColumnConstraints(
                    nullable=column.nullable, unique=table.key == (column.name,)
                ),
            )
            for column in table.columns
        ]
    )
