"""The IO manager: Dagster's outputs and inputs, as slices of catalogued tables.

It keeps the interface of `DuckDBPolarsIOManager` (asset key = [schema, table], Polars frames in and out)
and replaces how the work is done: one transaction per output, tables and types from the catalogue, rows
inserted by name, rows outside the partition refused, an empty slice stored as an empty slice.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from datetime import UTC, time
from pathlib import Path
from typing import Any, ClassVar

import dagster as dg
import polars as pl
from dagster_duckdb_polars import DuckDBPolarsIOManager
from pydantic import Field

from spotify_assets.instance.partition_metadata import tell_each
from spotify_assets.rows.cleaned import Cleaned
from spotify_assets.rows.tally import TALLY
from spotify_assets.rows.window import Window
from spotify_assets.settings import Settings
from spotify_assets.tables import TABLES, Table
from spotify_assets.warehouse.books import Books
from spotify_assets.warehouse.connection import Connection, single_row
from spotify_assets.warehouse.database import Database
from spotify_assets.warehouse.door import Warehouse
from spotify_assets.warehouse.errors import SliceRefusedError, WarehouseError, WarehouseMissingError
from spotify_assets.warehouse.making import INDEPENDENT, InProcess, Maker, Part, cleaned, one_ahead
from spotify_assets.warehouse.reader import TableReader
from spotify_assets.warehouse.slices import Slices
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

    Of `DuckDBPolarsIOManager` it has the fields and what they do: `connection_config` are the options of
    every connection; the schema of a table is that of the metadata `schema`, else of the field `schema`, else
    the asset's key prefix, else `public`. A table that the catalogue does not have is refused.
    """

    catalogue: ClassVar[Mapping[str, Table]] = TABLES

    lock_timeout_seconds: float = Field(
        default=10.0, description="How long to wait for another process that holds the file."
    )
    memory_limit: str | None = Field(
        default=None,
        description="DuckDB's memory limit, e.g. `2GB`; that of `connection_config` goes first.",
    )

    @classmethod
    def of(cls, settings: Settings) -> "WarehouseIOManager":
        """The IO manager of the warehouse that the settings mean."""
        return cls(
            database=str(settings.warehouse_path),
            lock_timeout_seconds=settings.lock_timeout_seconds,
            memory_limit=settings.duckdb_memory_limit,
        )

    @staticmethod
    def type_handlers() -> Sequence[Any]:
        """None: what is stored, and how, comes from the catalogue."""
        return ()

    def create_io_manager(self, context: dg.InitResourceContext) -> "Storage":  # type: ignore[override]
        """The IO manager of one run.

        Raises:
            WarehouseError: the fields or a subclass ask for what this IO manager cannot do.
        """
        del context
        if self.type_handlers():
            raise WarehouseError(f"{type(self).__name__}: type handlers are not used, leave them out")
        if self.database == ":memory:":
            raise WarehouseError("database=':memory:' would forget every table: name a file")
        return Storage(self.door, self.catalogue, self.schema_, self.default_load_type())

    @property
    def door(self) -> Database:
        """The warehouse that it stores in."""
        options = self.connection_config
        return Database(Path(self.database), self.lock_timeout_seconds, self.memory_limit, options)


class Storage(dg.IOManager):
    """The IO manager of one run, and by `door` the warehouse, for what is done to it beside in- and outputs.

    An asset that needs the warehouse has the argument `warehouse: dg.ResourceParam[Storage]`.
    """

    def __init__(
        self,
        door: Warehouse,
        catalogue: Mapping[str, Table] = TABLES,
        schema: str | None = None,
        default_load_type: type | None = pl.DataFrame,
        maker: Maker | None = None,
    ) -> None:
        self.door = door
        self._maker = maker or InProcess()
        self._catalogue = catalogue
        self._schema = schema
        self._default_load_type = default_load_type

    def handle_output(self, context: dg.OutputContext, obj: Output) -> None:
        """Store what an asset returned in the place of what its partitions held.

        Raises:
            SliceRefusedError: it is not what the table may have; nothing was written.
        """
        table = self._table(context, context)
        books = Books(table)
        days = _days(context, table)
        if isinstance(obj, Slices):
            _refuse_wrong_windows(obj, days, table)
        with self._parts(context, obj, table) as parts, self.door.transaction() as connection:
            create_table(connection, table)
            partition = _partition(context, table)
            delete_rows(connection, table, partition)
            # Closed inside the transaction: after an error nobody reads the warehouse any more.
            with closing(one_ahead(parts)) as in_order:
                for part in in_order:
                    part.insert(connection, table)
                    _count(part.account)
                    books.add(part.group, part.account)
            if not isinstance(obj, Slices):
                _store_whole(connection, cleaned(obj, table), partition, days, books)
            if days:
                books.write(connection, days)
            [total] = single_row(connection, f"select count(*) from {table.full_name}")
        context.add_output_metadata(_metadata(context, table, total))
        if books.entries:
            _tell_partitions(context, books, obj.files if isinstance(obj, Slices) else None)

    def _parts(
        self, context: dg.OutputContext, obj: Output, table: Table
    ) -> AbstractContextManager[Iterable[Part]]:
        if not isinstance(obj, Slices):
            return nullcontext(())
        maker = self._maker if INDEPENDENT in (context.definition_metadata or {}) else InProcess()
        return maker.parts(obj, table, self.door)

    def load_input(self, context: dg.InputContext) -> pl.DataFrame | pl.LazyFrame | TableReader:
        """The rows of the partitions of an input, or the table to read them from.

        Raises:
            WarehouseMissingError: the table was never made, and it is not the asset's own.
        """
        table = self._table(context, context.upstream_output)
        wanted = context.dagster_type.typing_type
        if wanted is Any:
            wanted = self._default_load_type
        if wanted is TableReader:
            return TableReader(self._maker.reads(self.door), table)
        if wanted not in (pl.DataFrame, pl.LazyFrame):
            raise WarehouseError(
                f"{table.full_name} cannot be loaded as {wanted}: annotate the input as pl.DataFrame, "
                "pl.LazyFrame or TableReader"
            )
        columns = (context.definition_metadata or {}).get("columns")
        partition = _partition(context, table)
        try:
            with self.door.reader() as connection:
                rows = read_rows(connection, table, partition, columns)
        except WarehouseMissingError:
            if partition is not NOTHING and not _is_own(context):
                raise
            rows = table.empty().select(columns or pl.all())
        return rows.lazy() if wanted is pl.LazyFrame else rows

    def _table(self, context: dg.OutputContext | dg.InputContext, producer: dg.OutputContext | None) -> Table:
        metadata = (producer.definition_metadata if producer else None) or {}
        if context.has_asset_key:
            *prefix, name = context.asset_key.path
        else:
            prefix, name = [], metadata.get("table") or (producer or context).name
        schema = metadata.get("schema") or self._schema or (prefix[-1] if prefix else "public")
        full_name = f"{schema}.{name}"
        if full_name not in self._catalogue:
            asked = (
                f"asset {context.asset_key.to_user_string()}" if context.has_asset_key else f"output {name}"
            )
            raise WarehouseError(f"{asked} is not in the table catalogue: declare {full_name} there")
        return self._catalogue[full_name]


def _count(account: Cleaned) -> None:
    TALLY.given += account.rows_in
    TALLY.written += account.rows.height


def _store_whole(
    connection: Connection, account: Cleaned, partition: Predicate, days: Window | None, books: Books
) -> None:
    """Insert the rows of an output that is no `Slices`, and enter them where there are books."""
    table = books.table
    insert_rows(connection, table, account.rows, partition, label=str(days or "all rows"))
    _count(account)
    if days:
        books.add([days], account)
    elif account.rows_in != account.rows.height:
        raise SliceRefusedError(
            f"{table.full_name}: rows were rejected or dropped, but there are no books of tables "
            "without date partitions to enter them in. Nothing was written."
        )


def _is_own(context: dg.InputContext) -> bool:
    """Whether an asset loads its own table, of which nothing is there before its first partition."""
    made_here = context.step_context.assets_def
    return made_here is not None and context.asset_key in made_here.keys


def _partition(context: dg.OutputContext | dg.InputContext, table: Table) -> Predicate:
    """The rows of the partitions that a context stands for."""
    if not context.has_asset_partitions:
        return EVERYTHING
    definition = context.asset_partitions_def
    if not isinstance(definition, dg.TimeWindowPartitionsDefinition):
        raise WarehouseError(
            f"{table.full_name} has {type(definition).__name__}: a partition of a table is a window of time"
        )
    producer = context if isinstance(context, dg.OutputContext) else context.upstream_output
    declared = (producer.definition_metadata or {}).get("partition_expr") if producer else None
    column = declared or table.partition_column
    if not column:
        raise WarehouseError(f"{table.full_name} is partitioned, but the catalogue names no partition column")
    if not context.asset_partition_keys:
        return NOTHING
    return _of_time(context.asset_partitions_time_window, str(column), table)


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
